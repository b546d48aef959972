"""What the manifest says about stores is where the vault's fragments go."""

from pathlib import Path

import pytest

from reelm.app import open_realm, settings
from reelm.base import DataClass
from reelm.realm import default_manifest
from reelm.vault import StoreKeyMissing, Suite, TooFewPlaces
from reelm.vault.errors import StoreKeyUnsafe
from support.realm.declaring import put_on_record
from support.vault.vaulting import sample, stream

_PROVIDER = """
[[providers]]
id = "{0}"
name = "{0} Ltd"
parent = "{0} Holding"
country = "NL"
tenure = "leased"

[[sites]]
id = "at-{0}"
provider = "{0}"
country = "NL"
city = "Amsterdam"
"""


def declare(data: Path, *stores: str) -> settings.Settings:
    """A realm whose manifest has these stores, and three providers with a site each."""
    text = default_manifest("local", [f"stores/{number}" for number in range(5)])
    head = text.partition("[[stores]]")[0] + "".join(map(_PROVIDER.format, ("a", "b", "c")))
    tail = text[text.index("# How players fetch") :]
    entries = "".join(f'\n[[stores]]\nid = "s{at}"\n{store}\n' for at, store in enumerate(stores))
    data.mkdir(exist_ok=True)
    (data / "manifest.toml").write_text(f"{head}{entries}\n{tail}")
    return settings.load(data)


def folder(number: int, site: str) -> str:
    return f'site = "at-{site}"\nfolder = "stores/{number}"'


SIX = [folder(number, site) for number, site in enumerate("aabbcc")]


async def test_stores_are_placed_by_who_hosts_them_and_more_than_five_may_be_declared(tmp_path: Path) -> None:
    async with open_realm(declare(tmp_path, *SIX)) as realm:
        receipt = await realm.vault.put(
            stream(sample(5000)), reference="r", klass=DataClass.PUBLIC, key=None, suite=Suite.MEDIA
        )
        assert receipt.fragments_stored == 5
        held = [len(list((tmp_path / f"stores/{number}").glob("??/*"))) for number in range(6)]
        assert sum(held) == 5
        assert all(held[at] + held[at + 1] <= 2 for at in (0, 2, 4))


async def test_a_realm_at_two_hosts_stores_nothing(tmp_path: Path) -> None:
    """Folders at one site are a demonstration; one more site makes it a claim, which must then hold."""
    stores = [folder(number, site) for number, site in enumerate("aaabbb")]
    async with open_realm(declare(tmp_path, *stores)) as realm:
        with pytest.raises(TooFewPlaces):
            await realm.vault.put(
                stream(b"x"), reference="r", klass=DataClass.PUBLIC, key=None, suite=Suite.MEDIA
            )


async def test_a_store_that_is_declared_later_is_made_and_a_known_one_that_is_away_is_not(
    tmp_path: Path,
) -> None:
    async with open_realm(declare(tmp_path, *SIX)):
        pass
    (tmp_path / "stores/0").rename(tmp_path / "unplugged")
    edited = declare(tmp_path, *SIX, folder(6, "a"))
    await put_on_record(tmp_path)
    async with open_realm(edited) as realm:
        health = {store.provider: store.is_reachable for store in await realm.vault.health()}
    assert health == {f"s{number}": number != 0 for number in range(7)}
    assert not (tmp_path / "stores/0").exists()


async def test_a_bucket_needs_its_credentials_in_a_file_of_its_own(tmp_path: Path) -> None:
    bucket = 'site = "at-c"\nurl = "https://s3.invalid/b"\nregion = "eu-1"\nprice_per_gib_month = "0.006 EUR"'
    declared = declare(tmp_path, *SIX, bucket)
    with pytest.raises(StoreKeyMissing, match=r"keys/stores/s6\.key"):
        async with open_realm(declared):
            pass
    key = tmp_path / "keys/stores/s6.key"
    key.parent.mkdir()
    key.write_text("AKID\nsecret\n")
    key.chmod(0o644)
    with pytest.raises(StoreKeyUnsafe):
        async with open_realm(declared):
            pass
    key.chmod(0o600)
    async with open_realm(declared) as realm:
        health = (await realm.vault.health())[-1]
    assert not health.is_reachable
    assert "did not answer" in health.detail
