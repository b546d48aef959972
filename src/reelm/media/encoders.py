"""Machines elsewhere that may encode: who they are, and the token by which each is known."""

import base64
import re
from datetime import timedelta

from reelm.base import Clock, Entropy, Tx, mint
from reelm.media import store
from reelm.media.elsewhere import EncoderId
from reelm.media.errors import BadEncoderName, EncoderExists, EncoderUnknown
from reelm.media.store import EncoderRecord
from reelm.realm import Keys

_TOKEN_BYTES = 32
_PURPOSE = "media/encoder-token"
_NAME = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_SEEN_EVERY = timedelta(seconds=10)


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
        if any(each.name == name for each in await store.all_encoders(tx)):
            raise EncoderExists(f"There is an encoder {name} already. Nothing was changed. Remove it first.")
        token = base64.urlsafe_b64encode(self._entropy.draw(_TOKEN_BYTES)).decode().rstrip("=")
        identity = EncoderId(mint(self._clock, self._entropy))
        made = EncoderRecord(identity, name, self._clock.now(), None)
        await store.add_encoder(tx, made, self._keys.digest(_PURPOSE, token.encode()))
        return token

    async def all(self, tx: Tx) -> tuple[EncoderRecord, ...]:
        return await store.all_encoders(tx)

    async def any(self, tx: Tx) -> bool:
        return await store.has_encoders(tx)

    async def remove(self, tx: Tx, name: str) -> None:
        """Let a machine in no more; what it has in work ends with its next request.

        Raises:
            EncoderUnknown: there is none of this name.
        """
        if not await store.remove_encoder(tx, name):
            raise EncoderUnknown(f"There is no encoder {name}. `./reelm encoders list` shows them.")

    async def recognise(self, tx: Tx, token: str) -> tuple[EncoderId, bool]:
        """Return the encoder whose token it is, and whether it is time to note that it was seen.

        Raises:
            EncoderUnknown: nobody's, or that of an encoder that was removed.
        """
        digest = self._keys.digest(_PURPOSE, token.encode("utf-8", "surrogatepass"))
        found = await store.encoder_with(tx, digest)
        if found is None:
            raise EncoderUnknown(
                "The token is that of no encoder of this realm. Nothing was done. The operator makes one "
                "with `./reelm encoders add NAME`."
            )
        encoder, seen_at = found
        return encoder, seen_at is None or self._clock.now() - seen_at > _SEEN_EVERY

    async def mark_seen(self, tx: Tx, encoder: EncoderId) -> None:
        await store.mark_seen(tx, encoder, self._clock.now())
