"""What the realm says of itself to everybody: its manifest's versions, and what it keeps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct

from reelm.base import DataClass, Keyed, Sealed, metadata
from reelm.realm import Attestation, Version, declaration
from reelm.web.kept import KEPT, Keeping, Place

Klass = Literal["public", "interop", "protected", "secret", "operational"]
Hexadecimal = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="a SHA-256")]


class Signer(Struct, frozen=True):
    """Somebody whose key signs versions of the manifest."""

    id: str
    holder: str
    has_signed: bool


class ManifestVersion(Struct, frozen=True):
    """One version of the manifest, beside its document."""

    number: Annotated[int, Meta(ge=1)]
    digest: Annotated[Hexadecimal, Meta(description="of its document; the ledger has it too")]
    recorded_at: datetime
    threshold: Annotated[int, Meta(ge=0, description="how many signatures it takes")]
    signers: Annotated[list[Signer], Meta(description="by the keys that this version declares")]
    signatures: Annotated[list[str], Meta(description="signature lines over it, for whoever checks them")]
    changes: Annotated[
        list[str], Meta(description="against the version before, in words; none for the first")
    ]


class ProviderStanding(Struct, frozen=True):
    """Whether a provider confirmed its own entry in the manifest in force."""

    provider: str
    standing: Literal["confirmed", "stale", "declared"]
    signed_on: Annotated[str | None, Meta(description="YYYY-MM-DD, of the newest confirmation that fits")]


class Declarations(Struct, frozen=True):
    """Every version of the manifest, the one in force first."""

    versions: list[ManifestVersion]
    providers: list[ProviderStanding]


class KeptColumn(Struct, frozen=True):
    """One column of the records."""

    table: str
    column: str
    data_class: Klass
    stored_as: Annotated[
        Literal["plain", "sealed", "keyed hash"], Meta(description="what somebody with the disk would see")
    ]


class Kept(Struct, frozen=True):
    """What is kept for one reason."""

    what: str
    why: str
    until: str
    places: Annotated[
        list[Place], Meta(description="the realm's database, fragments on the stores, the public record")
    ]
    columns: list[KeptColumn]


class Holdings(Struct, frozen=True):
    """Everything that the realm keeps; made from the columns themselves, so that none can be forgotten."""

    kept: list[Kept]


def declarations(
    history: Sequence[tuple[Version, datetime]],
    standings: Mapping[str, tuple[Attestation, str | None]],
) -> Declarations:
    """``history`` has the oldest first."""
    versions = [version for version, _ in history]
    changes = [[], *(declaration.differences(before, after) for before, after in pairwise(versions))]
    shown = [_version(*dated, said) for dated, said in zip(history, changes, strict=True)]
    providers = [
        ProviderStanding(provider, standing.value, signed_on)
        for provider, (standing, signed_on) in standings.items()
    ]
    return Declarations(shown[::-1], providers)


def holdings() -> Holdings:
    return Holdings([_kept(keeping) for keeping in KEPT])


def _version(version: Version, recorded_at: datetime, changes: list[str]) -> ManifestVersion:
    signed = version.signed_by(version.signers)
    return ManifestVersion(
        number=version.number,
        digest=version.digest,
        recorded_at=recorded_at,
        threshold=version.threshold,
        signers=[
            Signer(each["id"], each["holder"], each["id"] in signed)
            for each in version.manifest.get("keys", ())
        ],
        signatures=list(version.signatures),
        changes=changes,
    )


def _kept(keeping: Keeping) -> Kept:
    columns = [
        KeptColumn(name, column.name, DataClass(column.info["class"]).value, _stored_as(column.type))
        for name in keeping.tables
        for column in metadata.tables[name].columns
    ]
    return Kept(keeping.what, keeping.why, keeping.until, list(keeping.places), columns)


def _stored_as(kind: object) -> Literal["plain", "sealed", "keyed hash"]:
    match kind:
        case Sealed():
            return "sealed"
        case Keyed():
            return "keyed hash"
    return "plain"
