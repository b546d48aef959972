"""Manifests: what is declared comes back, and whatever is wrong is said all at once, with line and fix."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import DataClass
from reelm.realm import FRAGMENT_COUNT, Manifest, Provider, StorePlace, default_manifest, parse_manifest
from reelm.realm.errors import ManifestError
from reelm.realm.fields import COUNTRIES
from reelm.realm.model import (
    Destination,
    ManifestKey,
    Operator,
    Owner,
    Pathway,
    PathwayKind,
    Price,
    RealmName,
    Site,
    Tenure,
    shorten,
    write_path,
)

FOLDERS = [f"stores/{number}" for number in range(1, 6)]
BAD = sorted((Path(__file__).parent / "bad_manifests").glob("*.toml"))

WORDS = st.text(
    st.characters(categories=["L", "N", "P", "S"]) | st.just(" "), min_size=1, max_size=30
).filter(lambda text: text.strip() and text.isprintable())
IDS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
CODES = st.sampled_from(sorted(COUNTRIES))
HOSTS = st.from_regex(r"[a-z0-9]{1,8}\.example", fullmatch=True).map("https://{}".format)


def places(one: str) -> list[tuple[str | None, str | None, str | None]]:
    """Folder, address and region of a store."""
    url = f"https://b.example/{one}"
    return [(f"f/{one}", None, None), (None, url, None), (None, url, "eu-1")]


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Any declaration that keeps the rules."""

    def ids(least: int, most: int) -> list[str]:
        return draw(st.lists(IDS, min_size=least, max_size=most, unique=True))

    shares = draw(st.lists(st.floats(0.5, 25), min_size=1, max_size=4))
    providers = ids(1, 4)
    sites = ids(1, 4)
    store_ids = ids(FRAGMENT_COUNT, FRAGMENT_COUNT + 2)
    kinds = [PathwayKind.ORIGIN, *draw(st.lists(st.sampled_from(PathwayKind), max_size=2))]
    return Manifest(
        realm=RealmName(draw(IDS), draw(WORDS), draw(CODES), draw(st.none() | HOSTS)),
        operator=Operator(draw(WORDS), draw(CODES), "law@reelm.example", draw(st.none() | WORDS)),
        owners=tuple(Owner(draw(WORDS), draw(CODES), share) for share in shares),
        providers=tuple(
            Provider(one, draw(WORDS), draw(WORDS), draw(CODES), draw(st.sampled_from(Tenure)))
            for one in providers
        ),
        sites=tuple(Site(one, draw(st.sampled_from(providers)), draw(CODES), draw(WORDS)) for one in sites),
        stores=tuple(
            StorePlace(
                one,
                draw(st.sampled_from(sites)),
                *draw(st.sampled_from(places(one))),
                draw(st.none() | st.just(Price(Decimal("0.0060"), "EUR"))),
            )
            for one in store_ids
        ),
        pathways=tuple(
            Pathway(f"p{index}", kind, draw(HOSTS) if kind is not PathwayKind.ORIGIN else "/")
            for index, kind in enumerate(kinds)
        ),
        destinations=tuple(
            Destination(one, draw(HOSTS), draw(WORDS), (DataClass.PUBLIC, DataClass.INTEROP))
            for one in ids(0, 2)
        ),
    )


def write_toml(manifest: Manifest) -> str:
    def table(value: Any) -> list[str]:
        fields = {name: getattr(value, name) for name in value.__slots__}
        return [
            f"{name} = {json.dumps(str(field) if isinstance(field, Price) else field, ensure_ascii=False)}"
            for name, field in fields.items()
            if field is not None
        ]

    lines: list[str] = []
    for name in manifest.__slots__:
        entries = getattr(manifest, name)
        header = f"[[{name}]]" if isinstance(entries, tuple) else f"[{name}]"
        for entry in entries if isinstance(entries, tuple) else [entries]:
            lines += [header, *table(entry), ""]
    return "\n".join(lines)


@given(manifests())
def test_what_is_declared_comes_back(manifest: Manifest) -> None:
    assert parse_manifest(write_toml(manifest), source="manifest.toml") == manifest


@given(manifests(), st.data())
def test_any_one_line_that_is_lost_or_doubled_is_found_or_harmless(
    manifest: Manifest, data: st.DataObject
) -> None:
    lines = write_toml(manifest).split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    for changed in ([*lines[:at], *lines[at + 1 :]], [*lines[:at], lines[at], *lines[at:]]):
        try:
            parse_manifest("\n".join(changed), source="manifest.toml")
        except ManifestError as refused:
            assert all(0 < fault.line <= len(changed) for fault in refused.faults)  # noqa: PT017 - it may also pass


@given(st.text(max_size=200))
def test_any_text_is_a_manifest_or_refused_with_lines(text: str) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_manifest(text, source="manifest.toml")
    assert refused.value.faults


@pytest.mark.parametrize("bad", BAD, ids=lambda path: path.stem)
def test_every_fault_is_reported_at_once_with_line_and_fix(bad: Path) -> None:
    with pytest.raises(ManifestError) as refused:
        parse_manifest(bad.read_text(encoding="utf-8"), source="manifest.toml")
    assert str(refused.value) == bad.with_suffix(".expected").read_text(encoding="utf-8").rstrip("\n")
    assert refused.value.facts == {"source": "manifest.toml", "fault_count": len(refused.value.faults)}


def test_there_are_bad_manifests_to_try() -> None:
    assert len(BAD) >= 7


def test_the_embedded_manifest_is_valid_and_says_what_it_is_not() -> None:
    text = default_manifest("local", FOLDERS)
    manifest = parse_manifest(text, source="manifest.toml")
    assert manifest.realm == RealmName("local", "Reelm local", "ZZ", None)
    assert [store.folder for store in manifest.stores] == FOLDERS
    assert {manifest.provider_of(store).id for store in manifest.stores} == {"this-machine"}
    assert [pathway.base_url for pathway in manifest.pathways] == ["/"]
    assert manifest.destinations == ()
    assert "no\n# independence" in text


def test_what_the_embedded_manifest_shows_in_comments_is_valid_too() -> None:
    text = default_manifest("local", FOLDERS)
    start = text.index("# [[destinations]]")
    shown = text[:start] + text[start:].replace("# ", "")
    assert parse_manifest(shown, source="manifest.toml").destinations[0].data_classes == (DataClass.INTEROP,)


@given(
    st.lists(
        WORDS | st.sampled_from(['C:\\folder "x"', "/srv/\u007fa".replace("\u007f", "b")]),
        min_size=5,
        max_size=8,
        unique=True,
    )
)
def test_any_folder_name_survives_the_embedded_manifest(folders: list[str]) -> None:
    text = default_manifest("local", folders)
    try:
        manifest = parse_manifest(text, source="manifest.toml")
    except ManifestError as refused:
        assert all("already used" in fault.problem for fault in refused.faults)  # noqa: PT017 - "a" and "a/." are one
    else:
        assert [store.folder for store in manifest.stores] == folders


def test_the_example_of_the_specification_is_valid() -> None:
    page = (Path(__file__).parents[3] / "docs/spec/manifest.md").read_text(encoding="utf-8")
    manifest = parse_manifest(page.split("```toml")[1].split("```")[0], source="manifest.md")
    assert manifest.provider_of(manifest.stores[0]).tenure is Tenure.LEASED
    assert manifest.site_of(manifest.stores[1]).city == "Amsterdam"


def test_the_specification_names_every_key() -> None:
    page = (Path(__file__).parents[3] / "docs/spec/manifest.md").read_text(encoding="utf-8")
    for kind in (RealmName, Operator, Owner, Provider, Site, StorePlace, Pathway, Destination, ManifestKey):
        for name in kind.__slots__:
            assert f"| `{name}`" in page


def test_too_few_folders_are_refused_when_the_embedded_manifest_is_read() -> None:
    with pytest.raises(ManifestError, match="has 4 of the 5 entries"):
        parse_manifest(default_manifest("local", FOLDERS[:4]), source="manifest.toml")


def test_an_enormous_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(ManifestError, match="over 1 MiB"):
        parse_manifest("# x\n" * 300_000, source="manifest.toml")


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(ManifestError):
        parse_manifest("a = " + "[" * 100_000, source="manifest.toml")


def test_messages_show_no_control_characters_and_no_endless_values() -> None:
    text = default_manifest("local", FOLDERS).replace(
        'tenure = "owned"', f'tenure = "{"x" * 9000}\\u001b[31m"'
    )
    with pytest.raises(ManifestError) as refused:
        parse_manifest(text + '"k\\ney\\u001b" = 1\n', source="manifest.toml")
    assert len(str(refused.value)) < 1500
    assert "\x1b" not in str(refused.value)
    assert shorten("a\nb") == "a\ufffdb"


def test_key_paths_read_like_toml() -> None:
    assert write_path(("stores", 2, "site")) == "stores[2].site"
    assert write_path(()) == ""


def test_the_country_list_is_complete() -> None:
    """ISO 3166-1 has 249 officially assigned codes."""
    assert len(COUNTRIES) == 249
    assert {"NL", "US", "TW", "XK", "EU", "UK"} & COUNTRIES == {"NL", "US", "TW"}


def with_stores(*lines: str) -> Manifest:
    """The embedded manifest with a second site, and with these stores in place of its own."""
    text = default_manifest("local", FOLDERS)
    head, _, _ = text.partition("[[stores]]")
    tail = text[text.index("# How players fetch") :]
    other = """
[[providers]]
id = "other"
name = "Other Hosting Ltd"
parent = "Other Holding SA"
country = "NL"
tenure = "leased"

[[sites]]
id = "there"
provider = "other"
country = "NL"
city = "Amsterdam"
"""
    stores = "".join(f'[[stores]]\nid = "s{at}"\n{line}\n' for at, line in enumerate(lines))
    return parse_manifest(head + other + stores + tail, source="manifest.toml")


def test_a_store_belongs_to_its_host_its_parent_and_its_site() -> None:
    here = [f'site = "here"\nfolder = "f/{at}"' for at in range(4)]
    manifest = with_stores(*here, 'site = "there"\nurl = "https://s3.example.net/b"')
    assert not manifest.is_one_site
    assert manifest.groups_of(manifest.stores[4]) == {"host:other", "parent:Other Holding SA", "site:there"}
    assert manifest.groups_of(manifest.stores[0]) == manifest.groups_of(manifest.stores[3])


def test_folders_at_one_site_are_a_demonstration_without_groups() -> None:
    """By the rules nothing could be stored there; buckets at one site get no such leave."""
    manifest = parse_manifest(default_manifest("local", FOLDERS), source="manifest.toml")
    assert manifest.is_one_site
    assert {manifest.groups_of(store) for store in manifest.stores} == {frozenset()}
    buckets = with_stores(*(f'site = "there"\nurl = "https://s3.example.net/b{at}"' for at in range(5)))
    assert not buckets.is_one_site


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('url = "https://s3.example.net"', "must name one bucket"),
        ('url = "https://s3.example.net/a/b"', "must name one bucket"),
        ('folder = "f"\nregion = "eu-1"', "stands beside folder"),
        ('folder = "f"\nprice_per_gib_month = "0.006"', "is not a price"),
        ('folder = "f"\nprice_per_gib_month = "-1 EUR"', "is not a price"),
    ],
)
def test_a_store_that_is_declared_wrongly_is_a_fault(line: str, problem: str) -> None:
    with pytest.raises(ManifestError, match=problem) as refused:
        with_stores(*(f'site = "here"\nfolder = "g/{at}"' for at in range(4)), f'site = "here"\n{line}')
    assert len(refused.value.faults) == 1
