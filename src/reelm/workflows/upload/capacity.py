"""Check that the stores have the disk capacity for what somebody is about to send."""

from collections.abc import Sequence

from reelm.vault import StoreHealth, StoresFull
from reelm.workflows.realm import OpenRealm

# Beside the clip itself, whose renditions seldom take up more than its source.
_RESERVE_BYTES = 64 * 1024**2


async def require_capacity(length_bytes: int, *, realm: OpenRealm) -> None:
    """Let somebody send a file, unless its clip could not be stored; before the first byte of it.

    A store that does not say how much room it has, as buckets do, counts as having some. One that does not
    answer counts too: it may be back by then.

    Raises:
        StoresFull: too few stores have room.
    """
    health, k = await realm.vault.health(), realm.vault.config.k
    full = full_stores(health, length_bytes // k)
    if len(health) - len(full) <= k:
        raise StoresFull(
            f"{len(full)} of the realm's {len(health)} stores have no room for another clip. Nothing was "
            "kept. Try again later; the operator has to add space first."
        )


def full_stores(health: Sequence[StoreHealth], fragment_bytes: int) -> list[StoreHealth]:
    """Return the stores that say they have no room for another fragment of this size."""
    wanted_bytes = fragment_bytes + _RESERVE_BYTES
    return [each for each in health if each.free_bytes is not None and each.free_bytes < wanted_bytes]
