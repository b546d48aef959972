"""What must be true whatever happened; asked at the providers and of the records, beside the vault."""

from collections import Counter
from collections.abc import Collection

from reelm.base import ObjectId
from reelm.vault import ProviderPlace, PutReceipt, TooFewPlaces
from reelm.vault.placement import Residency, choose_places, fragments_per_group, survives_any_loss, within
from support.vault.campaign.world import World


def fragments_of(world: World, object_id: ObjectId) -> list[tuple[int, str, str, str]]:
    """Index, provider, name and state, as the records have them; of its pack when it lies in one."""
    rows = world.records.rows(
        "SELECT fragment_index, provider_id, name, state FROM fragments WHERE object_id = ?",
        carrier(world, object_id),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def carrier(world: World, object_id: str) -> str:
    """The object whose fragments hold it: itself, or the pack that it lies in now."""
    rows = world.records.rows("SELECT pack_id FROM entries WHERE entry_id = ?", object_id)
    return str(rows[0][0]) if rows else object_id


def holder(world: World, reference: str) -> str | None:
    """What is stored under a reference, with or without anyone knowing of it."""
    rows = world.records.rows(
        "SELECT object_id FROM objects WHERE reference = ? AND state = 'stored' "
        "UNION ALL SELECT entry_id FROM entries WHERE reference = ?",
        reference,
        reference,
    )
    return str(rows[0][0]) if rows else None


def has_lost_enough(world: World, object_id: str) -> bool:
    """Whether more than one group lost what it had of an object, or returned wrong bytes of it."""
    carried = carrier(world, object_id)
    failed = [each for each in world.providers if each.has_lost or carried in each.lied_about]
    first = failed[0].place.all_groups if failed else frozenset()
    return any(not each.place.all_groups & first for each in failed)


def stages(world: World) -> dict[str, str]:
    """How far each provider is on its way out."""
    return {row[0]: row[1] for row in world.records.rows("SELECT provider_id, stage FROM providers")}


def is_room(world: World, residency: Residency) -> bool:
    """Whether the active providers in those countries could take an object."""
    active = {provider for provider, stage in stages(world).items() if stage == "active"}
    places = within([each.place for each in world.providers if each.place.provider in active], residency)
    try:
        choose_places(places, k=world.config.k, n=world.config.n, order=range(len(places)))
    except TooFewPlaces:
        return False
    return True


def good_fragments(world: World, object_id: ObjectId) -> set[int]:
    """The indices whose right bytes lie where the records say."""
    providers = {provider.place.provider: provider for provider in world.providers}
    return {
        index
        for index, provider, name, _ in fragments_of(world, object_id)
        if providers[provider].holds_good(name)  # type: ignore[index] # ids are strings underneath
    }


def clean_fragments(world: World, object_id: ObjectId, begun: float) -> set[int]:
    """Those at providers that did nothing wrong since ``begun``."""
    clean = {provider.place.provider for provider in world.providers if provider.misbehaved_at < begun}
    good = good_fragments(world, object_id)
    return {
        index
        for index, provider, _, _ in fragments_of(world, object_id)
        if index in good and provider in clean
    }


def check_placed(world: World, receipt: PutReceipt) -> None:
    """A new receipt was given: the object must be safe now, whatever fails next.

    A provider that lies about what it keeps, or lost what it had, is the loss that the promise allows for.
    """
    k, n = world.config.k, world.config.n
    providers = {str(provider.place.provider): provider for provider in world.providers}
    rows = fragments_of(world, receipt.object_id)
    if not rows:  # someone deleted it in the meantime
        return
    safe: list[ProviderPlace] = []
    for _, provider_id, name, state in rows:
        provider = providers[provider_id]
        if provider.keeps_good(name) or (state == "stored" and provider.has_lost):
            safe.append(provider.place)
    world.require(
        survives_any_loss(safe, k), f"{receipt.object_id} was acknowledged with {len(safe)} durable fragments"
    )
    held = Counter(group for _, provider, _, _ in rows for group in providers[provider].place.all_groups)
    world.require(
        max(held.values()) <= fragments_per_group(k, n), f"the fragments of {receipt.object_id} lie too close"
    )


def check_records(world: World, residencies: dict[str, frozenset[str] | None]) -> None:
    """Where the records say fragments are: within every group's limit and the object's residency."""
    places = {str(provider.place.provider): provider.place for provider in world.providers}
    held: dict[str, Counter[str]] = {}
    rows = world.records.rows(
        "SELECT o.object_id, o.reference, o.k, o.n, f.provider_id "
        "FROM objects o JOIN fragments f USING (object_id)"
    )
    for object_id, reference, k, n, provider in rows:
        counts = held.setdefault(object_id, Counter())
        counts.update(places[provider].all_groups)
        world.require(max(counts.values()) <= fragments_per_group(k, n), f"{object_id} lies too close")
        residency = residencies.get(reference) if reference else None
        world.require(
            residency is None or places[provider].country in residency,
            f"{object_id} lies abroad, at {provider}",
        )


def check_no_orphans(world: World, acknowledged: Collection[str]) -> None:
    """Every fragment at an honest provider is known to the records, and nothing unfinished is left.

    Who sweeps while a put runs makes it forget; when that writer then dies, is given up or cannot reach the
    records, nobody knows what it wrote last. What somebody has a receipt for is never excused.
    """
    is_excused = world.is_rude
    named = {row[0] for row in world.records.rows("SELECT name FROM fragments")}
    named |= {row[0] for row in world.records.rows("SELECT name FROM moves")}
    named |= {row[0] for row in world.records.rows("SELECT name FROM former_fragments")}
    for provider in world.providers:
        if provider.is_left_in_anger:
            continue
        orphans = set(provider.names) - named - provider.excused
        whose = {world.written[name].object_id for name in orphans if name in world.written}
        if is_excused:
            whose &= {carrier(world, object_id) for object_id in acknowledged}
        world.require(not whose, f"{provider} holds fragments that nobody knows of, of {whose}")
        unfinished = list(provider.disk.unfinished.names)
        world.require(not unfinished, f"{provider} keeps {len(unfinished)} unfinished files")


def check_packs(world: World) -> None:
    """After a compaction there is no pack in which nothing lives, and no entry without a pack."""
    empty = world.records.rows(
        "SELECT object_id FROM objects WHERE state = 'stored' AND reference IS NULL "
        "AND object_id NOT IN (SELECT pack_id FROM entries)"
    )
    world.require(not empty, f"nothing lives in the packs {empty}")
    lost = world.records.rows(
        "SELECT entry_id FROM entries "
        "WHERE pack_id NOT IN (SELECT object_id FROM objects WHERE state = 'stored')"
    )
    world.require(not lost, f"the packs of {lost} are gone")


def check_stored_is_true(world: World) -> None:
    """Where the records say ``stored``, the bytes are there, unless the provider may have lost them."""
    providers = {str(provider.place.provider): provider for provider in world.providers}
    rows = world.records.rows(
        "SELECT f.object_id, f.provider_id, f.name FROM objects o JOIN fragments f USING (object_id) "
        "WHERE o.state = 'stored' AND f.state = 'stored'"
    )
    for object_id, provider, name in rows:
        holder = providers[provider]
        world.require(
            holder.has_lost or holder.keeps_good(name), f"{holder} does not keep its fragment of {object_id}"
        )
