"""A realm runs under the manifest and the policies that are on record, and under no others."""

from pathlib import Path

import pytest

from declaring import put_on_record
from realms import staged
from reelm.realm import ManifestChanged, PoliciesChanged, PoliciesRefused


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
