"""A realm runs under the manifest and the policies that are on record, and under no others."""

import re
from pathlib import Path

import pytest

from cutting import Cut, CutLater
from declaring import put_on_record, put_version
from realms import staged
from reelm.app import settings
from reelm.base import Database, DatabaseUnavailable
from reelm.ledger import NotRecorded, read_leaf
from reelm.ledger.adapters.folder import FolderDisk
from reelm.realm import ManifestChanged, PoliciesChanged, PoliciesRefused, record


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
        assert stage.at.manifest.sites[0].city == "Utrecht"


async def test_a_realm_does_not_start_with_policies_that_were_edited_in_place(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        digest = stage.at.published.policy_set.digest
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
        assert stage.at.published.policy_set.digest == digest
    assert policies.read_text() == shipped


async def edit(data: Path, city: str, *, cut: type[Database] | None = None) -> None:
    """Put the manifest with another city on record, unless a crash comes in between, and then again."""
    path = data / "manifest.toml"
    path.write_text(re.sub('city = ".*"', f'city = "{city}"', path.read_text(), count=1))
    if cut is not None:
        records = cut.open(settings.load(data).database_url)
        with pytest.raises(DatabaseUnavailable):
            await put_version(records, path)
        await records.close()
    await put_on_record(data)


async def declared(data: Path) -> list[int]:
    """Every version that the public record has, oldest first; and the records have the same."""
    async with staged(data) as stage:
        leaves = [read_leaf(each.leaf) for each in reversed(await stage.at.ledger.latest(100))]
        said = [leaf.public for leaf in leaves if leaf.kind == "manifest.publish"]
        async with stage.at.database.read() as tx:
            versions = await record.versions(tx)
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
        with disk.claim(), pytest.raises(NotRecorded):
            async with staged(tmp_path):
                pass
    finally:
        await disk.close()
    assert await declared(tmp_path) == [1, 2]
