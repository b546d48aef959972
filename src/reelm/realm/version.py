"""A version of the manifest as it goes into the ledger: canonical, numbered, linked, signed.

All of it is pure: who has the documents and the signatures of a realm checks them without the realm. The
document and the signatures are those of docs/spec/manifest.md, "In the ledger".
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from reelm.base import VerifierKey, canonical_json
from reelm.realm.model import Manifest, Price
from reelm.realm.signing import has_signed, signer_key

_FORMAT = 1
_DOMAIN = "reelm/manifest/1"


@dataclass(frozen=True, slots=True)
class Version:
    """One version, and who signed it.

    Attributes:
        number: from 1, without gaps.
        document: canonical JSON of the manifest, the number, and the digest of the version before.
        signatures: signature lines over ``text``; nothing is verified by having them.
    """

    number: int
    document: bytes
    signatures: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal of the document."""
        return hashlib.sha256(self.document).hexdigest()

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Return the manifest that it declares, as read from JSON."""
        declared: Mapping[str, Any] = json.loads(self.document)["manifest"]
        return declared

    @property
    def text(self) -> str:
        """Return what is signed: a line that says what it is, and the document."""
        return f"{_DOMAIN}\n{self.document.decode()}\n"

    @property
    def signers(self) -> Mapping[str, VerifierKey]:
        """Return the keys that sign versions of this manifest, by id."""
        keys = {each["id"]: signer_key(each["key"]) for each in self.manifest.get("keys", ())}
        return {name: key for name, key in keys.items() if key is not None}

    @property
    def threshold(self) -> int:
        """Return how many of its keys have to sign; 0 for a manifest without keys."""
        return int(self.manifest["realm"].get("key_threshold", 0))

    def signed_by(self, keys: Mapping[str, VerifierKey]) -> tuple[str, ...]:
        """Return the keys that signed exactly this version; each counts once, whatever it is called."""
        found = {
            key.public: name
            for name, key in sorted(keys.items())
            if any(has_signed(key, self.text, line) for line in self.signatures)
        }
        return tuple(sorted(found.values()))

    def with_signatures(self, lines: Iterable[str]) -> "Version":
        """Return the same version with more signatures; each is kept once."""
        merged = tuple(dict.fromkeys((*self.signatures, *lines)))
        return Version(self.number, self.document, merged)


def first_version(manifest: Manifest) -> Version:
    return _version(manifest, 1, None)


def next_version(manifest: Manifest, before: Version) -> Version:
    return _version(manifest, before.number + 1, before.digest)


def declares(version: Version, manifest: Manifest) -> bool:
    """Return whether the manifest says exactly what this version says."""
    return canonical_json(version.manifest) == canonical_json(as_declared(manifest))


def lacks(version: Version, before: Version | None) -> list[str]:
    """Return what keeps a version from following another one; empty when nothing does.

    A change is signed by enough of the keys that it declares, and by enough of those that were declared
    before it: nobody becomes a signer without the old ones.
    """
    problems = [] if before is None else _breaks(version, before)
    sides = [("its own", version)] if before is None else [("its own", version), ("the previous", before)]
    for whose, side in sides:
        count = len(version.signed_by(side.signers))
        if count < side.threshold:
            missing = sorted(set(side.signers) - set(version.signed_by(side.signers)))
            problems.append(
                f"{count} of the {side.threshold} signatures by {whose} keys; "
                f"not yet signed by {', '.join(missing)}"
            )
    return problems


def chain_faults(versions: Sequence[Version]) -> list[str]:
    """Return everything that is wrong with the versions of a realm, oldest first."""
    faults = [] if versions else ["there is no version at all"]
    before = None
    for position, version in enumerate(versions, start=1):
        if not _is_document(version):
            return [*faults, f"version {version.number}: the document is not of this form"]
        if version.number != position or (before is None and "previous" in json.loads(version.document)):
            faults.append(f"version {version.number}: stands where version {position} belongs")
        faults += [f"version {version.number}: {problem}" for problem in lacks(version, before)]
        before = version
    return faults


def as_declared(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as JSON has it; what is not declared is absent, and amounts are text."""
    declared: dict[str, Any] = _plain(manifest)
    return declared


def _version(manifest: Manifest, number: int, previous: str | None) -> Version:
    link = {} if previous is None else {"previous": previous}
    document = {"manifest": as_declared(manifest), "v": _FORMAT, "version": number, **link}
    return Version(number, canonical_json(document))


def _breaks(version: Version, before: Version) -> list[str]:
    """Links that do not hold."""
    problems = []
    if json.loads(version.document).get("previous") != before.digest:
        problems.append("it does not follow the version before it")
    if version.manifest["realm"]["id"] != before.manifest["realm"]["id"]:
        problems.append("realm.id never changes")
    return problems


def _is_document(version: Version) -> bool:
    try:
        read = json.loads(version.document)
        is_whole = canonical_json(read) == version.document and read["v"] == _FORMAT
        is_told = read["version"] == version.number and bool(read["manifest"]["realm"]["id"])
        return is_whole and is_told and version.threshold >= 0 and all(version.signers)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Price():
            return str(value)
        case float():
            return format(Decimal(str(value)).normalize(), "f")
        case tuple():
            return [_plain(each) for each in value]
    if is_dataclass(value):
        named = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {name: inner for name, inner in named.items() if inner not in (None, [])}
    return value
