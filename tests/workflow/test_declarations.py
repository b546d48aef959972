"""A realm runs by the manifest, the policies and the code that are on record, and by no others."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from declaring import put_on_record
from realms import Stage, staged
from reelm.app import record_release, running_release, settings
from reelm.ledger import read_leaf
from reelm.realm import (
    ManifestChanged,
    PoliciesChanged,
    PoliciesRefused,
    ReleaseRefused,
    ReleaseUnlogged,
)


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
        deployed, published = (read_leaf(each.leaf) for each in await stage.at.ledger.latest(2))
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
    checkpoint = (await stage.at.ledger.status()).checkpoint
    assert checkpoint is not None
    return checkpoint.size
