"""Re-wrapping: user keys out of one epoch key and into another, a batch at a time. Pure, and the hot loop."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import AccountId, Entropy, SealedBytes
from reelm.realm.epochs import owner_data
from reelm.realm.errors import SealBroken
from reelm.realm.seal import NONCE_BYTES


class Wrapped(NamedTuple):
    """One owner's key, and the epoch whose key wraps it."""

    owner: AccountId
    wrapped: SealedBytes
    epoch: int


def rewrap(
    keys: Sequence[Wrapped], *, opening: Mapping[int, AESGCM], into: tuple[int, AESGCM], entropy: Entropy
) -> list[Wrapped]:
    """The same keys, wrapped in another epoch.

    Args:
        keys: of any epochs that ``opening`` has.
        opening: epoch -> what opens it.
        into: the epoch that wraps them from now on.
        entropy: asked once per batch.

    Raises:
        SealBroken: a record was changed; ``facts`` name its owner.
    """
    epoch, cipher = into
    drawn = entropy.draw(NONCE_BYTES * len(keys))
    made = []
    for number, key in enumerate(keys):
        nonce = drawn[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
        try:
            # No name is given to the opened key: a traceback with local variables must not show it.
            body = cipher.encrypt(nonce, _open(key, opening[key.epoch]), owner_data(key.owner, epoch))
        except (InvalidTag, ValueError):
            raise _broken(key.owner) from None
        made.append(Wrapped(key.owner, SealedBytes(nonce + body), epoch))
    return made


def _open(key: Wrapped, cipher: AESGCM) -> bytes:
    wrapped = key.wrapped
    return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner_data(key.owner, key.epoch))


def _broken(owner: AccountId) -> SealBroken:
    return SealBroken(
        f"The wrapped key of owner {owner} was changed and cannot be opened, so the keys cannot be rotated. "
        "Those re-wrapped so far stay so, and every other key still opens. Restore this record from a "
        "backup, or erase its owner, and rotate again.",
        owner=owner,
    )
