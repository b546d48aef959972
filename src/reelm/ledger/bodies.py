"""Private bodies: sealed where they lie, committed to in public, shown to whom they are about."""

import hmac

from reelm.base import Clock, Entropy, SealedBytes, Secret, Tx, canonical_json
from reelm.ledger import store
from reelm.ledger.errors import LeafMissing, LogBroken
from reelm.ledger.leaf import commitment, read_leaf, write_body
from reelm.ledger.model import Private
from reelm.ledger.store import BodyRow
from reelm.realm import Keys, SealingKey

_KEY_BYTES = 32
_PURPOSE = "ledger.body"


class Bodies:
    """Seals and opens private bodies with the keys of a realm."""

    def __init__(self, keys: Keys, *, clock: Clock, entropy: Entropy) -> None:
        self._keys = keys
        self._clock = clock
        self._entropy = entropy

    async def seal(self, tx: Tx, kind: str, private: Private) -> BodyRow:
        """Seal a body; return it with what the leaf says of it.

        Raises:
            LeafRefused, LeafTooLarge: no canonical form, or too much.
            KeyDestroyed, KeyMissing: its owner has no key.
        """
        body = write_body(private.body)
        key = Secret(self._entropy.draw(_KEY_BYTES))
        sealing = await self._key(tx, private)
        sealed = sealing.seal(key.reveal() + body, purpose=_PURPOSE)
        said = commitment(kind, body, key)
        return BodyRow(said, private.owner, kind, SealedBytes(sealed), self._clock.now())

    async def opening(self, tx: Tx, leaf: bytes) -> bytes:
        """Return what shows a leaf's private body: JSON as in docs/spec/ledger.md, "Private body".

        Raises:
            LeafMissing: the leaf has none, or it was erased.
            KeyDestroyed: its owner's key was.
            LogBroken: the body is not what the leaf commits to.
        """
        said = read_leaf(leaf).private
        row = None if said is None else await store.find_body(tx, said)
        if said is None or row is None:
            raise LeafMissing("This leaf has no private part, or it was erased. There is nothing to show.")
        sealing = await self._key(tx, Private({}, row.owner))
        raw = sealing.open(row.sealed, purpose=_PURPOSE)
        key, body = Secret(raw[:_KEY_BYTES]), raw[_KEY_BYTES:]
        if not hmac.compare_digest(commitment(row.kind, body, key), said):
            raise LogBroken(
                "A private body is not what its leaf commits to. Restore the database from a backup."
            )
        head = canonical_json({"key": key.reveal().hex(), "kind": row.kind})
        return b'{"body":' + body + b"," + head[1:]

    async def _key(self, tx: Tx, private: Private) -> SealingKey:
        if private.owner is None:
            return self._keys.realm_key("ledger/bodies")
        return await self._keys.user_key(tx, private.owner)
