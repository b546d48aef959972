"""Define what is asked of the policies and what they answer. Values only; ``decide.py`` asks.

A request in canonical JSON is everything that a decision depends on beside the policies, so that whoever has
both decides the same again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reelm.base import canonical_json

_VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Names an entity: ``Ref("Role", "support")``."""

    kind: str
    id: str

    def write(self) -> dict[str, str]:
        return {"id": self.id, "type": self.kind}


# Amounts are whole numbers: Cedar has no floats.
Value: TypeAlias = str | bool | int | Ref


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something in a request, and what is known of it; never protected data."""

    ref: Ref
    attributes: Mapping[str, Value] = field(default_factory=dict)
    parents: tuple[Ref, ...] = ()

    def write(self) -> dict[str, object]:
        return {
            "attrs": _write_all(self.attributes),
            "parents": [parent.write() for parent in sorted(self.parents)],
            "uid": self.ref.write(),
        }


@dataclass(frozen=True, slots=True)
class Request:
    """A request: who wants to do what with what, and why.

    Attributes:
        entities: everything that the request names, principal and resource included.
    """

    principal: Ref
    action: str
    resource: Ref
    entities: tuple[Entity, ...]
    context: Mapping[str, Value] = field(default_factory=dict)

    def canonical(self) -> bytes:
        """Return the request as RFC 8785 JSON: equal requests have equal bytes."""
        return canonical_json(
            {
                "action": Ref("Action", self.action).write(),
                "context": _write_all(self.context),
                "entities": [each.write() for each in sorted(self.entities, key=lambda each: each.ref)],
                "principal": self.principal.write(),
                "resource": self.resource.write(),
                "v": _VERSION,
            }
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer of a policy set to a request, with all that it takes to ask again.

    Attributes:
        policy_digest: SHA-256 in hexadecimal of the policy set.
        request: the request in canonical JSON.
        reasons: the ids of the policies that decided, sorted; empty when nothing permits it.
        faults: why it could not be decided at all, which is a refusal.
    """

    is_allowed: bool
    policy_digest: str
    request: bytes
    reasons: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def request_digest(self) -> str:
        """SHA-256 in hexadecimal of the request: what an approval is bound to."""
        return hashlib.sha256(self.request).hexdigest()


def _write_all(values: Mapping[str, Value]) -> dict[str, object]:
    return {name: _write(value) for name, value in values.items()}


def _write(value: Value) -> object:
    return {"__entity": value.write()} if isinstance(value, Ref) else value
