"""Name the shapes of what the realm says of itself beside its ledger."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from reelm.web.transparency.kept import Place

Klass = Literal["public", "interop", "protected", "secret", "operational"]
Hexadecimal = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="a SHA-256")]


class Signer(Struct, frozen=True, kw_only=True):
    """Somebody whose key signs versions of the manifest."""

    id: str
    holder: str
    has_signed: bool


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that a version of the manifest changed, for whoever says it in another language."""

    kind: Literal[
        "entry-added", "entry-removed", "field-added", "field-removed", "field-altered", "reordered"
    ]
    table: Annotated[str, Meta(description="as the manifest calls it, such as `providers`")]
    entry: Annotated[str, Meta(description="names the entry of the table; empty where there is only one")]
    field: Annotated[str, Meta(description="as the manifest calls it; empty when it is about a whole entry")]
    before: Annotated[str, Meta(description="a value, or all of an entry; empty where there was none")]
    after: str


class ManifestVersion(Struct, frozen=True, kw_only=True):
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
    differences: Annotated[list[Difference], Meta(description="the same, one by one")]


class ProviderStanding(Struct, frozen=True, kw_only=True):
    """Whether a provider confirmed its own entry in the manifest in force."""

    provider: str
    standing: Literal["confirmed", "stale", "declared"]
    signed_on: Annotated[str | None, Meta(description="YYYY-MM-DD, of the newest confirmation that fits")]


class Declarations(Struct, frozen=True, kw_only=True):
    """Every version of the manifest, the one in force first."""

    versions: list[ManifestVersion]
    providers: list[ProviderStanding]


class KeptColumn(Struct, frozen=True, kw_only=True):
    """One column of the database."""

    table: str
    column: str
    data_class: Klass
    stored_as: Annotated[
        Literal["plain", "sealed", "keyed hash"], Meta(description="what somebody with the disk would see")
    ]


class Kept(Struct, frozen=True, kw_only=True):
    """What is kept for one reason."""

    id: Annotated[str, Meta(description="stable name of the reason, such as `comments`")]
    what: str
    why: str
    until: str
    places: Annotated[
        list[Place], Meta(description="the realm's database, fragments on the stores, the public ledger")
    ]
    columns: list[KeptColumn]


class Holdings(Struct, frozen=True, kw_only=True):
    """Everything that the realm keeps; made from the columns themselves, so that none can be forgotten."""

    kept: list[Kept]
