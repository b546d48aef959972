"""Render where the data is: what is counted, beside what is declared."""

from datetime import datetime
from decimal import Decimal

from reelm import realm, vault
from reelm.web.storage import shapes

_GIB = 1 << 30
_SHOWN_MONEY = Decimal("0.0001")


def storage(
    found: vault.VaultStatus, manifest: realm.Manifest, config: vault.VaultConfig, *, counted_at: datetime
) -> shapes.Storage:
    """Return what is counted, beside what is declared; without free space, faults and names of fragments."""
    declared = {place.id: place for place in manifest.stores}
    return shapes.Storage(
        counted_at=counted_at,
        k=config.k,
        n=config.n,
        is_one_site=manifest.is_one_site,
        stores=[_store(one, declared.get(one.place.provider), manifest) for one in found.providers],
        queue=[shapes.Margin(spare=spare, objects=count) for spare, count in found.queue.items()],
        objects_at_risk=found.objects_at_risk,
        objects_unreadable=found.objects_unreadable,
        coalitions=[sorted(some) for some in found.coalitions],
    )


def _store(
    found: vault.ProviderStatus, place: realm.StorePlace | None, manifest: realm.Manifest
) -> shapes.Store:
    return shapes.Store(
        id=found.place.provider,
        declared=None if place is None else _declaration(place, manifest, found.bytes_held),
        stage=found.stage.value,
        is_hostile=found.is_hostile,
        is_answering=found.is_reachable,
        fragments=found.fragments,
        bytes_held=found.bytes_held,
        waiting=found.suspects,
        unchecked=found.unchecked,
        oldest_check_at=found.oldest_check_at,
        reads_alone=found.reads_alone,
        moved=found.moved,
        copies_deleted=found.copies_deleted,
        copies_owed=found.copies_owed,
    )


def _declaration(
    place: realm.StorePlace, manifest: realm.Manifest, bytes_held: int
) -> shapes.StoreDeclaration:
    site, host = manifest.site_of(place), manifest.provider_of(place)
    price = place.price_per_gib_month
    return shapes.StoreDeclaration(
        host=host.name,
        parent=host.parent,
        host_country=host.country,
        tenure=host.tenure.value,
        city=site.city,
        country=site.country,
        price=None if price is None else _price(price, bytes_held),
    )


def _price(price: realm.Price, bytes_held: int) -> shapes.StorePrice:
    per_month = (price.amount * bytes_held / _GIB).quantize(_SHOWN_MONEY)
    return shapes.StorePrice(
        currency=price.currency, per_gib_month=f"{price.amount:f}", per_month=f"{per_month:f}"
    )
