"""Prune: old entries leave the public record when the realm declared that they would; their hashes stay."""

from datetime import timedelta

from reelm.workflows.realm import OpenRealm


async def prune(*, at: OpenRealm) -> None:
    """Remove what is older than the retention that the newest manifest leaf declares; nothing without one."""
    if at.retention_days:
        await at.ledger.prune(before=at.clock.now() - timedelta(days=at.retention_days))
