"""Show what the stores hold, as lines for an operator."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import comb

from reelm.cli.console import duration, size
from reelm.realm import Manifest
from reelm.vault import ProviderId, ProviderStatus, Stage, VaultStatus

_COALITIONS_SHOWN = 5
_HEADINGS = ("store", "run by", "law", "stage", "fragments", "bytes", "to repair", "read in full", "a month")


def lines(status: VaultStatus, manifest: Manifest, *, now: datetime) -> Iterator[str]:
    """Return a table of the stores, then what it means."""
    rows = [_HEADINGS, *(_row(each, manifest, now) for each in status.providers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield _queue(status)
    yield from _readers(status, manifest)


def _row(each: ProviderStatus, manifest: Manifest, now: datetime) -> tuple[str, ...]:
    store = next((store for store in manifest.stores if store.id == each.place.provider), None)
    host = manifest.provider_of(store).name if store else "not declared any more"
    stage = f"{each.stage}, hostile" if each.is_hostile else str(each.stage)
    is_away = each.stage is not Stage.WITHDRAWN and not each.is_reachable
    price = store.price_per_gib_month if store else None
    cost = f"{float(price.amount) * each.bytes_held / 2**30:.2f} {price.currency}" if price else "-"
    return (
        each.place.provider,
        host,
        each.place.country,
        f"{stage}, does not answer" if is_away else stage,
        f"{each.fragments:,}",
        size(each.bytes_held),
        f"{each.suspects:,}",
        _checked(each, now),
        cost,
    )


def _checked(each: ProviderStatus, now: datetime) -> str:
    if not each.fragments:
        return "-"
    if each.unchecked:
        return f"{each.unchecked:,} not yet"
    assert each.oldest_check_at is not None  # noqa: S101 - every one of them was read at some time
    return f"all, within {duration((now - each.oldest_check_at).total_seconds())}"


def _queue(status: VaultStatus) -> str:
    waiting = {margin: count for margin, count in status.queue.items() if count}
    if not waiting:
        return "Nothing waits for repair."
    parts = [f"{count:,} {_outlook(margin)}" for margin, count in sorted(waiting.items())]
    return f"Objects that wait for repair: {'; '.join(parts)}."


def _outlook(margin: int) -> str:
    if margin > 0:
        return f"can lose {margin} more"
    return "can lose no more" if margin == 0 else "cannot be read until a provider returns"


def _readers(status: VaultStatus, manifest: Manifest) -> Iterator[str]:
    alone = sum(each.reads_alone for each in status.providers)
    yield (
        "No store can decode anything alone."
        if not alone
        else f"{alone:,} times, one store or company holds enough of an object to decode it: drain it."
    )
    if status.coalitions:
        yield (
            "Together these could decode some sealed object, and would still lack its owner's key: "
            f"{_named(status.coalitions)}."
        )
    if manifest.is_one_site:
        yield (
            "All stores are folders at one site: whoever holds that machine holds all of them. That shows "
            "how it works, and is no independence; docs/how-to/enrol-a-provider.md says how to have it."
        )


def _named(coalitions: Sequence[frozenset[ProviderId]]) -> str:
    """Return the sets by name, or in one phrase when it is any so many of some."""
    everyone = sorted(frozenset().union(*coalitions))
    sizes = {len(some) for some in coalitions}
    if len(sizes) == 1 and len(coalitions) == comb(len(everyone), min(sizes)):
        return f"any {min(sizes)} of {', '.join(everyone)}"
    shown = "; ".join(" + ".join(sorted(some)) for some in coalitions[:_COALITIONS_SHOWN])
    more = len(coalitions) - _COALITIONS_SHOWN
    return f"{shown}{f'; and {more:,} other sets' if more > 0 else ''}"
