"""Reading a realm's manifest: TOML in, a checked ``Manifest`` out, or every fault at once.

The keys and rules are those of docs/spec/manifest.md.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from posixpath import normpath

from reelm.base import DataClass
from reelm.realm.errors import ManifestError
from reelm.realm.fields import Faults, Fields, suggest
from reelm.realm.locate import locate
from reelm.realm.model import (
    FRAGMENT_COUNT,
    Destination,
    Fault,
    Manifest,
    ManifestKey,
    Operator,
    Owner,
    Pathway,
    PathwayKind,
    Provider,
    RealmName,
    Site,
    StorePlace,
    Tenure,
    shorten,
)
from reelm.realm.signing import signer_key

_MAX_BYTES = 1 << 20
_LOCAL_CONTACT = "@localhost"
_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_KEY = "board+4f1c22a0+AR3…"
_NOT_ONE_BUCKET = re.compile(r"https?://[^/?#]+/?|https?://[^/?#]+/[^/?#]+/[^?#]+")
_STAY = (DataClass.PROTECTED, DataClass.SECRET)


def parse_manifest(text: str, *, source: str) -> Manifest:
    """Read and check a manifest.

    Args:
        text: the TOML document, at most 1 MiB.
        source: what to call it in messages, usually its path.

    Raises:
        ManifestError: it has faults; every one is listed with line, key, what is wrong and how to mend it.
    """
    table = _read_toml(text, source)
    faults = Faults(locate(text), last_line=max(text.rstrip("\n").count("\n") + 1, 1))
    manifest = _read(Fields(table, (), faults), is_public=_is_public(table))
    _check_references(manifest, faults)
    _check_doubles(manifest, faults)
    _check_owners(manifest, faults)
    _check_pathways(manifest, faults)
    _check_keys(manifest, faults)
    if faults.found:
        raise ManifestError(source, faults.found)
    return manifest


def _read_toml(text: str, source: str) -> dict[str, object]:
    if len(text.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
        raise ManifestError(source, [Fault(1, "", "is over 1 MiB", "Check that this is the manifest.")])
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = _POSITION.search(str(error))
        line = int(position[1]) if position and position[1] else text.rstrip("\n").count("\n") + 1
        problem = _POSITION.sub("", str(error)).rstrip(".")
        fault = Fault(line, "", f"is not TOML: {problem}", "See toml.io for how a value is written.")
        raise ManifestError(source, [fault]) from error
    except RecursionError as error:
        fault = Fault(1, "", "nests lists or tables too deeply", "No list here needs another list inside.")
        raise ManifestError(source, [fault]) from error


def _is_public(table: dict[str, object]) -> bool:
    realm = table.get("realm")
    return isinstance(realm, dict) and "public_url" in realm


def _read(top: Fields, *, is_public: bool) -> Manifest:
    reader = _Reader(is_public=is_public)
    manifest = Manifest(
        realm=top.table("realm", reader.realm),
        operator=top.table("operator", reader.operator),
        owners=top.tables("owners", reader.owner, at_least=1),
        providers=top.tables("providers", reader.provider, at_least=1),
        sites=top.tables("sites", reader.site, at_least=1),
        stores=top.tables("stores", _store, at_least=FRAGMENT_COUNT),
        pathways=top.tables("pathways", _pathway, at_least=1),
        destinations=top.tables("destinations", _destination),
        keys=top.tables("keys", _manifest_key),
    )
    if top.tables("flows", lambda fields: fields.id("us-eu-clips")):
        top.fault(
            "flows", "this release exchanges nothing with other realms", "Remove every [[flows]] table."
        )
    top.close()
    return manifest


class _Reader:
    """The tables whose rules are stricter for a realm that others are invited to."""

    def __init__(self, *, is_public: bool) -> None:
        self._is_public = is_public

    def realm(self, fields: Fields) -> RealmName:
        return RealmName(
            id=fields.id("us"),
            name=fields.text("name", "Reelm US"),
            country=self._country(fields),
            public_url=fields.optional_url("public_url", "https://reelm.example", is_bare=True),
            key_threshold=fields.optional_count("key_threshold", 2),
        )

    def operator(self, fields: Fields) -> Operator:
        return Operator(
            name=fields.text("name", "Example B.V."),
            country=self._country(fields),
            contact=_contact(fields, is_public=self._is_public),
            register_id=fields.optional_text("register_id", "KvK 12345678"),
        )

    def owner(self, fields: Fields) -> Owner:
        return Owner(
            name=fields.text("name", "Ana Bello"),
            country=self._country(fields),
            share_percent=fields.percent("share_percent"),
        )

    def provider(self, fields: Fields) -> Provider:
        return Provider(
            id=fields.id("example-hosting"),
            name=fields.text("name", "Example Hosting Ltd"),
            parent=fields.text("parent", "Example Holding SA"),
            country=self._country(fields),
            tenure=fields.choice("tenure", Tenure),
            key=_key(fields, fields.optional_text("key", _KEY)),
        )

    def site(self, fields: Fields) -> Site:
        return Site(
            id=fields.id("amsterdam-1"),
            provider=fields.text("provider", "example-hosting"),
            country=self._country(fields),
            city=fields.text("city", "Amsterdam"),
        )

    def _country(self, fields: Fields) -> str:
        return fields.country(may_be_undeclared=not self._is_public)


def _contact(fields: Fields, *, is_public: bool) -> str:
    contact = fields.text("contact", "legal@reelm.example")
    is_reachable = contact.startswith("https://") or "@" in contact.strip("@")
    if contact and not is_reachable:
        fields.fault(
            "contact",
            f'"{shorten(contact)}" cannot be written to',
            "Give an e-mail address or an https page with a form.",
        )
    elif is_public and contact.endswith(_LOCAL_CONTACT):
        fields.fault(
            "contact",
            "a realm with a public_url needs a contact outside this machine",
            "Give an e-mail address or an https page with a form.",
        )
    return contact


def _store(fields: Fields) -> StorePlace:
    store = StorePlace(
        id=fields.id("store-1"),
        site=fields.text("site", "amsterdam-1"),
        folder=fields.optional_text("folder", "stores/1"),
        url=fields.optional_url("url", "https://s3.example.net/bucket"),
        region=fields.optional_text("region", "eu-central-1"),
        price_per_gib_month=fields.optional_price("price_per_gib_month", "0.006 EUR"),
    )
    if store.folder is None and store.url is None:
        fields.fault("folder", "is missing", 'Add folder = "stores/1", or url = "https://…" for a bucket.')
    if store.folder is not None and store.url is not None:
        fields.fault("url", "stands beside folder", "A store is one place: keep one of the two.")
    if store.url is not None and _NOT_ONE_BUCKET.fullmatch(store.url):
        fields.fault("url", "must name one bucket", 'Write it like url = "https://s3.example.net/bucket".')
    if store.region is not None and store.url is None:
        fields.fault("region", "stands beside folder", "Only a bucket has a region: remove it.")
    return store


def _pathway(fields: Fields) -> Pathway:
    kind = fields.choice("kind", PathwayKind)
    own = "/" if kind is PathwayKind.ORIGIN else None
    return Pathway(
        id=fields.id("origin"),
        kind=kind,
        base_url=fields.url("base_url", own or "https://cdn.example.net/reelm", local=own),
    )


def _destination(fields: Fields) -> Destination:
    destination = Destination(
        id=fields.id("purge-api"),
        url=fields.url("url", "https://api.cdn.example", is_bare=True),
        purpose=fields.text("purpose", "remove withdrawn clips from the CDN"),
        data_classes=fields.choices("data_classes", DataClass),
    )
    for klass in destination.data_classes:
        if klass in _STAY:
            fields.fault(
                "data_classes",
                f"{klass} data never leaves a realm",
                "Remove it, and change what needed it to work without.",
            )
    return destination


def _manifest_key(fields: Fields) -> ManifestKey:
    return ManifestKey(
        id=fields.id("board"),
        holder=fields.text("holder", "Ana Bello, for the board"),
        key=_key(fields, fields.text("key", _KEY)) or "",
    )


def _key(fields: Fields, key: str | None) -> str | None:
    if key and signer_key(key) is None:
        fields.fault(
            "key",
            f'"{shorten(key)}" is not the public part of a signing key',
            "Copy the whole line that ./reelm manifest key printed.",
        )
    return key


def _check_references(manifest: Manifest, faults: Faults) -> None:
    providers = [provider.id for provider in manifest.providers]
    sites = [site.id for site in manifest.sites]
    for index, site in enumerate(manifest.sites):
        _check_reference(faults, ("sites", index, "provider"), site.provider, providers)
    for index, store in enumerate(manifest.stores):
        _check_reference(faults, ("stores", index, "site"), store.site, sites)


def _check_reference(faults: Faults, path: tuple[str, int, str], said: str, known: Sequence[str]) -> None:
    if said and said not in known:
        table = f"{path[2]}s"
        declared = ", ".join(dict.fromkeys(filter(None, known)))
        otherwise = f"Add a [[{table}]] table with this id, or use one of: {declared}."
        faults.add(
            path, f'there is no {path[2]} "{shorten(said)}"', suggest(said, known, otherwise=otherwise)
        )


def _check_doubles(manifest: Manifest, faults: Faults) -> None:
    """An id, a folder and a bucket each stand for one thing."""
    for table in ("providers", "sites", "stores", "pathways", "destinations", "keys"):
        _check_unique(faults, table, "id", [entry.id for entry in getattr(manifest, table)])
    folders = [store.folder and normpath(store.folder) for store in manifest.stores]
    _check_unique(faults, "stores", "folder", folders)
    _check_unique(faults, "keys", "key", [key.key for key in manifest.keys])
    _check_unique(faults, "stores", "url", [store.url for store in manifest.stores])


def _check_unique(faults: Faults, table: str, key: str, values: Sequence[str | None]) -> None:
    places = defaultdict(list)
    for index, value in enumerate(values):
        if value:
            places[value.rstrip("/")].append(index)
    for value, (first, *others) in places.items():
        for index in others:
            line = faults.line((table, first, key))
            faults.add(
                (table, index, key),
                f'"{shorten(value)}" is already used on line {line}',
                f"Give each of the {table} {'an' if key == 'id' else 'a'} {key} of its own.",
            )


def _check_owners(manifest: Manifest, faults: Faults) -> None:
    total = sum(owner.share_percent for owner in manifest.owners)
    if total > 100 + 1e-6:
        faults.add(
            ("owners",), f"the shares add up to {total:g} percent", "Correct them: together at most 100."
        )


def _check_pathways(manifest: Manifest, faults: Faults) -> None:
    if manifest.pathways and all(pathway.kind is not PathwayKind.ORIGIN for pathway in manifest.pathways):
        faults.add(
            ("pathways",),
            "none of them is the realm's own origin",
            'Add one with kind = "origin": it is what players fall back to when all else fails.',
        )


def _check_keys(manifest: Manifest, faults: Faults) -> None:
    threshold, count = manifest.realm.key_threshold, len(manifest.keys)
    where = ("realm", "key_threshold")
    if threshold is None and count:
        faults.add(where, "is missing", "Say how many of the [[keys]] sign a version: key_threshold = 1.")
    elif threshold is not None and not 1 <= threshold <= count:
        faults.add(
            where,
            f"is {threshold}, and there are {count} [[keys]]",
            f"Use 1 to {max(count, 1)} and add keys.",
        )
