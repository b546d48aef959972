"""A set of policies that passed every check, parsed once; or every reason why it cannot be one.

The set is public: files of Cedar policies by name, and the schema of the requests they decide on.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

import cedarpy

from reelm.base import canonical_json
from reelm.realm.errors import PoliciesRefused
from reelm.realm.policy.heads import PolicyHead, read_heads
from reelm.realm.policy.nesting import DEEPEST, MOST_OPERATORS, is_too_deep
from reelm.realm.policy.separation import Powers, overlaps, powers_of

_VERSION = 1
_MAX_BYTES = 1 << 20
_FLATTEN = "nothing was parsed; write it flatter, or as several policies"


class PolicySet:
    """Policies and their schema. Safe to share between tasks and threads.

    Attributes:
        files: the policies, by the name of their file.
        document: all of it in canonical JSON: what goes into the ledger, and what a replay needs.
        digest: SHA-256 in hexadecimal of the document.
        schema_digest: SHA-256 in hexadecimal of the schema.
        powers: what each role may do at most, whatever the circumstances.
    """

    __slots__ = ("_policies", "_schema", "digest", "document", "files", "powers", "schema_digest")

    def __init__(self, files: Mapping[str, str], schema: str) -> None:
        """Check and parse.

        Args:
            files: the policies, by the name of their file.
            schema: in Cedar's schema syntax.

        Raises:
            PoliciesRefused: it cannot be a policy set; every fault is listed.
        """
        self.files: Mapping[str, str] = dict(files)
        self.schema_digest = hashlib.sha256(schema.encode()).hexdigest()
        self._schema = _parse_schema(schema)
        heads = _check(files, self._schema)
        self.powers: Powers = powers_of(heads)
        faults = overlaps(self.powers)
        if faults:
            raise PoliciesRefused(faults)
        self._policies = cedarpy.PolicySet.from_str(_joined(files))
        self.document = canonical_json({"policies": self.files, "schema": schema, "v": _VERSION})
        self.digest = hashlib.sha256(self.document).hexdigest()

    @classmethod
    def of(cls, document: bytes) -> Self:
        """Return the set that was published.

        Raises:
            PoliciesRefused: it is none, or would not pass the checks of this version.
        """
        try:
            read = json.loads(document)
            files, schema = dict(read["policies"]), str(read["schema"])
        except (ValueError, KeyError, TypeError) as error:
            raise PoliciesRefused(["this is not the document of a policy set"]) from error
        return cls(files, schema)

    def ask(self, asked: Mapping[str, Any]) -> cedarpy.AuthzResult:
        """Cedar's own answer to a request as read from JSON; see ``decide`` for one to act on."""
        request = {
            "principal": asked["principal"],
            "action": asked["action"],
            "resource": asked["resource"],
            "context": asked["context"],
        }
        return cedarpy.is_authorized(request, self._policies, list(asked["entities"]), self._schema)


def _parse_schema(schema: str) -> cedarpy.Schema:
    if is_too_deep(schema, is_schema=True):
        raise PoliciesRefused([f"the schema is nested more than {DEEPEST} deep: {_FLATTEN}"])
    try:
        return cedarpy.Schema.from_str(schema)
    except ValueError as error:
        raise PoliciesRefused([f"the schema cannot be read: {error}"]) from error


def _check(files: Mapping[str, str], schema: cedarpy.Schema) -> list[PolicyHead]:
    """The heads of all policies, in which nothing is wrong for itself."""
    if sum(map(len, files.values())) > _MAX_BYTES:
        raise PoliciesRefused(["together the files are over 1 MiB"])
    heads: list[PolicyHead] = []
    faults: list[str] = []
    for name, text in sorted(files.items()):
        if is_too_deep(text):
            faults.append(
                f"{name}: a policy is nested more than {DEEPEST} deep, or has more than {MOST_OPERATORS} "
                f"operators: {_FLATTEN}"
            )
            continue
        try:
            heads += read_heads(text, file=name)
        except ValueError as error:
            faults.append(f"{name}: {error}")
            continue
        result = cedarpy.validate_policies(text, schema)
        faults += [f"{name}: {error}" for error in result.errors]
    faults += _name_faults(heads)
    faults += [fault for head in heads for fault in head.faults()]
    if faults:
        raise PoliciesRefused(faults)
    return heads


def _name_faults(heads: list[PolicyHead]) -> list[str]:
    places: dict[str, list[str]] = {}
    for head in heads:
        places.setdefault(head.name, []).append(head.file)
    return [
        f"{' and '.join(dict.fromkeys(within))}: {name!r} is the @id of {len(within)} policies"
        for name, within in places.items()
        if name and len(within) > 1
    ]


def _joined(files: Mapping[str, str]) -> str:
    return "\n".join(text for _, text in sorted(files.items()))
