"""Prune: old entries leave the public record when the realm declared that they would; their hashes stay."""

from datetime import timedelta

from reelm.workflows.realm import OpenRealm


async def prune(*, realm: OpenRealm) -> None:
    """Remove what is older than the retention that the newest manifest leaf declares; nothing without one."""
    if realm.ledger.retention_days:
        await realm.ledger.prune(before=realm.clock.now() - timedelta(days=realm.ledger.retention_days))
