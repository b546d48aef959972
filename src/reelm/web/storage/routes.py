"""Serve where the data is to everybody, without an account: counted once for many who ask."""

import asyncio

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from reelm.web.problems import documented
from reelm.web.storage import shapes
from reelm.web.storage.render import storage
from reelm.workflows import OpenRealm

# A count reads every row of the vault's tables, and anybody may ask for one.
_KEPT_SECONDS = 10.0
_KEPT_TIMES_ITS_COST = 20.0
# A visitor does not wait longer for a store that hangs; it counts as not answering.
_ANSWER_SECONDS = 3.0


class Inventory:
    """The latest count of this process, made when somebody asks and it is no longer fresh.

    However many ask, one count runs at a time, for at most a twentieth of all time.
    """

    def __init__(self, realm: OpenRealm) -> None:
        self._realm = realm
        self._turn = asyncio.Lock()
        self._kept: shapes.Storage | None = None
        self._fresh_until = 0.0

    async def read(self) -> shapes.Storage:
        """Return what is where; ``counted_at`` says since when it may have changed.

        Raises:
            DatabaseUnavailable: the database cannot be reached.
        """
        clock = self._realm.clock
        async with self._turn:
            begun = clock.monotonic_seconds()
            if self._kept is None or begun >= self._fresh_until:
                self._kept = await self._count()
                ended = clock.monotonic_seconds()
                self._fresh_until = ended + max(_KEPT_SECONDS, _KEPT_TIMES_ITS_COST * (ended - begun))
            return self._kept

    async def _count(self) -> shapes.Storage:
        counted_at = self._realm.clock.now()
        status = await self._realm.vault.upkeep.status(answer_seconds=_ANSWER_SECONDS)
        return storage(status, self._realm.identity.manifest, self._realm.vault.config, counted_at=counted_at)


Kept = NamedDependency[SkipValidation[Inventory]]


@get("/api/storage", operation_id="read_storage", responses=documented(400, 503), tags=["storage"])
async def read_storage(inventory: Kept) -> Response[shapes.Storage]:
    """What each store holds, whether it answers and what it could read, and who runs it.

    Stores that are away and objects at risk are part of the answer, not a failure of it.
    """
    return Response(await inventory.read(), headers={"cache-control": "no-store"})


ROUTES = [read_storage]
