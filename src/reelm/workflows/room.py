"""Whether the stores could take what somebody is about to send."""

from reelm.vault import StoresFull
from reelm.workflows.realm import OpenRealm

# Renditions and what the vault adds, as a share of the source: seldom more than half of it.
_STORED_RATIO = 1.0
_RESERVE_BYTES = 64 * 1024**2


async def require_room(length_bytes: int, *, at: OpenRealm) -> None:
    """Let somebody send a file, unless its clip could not be stored; before the first byte of it.

    A store that does not say how much room it has, as buckets do, counts as having some. One that does not
    answer counts too: it may be back by then.

    Raises:
        StoresFull: too few stores have room.
    """
    health = await at.vault.health()
    wanted_bytes = int(length_bytes * _STORED_RATIO) // at.vault.config.k + _RESERVE_BYTES
    full = [each for each in health if each.free_bytes is not None and each.free_bytes < wanted_bytes]
    if len(health) - len(full) <= at.vault.config.k:
        raise StoresFull(
            f"{len(full)} of the realm's {len(health)} stores have no room for another clip. Nothing was "
            "kept. Try again later; the operator has to add space first."
        )
