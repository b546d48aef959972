"""A realm runs by the manifest, the policies and the code that are in the ledger, and by no others."""

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from reelm.app import record_release, running_release, settings
from reelm.base import Database, DatabaseUnavailable
from reelm.ledger import NotInLedger, read_leaf
from reelm.ledger.adapters.folder import FolderDisk
from reelm.realm import PoliciesRefused, ReleaseRefused, ReleaseUnlogged, declaration
from reelm.realm.errors import ManifestChanged, PoliciesChanged
from support.ledger.cutting import Cut, CutLater
from support.realm.declaring import put_on_record, put_version
from support.realm.realms import Stage, staged


async def test_a_realm_does_not_start_with_a_manifest_that_was_edited_in_place(tmp_path: Path) -> None:
    async with staged(tmp_path):
        pass
    manifest = tmp_path / "manifest.toml"
    declared = manifest.read_text()
    manifest.write_text("# A remark changes nothing.\n" + declared)
    async with staged(tmp_path):
        pass
    manifest.write_text(declared.replace('city = "not declared"', 'city = "Utrecht"'))
    with pytest.raises(ManifestChanged, match="Utrecht"):
        async with staged(tmp_path):
            pass
    await put_on_record(tmp_path)
    async with staged(tmp_path) as stage:
        assert stage.realm.identity.manifest.sites[0].city == "Utrecht"


async def test_a_realm_does_not_start_with_policies_that_were_edited_in_place(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        digest = stage.realm.identity.published.policy_set.digest
    policies = tmp_path / "policies" / "staff.cedar"
    shipped = policies.read_text()
    policies.write_text(shipped + "\n// More.\n")
    with pytest.raises(PoliciesChanged, match=r"staff\.cedar"):
        async with staged(tmp_path):
            pass
    policies.write_bytes(b"\xff")
    with pytest.raises(PoliciesRefused):
        async with staged(tmp_path):
            pass
    for path in (tmp_path / "policies").iterdir():
        path.unlink()
    (tmp_path / "policies").rmdir()
    async with staged(tmp_path) as stage:
        assert stage.realm.identity.published.policy_set.digest == digest
    assert policies.read_text() == shipped


async def test_a_realm_does_not_start_with_code_that_is_not_the_release_on_record(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        length = await ledger_length(stage)
    running = running_release()
    for other in (
        replace(running, code_digest="0" * 64),
        replace(running, page_digest="0" * 64),
        replace(running, version="0.0.9"),
    ):
        with pytest.raises(ReleaseUnlogged, match="reelm release publish") as refused:
            async with staged(tmp_path, running=other):
                pass
        assert refused.value.code == "realm.release-unlogged"
    async with staged(tmp_path) as stage:
        assert await ledger_length(stage) == length


async def test_a_release_that_was_put_on_record_runs_and_the_one_before_does_not(tmp_path: Path) -> None:
    before = replace(running_release(), version="0.0.9")
    async with staged(tmp_path, running=before):
        pass
    with pytest.raises(ReleaseUnlogged):
        async with staged(tmp_path):
            pass
    described = replace(running_release(), artifact_digest="a" * 64, commit="c" * 40)
    _, index = await record_release(settings.load(tmp_path), described.canonical())
    assert await record_release(settings.load(tmp_path), described.canonical()) == (described, index)
    async with staged(tmp_path) as stage:
        deployed, published = (read_leaf(each.leaf) for each in await stage.realm.ledger.latest(2))
    assert (deployed.kind, published.kind) == ("release.deploy", "release.publish")
    assert msgspec.to_builtins(published.public) == described.public()
    with pytest.raises(ReleaseUnlogged):
        async with staged(tmp_path, running=before):
            pass


async def test_a_realm_does_not_start_once_what_it_keeps_of_the_release_was_edited(tmp_path: Path) -> None:
    described = replace(running_release(), artifact_digest="a" * 64)
    async with staged(tmp_path):
        pass
    await record_release(settings.load(tmp_path), described.canonical())
    kept = tmp_path / "release.json"
    kept.write_bytes(replace(described, artifact_digest="b" * 64).canonical())
    with pytest.raises(ReleaseUnlogged):
        async with staged(tmp_path):
            pass
    kept.unlink()
    with pytest.raises(ReleaseUnlogged):
        async with staged(tmp_path):
            pass
    await record_release(settings.load(tmp_path), described.canonical())
    async with staged(tmp_path):
        pass


async def test_a_release_is_not_put_on_record_by_the_description_of_another_one(tmp_path: Path) -> None:
    async with staged(tmp_path):
        pass
    for description in (b"", b"{}", replace(running_release(), code_digest="0" * 64).canonical()):
        with pytest.raises(ReleaseRefused):
            await record_release(settings.load(tmp_path), description)
    async with staged(tmp_path):
        pass


async def ledger_length(stage: Stage) -> int:
    checkpoint = (await stage.realm.ledger.status()).checkpoint
    assert checkpoint is not None
    return checkpoint.size


async def edit(data: Path, city: str, *, cut: type[Database] | None = None) -> None:
    """Put the manifest with another city in the ledger, unless a crash comes in between, and then again."""
    path = data / "manifest.toml"
    path.write_text(re.sub('city = ".*"', f'city = "{city}"', path.read_text(), count=1))
    if cut is not None:
        records = cut.open(settings.load(data).database_url)
        with pytest.raises(DatabaseUnavailable):
            await put_version(records, path)
        await records.close()
    await put_on_record(data)


async def declared(data: Path) -> list[int]:
    """Every version that the public ledger has, oldest first; and the database has the same."""
    async with staged(data) as stage:
        leaves = [read_leaf(each.leaf) for each in reversed(await stage.realm.ledger.latest(100))]
        said = [leaf.public for leaf in leaves if leaf.kind == "manifest.publish"]
        async with stage.realm.database.read() as tx:
            versions = await declaration.versions(tx)
    found = [(getattr(each, "version"), getattr(each, "digest")) for each in said]  # noqa: B009 - of one kind
    assert found == [(version.number, version.digest) for version in versions]
    return [number for number, _ in found]


async def test_every_version_is_a_leaf_also_one_that_the_realm_never_ran_by(tmp_path: Path) -> None:
    async with staged(tmp_path):
        pass
    for city in ("Utrecht", "Breda", "Utrecht"):
        await edit(tmp_path, city)
    assert await declared(tmp_path) == [1, 2, 3, 4]


@pytest.mark.parametrize("cut", [Cut, CutLater], ids=["not applied", "applied but not answered"])
async def test_a_version_whose_recording_a_crash_cut_off_has_one_leaf(
    tmp_path: Path, cut: type[Database]
) -> None:
    async with staged(tmp_path):
        pass
    await edit(tmp_path, "Utrecht", cut=cut)
    await edit(tmp_path, "Breda", cut=cut)
    assert await declared(tmp_path) == [1, 2, 3]
    assert await declared(tmp_path) == [1, 2, 3]


@pytest.mark.slow
async def test_a_realm_whose_record_cannot_be_written_does_not_start(tmp_path: Path) -> None:
    """Somebody holds the ledger's folder and writes nothing: whatever is new must not take effect."""
    async with staged(tmp_path):
        pass
    await edit(tmp_path, "Utrecht")
    disk = FolderDisk(settings.load(tmp_path).paths.ledger)
    try:
        with disk.claim(), pytest.raises(NotInLedger):
            async with staged(tmp_path):
                pass
    finally:
        await disk.close()
    assert await declared(tmp_path) == [1, 2]
