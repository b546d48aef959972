"""Render the manifest's versions, and what the realm keeps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal

from reelm.base import DataClass, Keyed, Sealed, metadata
from reelm.realm import Attestation, Version, declaration
from reelm.web.transparency import shapes
from reelm.web.transparency.kept import KEPT, Keeping


def declarations(
    history: Sequence[tuple[Version, datetime]],
    standings: Mapping[str, tuple[Attestation, str | None]],
) -> shapes.Declarations:
    """Return the newest version first; ``history`` has the oldest first."""
    versions = [version for version, _ in history]
    changes = [[], *(declaration.differences(before, after) for before, after in pairwise(versions))]
    shown = [_version(*dated, said) for dated, said in zip(history, changes, strict=True)]
    providers = [
        shapes.ProviderStanding(provider=provider, standing=standing.value, signed_on=signed_on)
        for provider, (standing, signed_on) in standings.items()
    ]
    return shapes.Declarations(versions=shown[::-1], providers=providers)


def holdings() -> shapes.Holdings:
    return shapes.Holdings(kept=[_kept(keeping) for keeping in KEPT])


def _version(
    version: Version, recorded_at: datetime, changes: list[declaration.Change]
) -> shapes.ManifestVersion:
    signed = version.signed_by(version.signers)
    return shapes.ManifestVersion(
        number=version.number,
        digest=version.digest,
        recorded_at=recorded_at,
        threshold=version.threshold,
        signers=[
            shapes.Signer(id=each["id"], holder=each["holder"], has_signed=each["id"] in signed)
            for each in version.manifest.get("keys", ())
        ],
        signatures=list(version.signatures),
        changes=[str(change) for change in changes],
        differences=[
            shapes.Difference(
                kind=change.kind,
                table=change.table,
                entry=change.entry,
                field=change.field,
                before=change.before,
                after=change.after,
            )
            for change in changes
        ],
    )


def _kept(keeping: Keeping) -> shapes.Kept:
    columns = [
        shapes.KeptColumn(
            table=name,
            column=column.name,
            data_class=DataClass(column.info["class"]).value,
            stored_as=_stored_as(column.type),
        )
        for name in keeping.tables
        for column in metadata.tables[name].columns
    ]
    return shapes.Kept(
        id=keeping.id,
        what=keeping.what,
        why=keeping.why,
        until=keeping.until,
        places=list(keeping.places),
        columns=columns,
    )


def _stored_as(kind: object) -> Literal["plain", "sealed", "keyed hash"]:
    match kind:
        case Sealed():
            return "sealed"
        case Keyed():
            return "keyed hash"
    return "plain"
