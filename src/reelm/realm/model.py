"""Define what a realm declares about itself. Values only; ``manifest.py`` reads and checks them.

Every text is a declaration made in public. Whether it is true is for the provider's signature, the registers
and the public to check; this is where it is said.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from reelm.base import DataClass

# An object is kept as five fragments, any three of which restore it.
FRAGMENT_COUNT = 5

_SHOWN_LENGTH = 60
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")

KeyPath: TypeAlias = tuple[str | int, ...]


class Tenure(StrEnum):
    """By what right a provider holds the machines: it decides who can reach a disk without asking."""

    OWNED = "owned"
    LEASED = "leased"
    COLOCATED = "colocated"
    CLOUD = "cloud"


class PathwayKind(StrEnum):
    """A kind of carrier of segments to players."""

    ORIGIN = "origin"
    OWN_EDGE = "own-edge"
    CDN = "cdn"


@dataclass(frozen=True, slots=True)
class RealmName:
    """``country`` is an ISO 3166-1 alpha-2 code, here and everywhere, or ZZ when it is not declared.

    ``key_threshold`` is how many of the manifest's keys sign a version; None when it has no keys.
    """

    id: str
    name: str
    country: str
    public_url: str | None
    key_threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """The legal entity that runs the realm; ``register_id`` is its number in a public register."""

    name: str
    country: str
    contact: str
    register_id: str | None


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner of the operator; ``share_percent`` is above 0 and at most 100."""

    name: str
    country: str
    share_percent: float


@dataclass(frozen=True, slots=True)
class Provider:
    """A company that rents or sells capacity; ``parent`` is the company that controls it, or its own name.

    ``key`` is what it countersigns its own entry with.
    """

    id: str
    name: str
    parent: str
    country: str
    tenure: Tenure
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    provider: str
    country: str
    city: str


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of money; ``currency`` is a three-letter ISO 4217 code."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A place that keeps fragments: either a ``folder``, seen from the data folder, or a bucket's ``url``.

    ``region`` is what the bucket's server calls its part of the world; it goes into every signature.
    """

    id: str
    site: str
    folder: str | None
    url: str | None
    region: str | None = None
    price_per_gib_month: Price | None = None


@dataclass(frozen=True, slots=True)
class Pathway:
    """One way a player can fetch segments; ``base_url`` may be ``/`` for the realm's own origin."""

    id: str
    kind: PathwayKind
    base_url: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A host that outbound requests may go to, for what, and with which classes of data."""

    id: str
    url: str
    purpose: str
    data_classes: tuple[DataClass, ...]


@dataclass(frozen=True, slots=True)
class ManifestKey:
    """A key that signs versions of the manifest, and who holds it; ``key`` is a signed-note verifier key."""

    id: str
    holder: str
    key: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole declaration, in the order it was written; every reference in it resolves."""

    realm: RealmName
    operator: Operator
    owners: tuple[Owner, ...]
    providers: tuple[Provider, ...]
    sites: tuple[Site, ...]
    stores: tuple[StorePlace, ...]
    pathways: tuple[Pathway, ...]
    destinations: tuple[Destination, ...]
    keys: tuple[ManifestKey, ...] = ()

    def site_of(self, store: StorePlace) -> Site:
        return next(site for site in self.sites if site.id == store.site)

    def provider_of(self, store: StorePlace) -> Provider:
        """Return the provider that could reach this store's disk."""
        host = self.site_of(store).provider
        return next(provider for provider in self.providers if provider.id == host)

    @property
    def is_one_site(self) -> bool:
        """Return whether all stores are folders at one place: a demonstration, nothing is independent."""
        return len({store.site for store in self.stores}) == 1 and all(
            store.folder is not None for store in self.stores
        )

    def groups_of(self, store: StorePlace) -> frozenset[str]:
        """Return what could lose or read all of a store at once: its host, the host's parent, its site.

        Folders at one site have no groups, because by the rules nothing could be stored there at all.
        """
        if self.is_one_site:
            return frozenset()
        host = self.provider_of(store)
        return frozenset({f"host:{host.id}", f"parent:{host.parent}", f"site:{store.site}"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a manifest, where, and how to mend it. ``line`` counts from 1."""

    line: int
    key: str
    problem: str
    fix: str

    def __str__(self) -> str:
        where = f"line {self.line}, {self.key}" if self.key else f"line {self.line}"
        return f"{where}: {self.problem}. {self.fix}"


def write_path(path: KeyPath) -> str:
    """Write a key path for people: ``stores[2].site``, counted from 0."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_write_key(part)}" for part in path)
    return text.removeprefix(".")


def shorten(text: str) -> str:
    """Text fit for a message: on one line, printable, not endless."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return line if len(line) <= _SHOWN_LENGTH else line[:_SHOWN_LENGTH] + "…"


def _write_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else f'"{shorten(key)}"'
