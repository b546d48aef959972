"""The verbs about stored bytes, on a realm that is not running."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reelm.base import DataClass
from reelm.cli import main
from reelm.cli.holdings import lines
from reelm.realm import default_manifest, parse_manifest
from reelm.vault import ProviderId, ProviderPlace, ProviderStatus, Stage, Suite, VaultStatus
from support.realm.realms import blocks, staged
from support.vault.vaulting import sample

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A realm with one large object."""
    folder = tmp_path / "realm"

    async def make() -> None:
        async with staged(folder) as stage:
            await stage.realm.vault.put(
                blocks(sample(200_000)),
                reference="one",
                klass=DataClass.PUBLIC,
                key=None,
                suite=Suite.MEDIA,
            )

    asyncio.run(make())
    return folder


def fragment(data: Path, store: int) -> Path:
    return next((data / f"stores/{store}").glob("[0-9a-f][0-9a-f]/*"))


def test_status_tells_what_each_store_holds(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vault", "status", "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert said.count("This machine") == 5
    assert "Nothing waits for repair." in said
    assert "No store can decode anything alone." in said
    assert "any 3 of store-1, store-2, store-3, store-4, store-5" not in said, "nothing sealed is there"
    assert "no independence" in said


def test_a_deep_scrub_ends_finds_damage_and_says_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vault", "scrub", "--deep", "--data", str(data)]) == 0
    assert "All is well." in capsys.readouterr().out
    path = fragment(data, 4)
    path.write_bytes(path.read_bytes()[:-100] + bytes(100))
    assert main(["vault", "scrub", "--deep", "--data", str(data)]) == 1
    assert "4 fragments good, 1 to repair" in capsys.readouterr().out
    assert main(["vault", "status", "--data", str(data)]) == 0
    assert "1 can lose 1 more" in capsys.readouterr().out


def test_a_light_scrub_misses_a_file_that_is_gone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fragment(data, 2).unlink()
    assert main(["vault", "scrub", "--data", str(data)]) == 1
    assert "1 to repair" in capsys.readouterr().out


def test_an_audit_says_what_it_excludes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vault", "audit", "--samples", "20", "--data", str(data)]) == 0
    assert "In all 20 samples, 0 failures: with 99 % confidence" in capsys.readouterr().out


def test_a_store_is_left_and_only_kept_before_that(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vault", "keep", "store-5", "--data", str(data)]) == 0
    assert main(["vault", "drain", "store-5", "--data", str(data)]) == 0
    assert "store-5 is withdrawn." in capsys.readouterr().out
    assert not list((data / "stores/5").glob("[0-9a-f][0-9a-f]/*"))
    assert main(["vault", "keep", "store-5", "--data", str(data)]) != 0
    assert "vault.wrong-stage" in capsys.readouterr().err


def test_a_hostile_exit_asks_nothing_of_the_store(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = fragment(data, 5)
    assert main(["vault", "drain", "store-5", "--hostile", "--data", str(data)]) == 0
    assert "may keep 1 copies" in capsys.readouterr().out
    assert kept.exists()


def test_a_clip_that_does_not_exist_lies_nowhere(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vault", "where", "01k0000000000000000000000a", "--data", str(data)]) != 0
    assert "vault.object-missing" in capsys.readouterr().err


def provider(name: str, *, suspects: int = 0, checked_at: datetime | None = NOW) -> ProviderStatus:
    return ProviderStatus(
        place=ProviderPlace(ProviderId(name)),
        stage=Stage.ACTIVE,
        is_hostile=False,
        is_declared=True,
        is_reachable=name != "store-2",
        fragments=10,
        bytes_held=1 << 30,
        suspects=suspects,
        unchecked=0 if checked_at else 10,
        oldest_check_at=checked_at,
        moved=0,
        copies_deleted=0,
        copies_owed=0,
        reads_alone=0,
    )


def test_what_an_operator_must_know_is_in_plain_words() -> None:
    manifest = parse_manifest(default_manifest("local", [f"stores/{at}" for at in range(5)]), source="here")
    names = [store.id for store in manifest.stores]
    sets = tuple(frozenset(map(ProviderId, some)) for some in (names[:3], names[2:5]))
    status = VaultStatus(tuple(provider(name) for name in names), {0: 2, 1: 3, -1: 1}, {}, sets)
    said = "\n".join(lines(status, manifest, now=NOW + timedelta(hours=3)))
    assert "does not answer" in said
    assert "all, within 3 h 0 min" in said
    assert "1 cannot be read until a provider returns; 2 can lose no more; 3 can lose 1 more" in said
    assert "store-1 + store-2 + store-3; store-3 + store-4 + store-5" in said
