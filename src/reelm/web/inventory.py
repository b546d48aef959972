"""Where the data is, counted once for many who ask."""

import asyncio

from reelm.web import schema
from reelm.web.render import storage
from reelm.workflows import OpenRealm

# A count reads every row of the vault's records, and anybody may ask for one.
_KEPT_SECONDS = 10.0
_KEPT_TIMES_ITS_COST = 20.0
# A visitor does not wait longer for a store that hangs; it counts as not answering.
_ANSWER_SECONDS = 3.0


class Inventory:
    """The latest count of this process, made when somebody asks and it is no longer fresh.

    However many ask, one count runs at a time, for at most a twentieth of all time.
    """

    def __init__(self, realm: OpenRealm) -> None:
        self._at = realm
        self._turn = asyncio.Lock()
        self._kept: schema.Storage | None = None
        self._fresh_until = 0.0

    async def read(self) -> schema.Storage:
        """What is where; ``counted_at`` says since when it may have changed.

        Raises:
            DatabaseUnavailable: the records cannot be reached.
        """
        clock = self._at.clock
        async with self._turn:
            begun = clock.monotonic_seconds()
            if self._kept is None or begun >= self._fresh_until:
                self._kept = await self._count()
                ended = clock.monotonic_seconds()
                self._fresh_until = ended + max(_KEPT_SECONDS, _KEPT_TIMES_ITS_COST * (ended - begun))
            return self._kept

    async def _count(self) -> schema.Storage:
        counted_at = self._at.clock.now()
        status = await self._at.vault.upkeep.status(answer_seconds=_ANSWER_SECONDS)
        return storage(status, self._at.identity.manifest, self._at.vault.config, counted_at=counted_at)
