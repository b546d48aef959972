"""The manifest and the policies in the ledger: nothing counts but what was put there."""

from dataclasses import replace
from datetime import date

import pytest

from reelm.base import Database
from reelm.realm import Attestation, Manifest, PoliciesRefused, Version, chain_faults, declaration, policy
from reelm.realm.errors import ManifestChanged, ManifestSuperseded, PoliciesChanged, SignatureRefused
from support.access.asking import with_policy
from support.machine.determinism import ManualClock
from support.realm.declaring import PLAIN, in_city, signed, signing_key, with_keys

pytestmark = pytest.mark.on_database("sqlite")

CLOCK = ManualClock()


async def say(_tx: object, _version: Version) -> None:
    """Nobody listens here; see test_declarations.py for what the public is told."""


async def start(database: Database, manifest: Manifest) -> Version:
    async with database.write() as tx:
        return await declaration.hold_to_published(tx, manifest, clock=CLOCK, say=say)


async def put(database: Database, manifest: Manifest, *signers: str) -> Version:
    async with database.write() as tx:
        version = declaration.following(await declaration.newest_version(tx), manifest)
        return await declaration.publish(tx, signed(version, signers), clock=CLOCK, say=say)


async def versions(database: Database) -> tuple[Version, ...]:
    async with database.read() as tx:
        return await declaration.versions(tx)


async def test_the_first_start_puts_the_manifest_on_record(database: Database) -> None:
    first = await start(database, PLAIN)
    assert first.number == 1
    assert await start(database, PLAIN) == first
    assert await versions(database) == (first,)


async def test_a_manifest_that_was_edited_in_place_is_refused_with_what_to_do(database: Database) -> None:
    await start(database, PLAIN)
    with pytest.raises(ManifestChanged) as refused:
        await start(database, in_city("Utrecht"))
    assert "not version 1" in refused.value.detail
    assert "./reelm manifest sign" in refused.value.detail
    assert 'Site "here" has another city: not declared became Utrecht.' in refused.value.detail
    assert len(await versions(database)) == 1


async def test_an_edit_counts_once_it_is_on_record_and_the_old_one_no_more(database: Database) -> None:
    await start(database, PLAIN)
    second = await put(database, in_city("Utrecht"))
    assert await start(database, in_city("Utrecht")) == second
    with pytest.raises(ManifestChanged):
        await start(database, PLAIN)


async def test_every_version_is_kept_and_they_follow_one_another(database: Database) -> None:
    await start(database, PLAIN)
    keyed = with_keys("ana", "ben", threshold=2)
    await put(database, keyed, "ana", "ben")
    await put(database, in_city("Utrecht", keyed), "ben", "ana")
    kept = await versions(database)
    assert [version.number for version in kept] == [1, 2, 3]
    assert chain_faults(kept) == []
    assert kept[2].signed_by(kept[2].signers) == ("ana", "ben")


async def test_a_version_without_enough_signatures_changes_nothing(database: Database) -> None:
    keyed = with_keys("ana", "ben", threshold=2)
    with pytest.raises(ManifestChanged, match="not yet signed by ben"):
        await put(database, keyed, "ana")
    assert await versions(database) == ()
    with pytest.raises(ManifestChanged, match="2 signatures"):
        await start(database, keyed)
    await put(database, keyed, "ana", "ben")
    with pytest.raises(ManifestChanged):
        await put(database, PLAIN)
    assert len(await versions(database)) == 1


async def test_of_two_versions_for_one_number_the_first_counts(database: Database) -> None:
    await start(database, PLAIN)
    async with database.read() as tx:
        late = declaration.following(await declaration.newest_version(tx), in_city("Breda"))
    await put(database, in_city("Utrecht"))
    with pytest.raises(ManifestSuperseded):
        async with database.write() as tx:
            await declaration.publish(tx, late, clock=CLOCK, say=say)
    assert len(await versions(database)) == 2


def test_only_a_declared_key_signs() -> None:
    version = declaration.following(None, with_keys("ana", threshold=1))
    assert declaration.lacks(declaration.sign(version, None, signing_key("ana")), None) == []
    with pytest.raises(SignatureRefused):
        declaration.sign(version, None, signing_key("mallory"))


async def test_a_provider_countersigns_its_entry_on_record(database: Database) -> None:
    key = signing_key("host")
    hosted = replace(PLAIN, providers=(replace(PLAIN.providers[0], key=str(key.verifier)),))
    version = await start(database, hosted)
    for who, provider in ((signing_key("mallory"), "this-machine"), (key, "nobody")):
        with pytest.raises(SignatureRefused):
            async with database.write() as tx:
                await declaration.countersign(tx, version, provider, who, clock=CLOCK)
    async with database.write() as tx:
        await declaration.countersign(tx, version, "this-machine", key, clock=CLOCK)
        await declaration.countersign(tx, version, "this-machine", key, clock=CLOCK)
        today = CLOCK.now().date()
        assert await declaration.provider_attestations(tx, version, today=today) == {
            "this-machine": (Attestation.CONFIRMED, today.isoformat())
        }
        assert await declaration.provider_attestations(tx, version, today=date(2000, 1, 1)) == {
            "this-machine": (Attestation.DECLARED, None)
        }


async def publish(database: Database, files: dict[str, str]) -> policy.Published:
    async with database.write() as tx:
        return await policy.publish(tx, files, clock=CLOCK)


async def in_effect(database: Database) -> policy.Published | None:
    async with database.read() as tx:
        return await policy.published(tx)


async def hold(database: Database, files: dict[str, str]) -> policy.Published:
    async with database.write() as tx:
        return await policy.hold_to_published(tx, files, clock=CLOCK)


STRICTER = with_policy('@id("never") forbid (principal in Role::"records", action, resource);')


async def test_policies_that_were_edited_do_not_count_until_they_are_published(database: Database) -> None:
    first = await hold(database, policy.shipped_policies())
    assert first.number == 1
    with pytest.raises(PoliciesChanged, match=r"more\.cedar"):
        await hold(database, STRICTER)
    second = await publish(database, STRICTER)
    assert second.number == 2
    assert (await hold(database, STRICTER)).policy_set.digest == second.policy_set.digest
    with pytest.raises(PoliciesChanged):
        await hold(database, policy.shipped_policies())


async def test_a_bad_policy_set_is_refused_and_nothing_is_changed(database: Database) -> None:
    await hold(database, policy.shipped_policies())
    god = '@id("god") permit (principal in Role::"support", action == Action::"access.approve", resource);'
    for bad in ("nonsense", "permit (principal, action, resource);", god):
        with pytest.raises(PoliciesRefused):
            await publish(database, with_policy(bad))
    kept = await in_effect(database)
    assert kept is not None
    assert (kept.number, dict(kept.policy_set.files)) == (1, policy.shipped_policies())


async def test_the_same_policies_again_are_no_new_version(database: Database) -> None:
    await publish(database, policy.shipped_policies())
    assert (await publish(database, policy.shipped_policies())).number == 1


async def test_what_was_in_effect_can_still_be_asked(database: Database) -> None:
    first = await publish(database, policy.shipped_policies())
    await publish(database, STRICTER)
    async with database.read() as tx:
        before = await policy.policies_of(tx, 1)
        assert before is not None
        assert before.digest == first.policy_set.digest
        assert await policy.policies_of(tx, 3) is None
