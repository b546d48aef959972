import json

from reelm.base import canonical_json
from reelm.realm import declared, default_manifest, parse_manifest

FOLDERS = [f"stores/{number}" for number in range(1, 6)]


def text(name: str = "us") -> str:
    return default_manifest(name, FOLDERS)


def test_a_manifest_is_declared_in_canonical_form() -> None:
    said = declared(parse_manifest(text(), source="test"))
    found = json.loads(said)
    assert canonical_json(found) == said
    assert found["realm"]["id"] == "us"
    assert found["owners"][0]["share_percent"] == "100"
    assert "public_url" not in found["realm"]
    assert [store["folder"] for store in found["stores"]] == FOLDERS


def test_what_reads_alike_is_declared_alike() -> None:
    """Comments, spaces and the order of keys say nothing."""
    spaced = "\n".join(f"{line}  # said" for line in text().splitlines() if line and not line.startswith("#"))
    assert declared(parse_manifest(spaced, source="test")) == declared(parse_manifest(text(), source="test"))


def test_every_change_is_declared() -> None:
    one, other = (declared(parse_manifest(text(name), source="test")) for name in ("us", "eu"))
    assert one != other
