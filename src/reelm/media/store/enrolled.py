"""Machines elsewhere that may encode: who they are, and the token by which each is known."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from reelm.base import Clock, Entropy, Tx, mint
from reelm.media.elsewhere import EncoderId
from reelm.media.errors import BadEncoderName, EncoderExists, EncoderUnknown
from reelm.media.store.tables import encoders
from reelm.realm import Keys

_TOKEN_BYTES = 32
_PURPOSE = "media/encoder-token"
_NAME = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_SEEN_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """A machine that may encode; ``seen_at`` is when it last asked for work."""

    id: EncoderId
    name: str
    added_at: datetime
    seen_at: datetime | None


class Encoders:
    """The enrolled encoders. The database holds keyed digests of tokens only: a copy of it lets nobody in."""

    def __init__(self, keys: Keys, *, clock: Clock, entropy: Entropy) -> None:
        self._keys = keys
        self._clock = clock
        self._entropy = entropy

    async def add(self, tx: Tx, name: str) -> str:
        """Enrol a machine; return its token, which is nowhere else.

        Raises:
            BadEncoderName: not a name.
            EncoderExists: there is one of this name.
        """
        if not _NAME.fullmatch(name):
            raise BadEncoderName(
                "A name has 1 to 40 lower-case letters, digits and hyphens. Nothing was added. Choose "
                "another."
            )
        if any(each.name == name for each in await self.all(tx)):
            raise EncoderExists(f"There is an encoder {name} already. Nothing was changed. Remove it first.")
        token = base64.urlsafe_b64encode(self._entropy.draw(_TOKEN_BYTES)).decode().rstrip("=")
        identity = EncoderId(mint(self._clock, self._entropy))
        values = {
            "id": identity,
            "name": name,
            "token_digest": self._keys.digest(_PURPOSE, token.encode()),
            "added_at": self._clock.now(),
        }
        await tx.execute(insert(encoders).values(values))
        return token

    async def all(self, tx: Tx) -> tuple[EncoderRecord, ...]:
        """Return all encoders, by name."""
        columns = (encoders.c.id, encoders.c.name, encoders.c.added_at, encoders.c.seen_at)
        rows = await tx.execute(select(*columns).order_by(encoders.c.name))
        return tuple(EncoderRecord(*row) for row in rows)

    async def any(self, tx: Tx) -> bool:
        """Return whether there is one."""
        return await tx.scalar(select(encoders.c.id).limit(1)) is not None

    async def remove(self, tx: Tx, name: str) -> None:
        """Let a machine in no more; what it has in work ends with its next request.

        Raises:
            EncoderUnknown: there is none of this name.
        """
        if not (await tx.execute(delete(encoders).where(encoders.c.name == name))).rowcount:
            raise EncoderUnknown(f"There is no encoder {name}. `./reelm encoders list` shows them.")

    async def recognise(self, tx: Tx, token: str) -> tuple[EncoderId, bool]:
        """Return the encoder whose token it is, and whether it is time to note that it was seen.

        Raises:
            EncoderUnknown: nobody's, or that of an encoder that was removed.
        """
        digest = self._keys.digest(_PURPOSE, token.encode("utf-8", "surrogatepass"))
        query = select(encoders.c.id, encoders.c.seen_at).where(encoders.c.token_digest == digest)
        row = (await tx.execute(query)).first()
        if row is None:
            raise EncoderUnknown(
                "The token is that of no encoder of this realm. Nothing was done. The operator makes one "
                "with `./reelm encoders add NAME`."
            )
        is_due = row.seen_at is None or self._clock.now() - row.seen_at > _SEEN_EVERY
        return EncoderId(row.id), is_due

    async def mark_seen(self, tx: Tx, encoder: EncoderId) -> None:
        query = update(encoders).where(encoders.c.id == encoder)
        await tx.execute(query.values(seen_at=self._clock.now()))
