"""Re-wrapping: user keys out of one epoch key and into another, a batch at a time. Pure, and the hot loop."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import AccountId, Entropy
from reelm.realm.epochs import owner_data
from reelm.realm.errors import SealBroken
from reelm.realm.seal import NONCE_BYTES

# An owner, the wrapped key, and the epoch whose key wraps it.
Wrapped: TypeAlias = tuple[AccountId, bytes, int]


def rewrap(
    keys: Sequence[Wrapped], *, opening: Mapping[int, AESGCM], into: tuple[int, AESGCM], entropy: Entropy
) -> list[bytes]:
    """Wrap the same keys in another epoch, in the same order.

    Args:
        keys: of any epochs that ``opening`` has.
        opening: epoch -> what opens it.
        into: the epoch that wraps them from now on.
        entropy: asked once per batch.

    Raises:
        SealBroken: a record was changed; ``facts`` name its owner.
    """
    epoch, cipher = into
    encrypt = cipher.encrypt
    decrypting = {older: opened.decrypt for older, opened in opening.items()}
    drawn = entropy.draw(NONCE_BYTES * len(keys))
    made, start = [], 0
    for owner, wrapped, older in keys:
        nonce = drawn[start : start + NONCE_BYTES]
        start += NONCE_BYTES
        try:
            # No name is given to the opened key: a traceback with local variables must not show it.
            body = encrypt(
                nonce,
                decrypting[older](wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner_data(owner, older)),
                owner_data(owner, epoch),
            )
        except (InvalidTag, ValueError):
            raise _broken(owner) from None
        made.append(nonce + body)
    return made


def _broken(owner: AccountId) -> SealBroken:
    return SealBroken(
        f"The wrapped key of owner {owner} was changed and cannot be opened, so the keys cannot be rotated. "
        "Those re-wrapped so far stay so, and every other key still opens. Restore this record from a "
        "backup, or erase its owner, and rotate again.",
        owner=owner,
    )
