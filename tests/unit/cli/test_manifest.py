"""The commands about the manifest and the policies, as an operator and two signers use them."""

from pathlib import Path

import pytest

from reelm.cli.command import main
from reelm.realm import default_manifest, read_signing_key

CITY = 'city = "not declared"'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A realm that was never started, with a manifest that two keys sign."""
    data = tmp_path / "realm"
    data.mkdir()
    for name in ("ana", "ben"):
        assert main(["manifest", "key", name, str(tmp_path / name)]) == 0
    text = default_manifest("nl", [f"stores/{number}" for number in range(1, 6)])
    (data / "manifest.toml").write_text(text)
    return data


def run(data: Path, *words: str) -> int:
    return main([*words, "--data", str(data)])


def declare_keys(data: Path) -> None:
    manifest = data / "manifest.toml"
    keys = {name: read_signing_key(data.parent / name).verifier for name in ("ana", "ben")}
    tables = "".join(
        f'\n[[keys]]\nid = "{name}"\nholder = "them"\nkey = "{key}"\n' for name, key in keys.items()
    )
    text = manifest.read_text().replace('id = "nl"', 'id = "nl"\nkey_threshold = 2')
    manifest.write_text(text + tables)


def test_a_version_is_on_record_once_enough_people_signed_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declare_keys(data)
    assert run(data, "manifest", "sign", "--key", str(tmp_path / "ana")) == 1
    assert "not yet signed by ben" in capsys.readouterr().out
    assert run(data, "manifest", "sign", "--key", str(tmp_path / "ben")) == 0
    assert "Version 1 is in the ledger" in capsys.readouterr().out
    assert not (data / "manifest.signatures").exists()
    assert run(data, "manifest", "check") == 0
    assert "Signed by ana, ben." in capsys.readouterr().out

    manifest = data / "manifest.toml"
    manifest.write_text(manifest.read_text().replace(CITY, 'city = "Utrecht"'))
    assert run(data, "manifest", "check") == 1
    assert run(data, "manifest", "diff") == 0
    assert 'Site "here" has another city: not declared became Utrecht.' in capsys.readouterr().out
    assert run(data, "manifest", "sign", "--key", str(tmp_path / "ana")) == 1
    # Ana signed Utrecht, so her signature does not count for Breda.
    manifest.write_text(manifest.read_text().replace('city = "Utrecht"', 'city = "Breda"'))
    assert run(data, "manifest", "sign", "--key", str(tmp_path / "ben")) == 1
    assert run(data, "manifest", "sign", "--key", str(tmp_path / "ana")) == 0
    capsys.readouterr()
    assert run(data, "manifest", "diff", "1", "2") == 0
    assert capsys.readouterr().out == 'Site "here" has another city: not declared became Breda.\n'
    assert run(data, "manifest", "show", "1") == 0
    assert capsys.readouterr().out.startswith('reelm/manifest/1\n{"manifest":')
    assert run(data, "manifest", "show", "3") == 1
    assert run(data, "manifest", "check") == 0


def test_policies_are_published_when_they_have_no_faults(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "policy", "show") == 1
    policies = data / "policies"
    policies.mkdir()
    (policies / "staff.cedar").write_text(
        '@id("reads") permit (principal in Role::"support", action == Action::"access.read", resource);'
    )
    assert run(data, "policy", "check") == 0
    assert run(data, "policy", "publish") == 0
    assert "Version 1 of the policies" in capsys.readouterr().out
    assert run(data, "policy", "show") == 0
    assert "support      may at most: access.read" in capsys.readouterr().out
    (policies / "staff.cedar").write_text("permit (principal, action, resource);")
    assert run(data, "policy", "publish") == 78
    assert "name one role" in capsys.readouterr().err
