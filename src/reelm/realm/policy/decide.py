"""Asking the policies: the same request and the same policy set always give the same decision.

Cedar skips a policy that it cannot evaluate, so that a ``forbid`` with a fault in it forbids nothing. Here
whatever is not evaluated to the end is refused.

Source: docs.cedarpolicy.com, "Authorization", "Evaluation errors".
"""

import json
from typing import Any

import cedarpy

from reelm.realm.policy.model import Decision, Request
from reelm.realm.policy.nesting import MOST_ENTITIES
from reelm.realm.policy.policies import PolicySet

_MEMBERS = {"action", "context", "entities", "principal", "resource", "v"}
_NOT_A_REQUEST = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def decide(policies: PolicySet, request: Request) -> Decision:
    """Decide a request: allowed if a policy permits it, none forbids it, and nothing went wrong."""
    return decide_again(policies, request.canonical())


def decide_again(policies: PolicySet, request: bytes) -> Decision:
    """Decide a request that was kept in canonical JSON; any other bytes are refused."""
    try:
        asked = json.loads(request)
        faults = _faults(asked)
        result = None if faults else policies.ask(asked)
    except _NOT_A_REQUEST:
        faults, result = ("this is not a request",), None
    if result is None:
        return Decision(is_allowed=False, policy_digest=policies.digest, request=request, faults=faults)
    diagnostics = result.diagnostics
    names = diagnostics.id_annotations_by_reason
    faults = tuple(sorted(diagnostics.errors))
    return Decision(
        is_allowed=result.decision is cedarpy.Decision.Allow and not faults,
        policy_digest=policies.digest,
        request=request,
        reasons=tuple(sorted(names.get(reason, reason) for reason in diagnostics.reasons)),
        faults=faults,
    )


def is_same_again(policies: PolicySet, decision: Decision) -> bool:
    """Return whether these policies decide this request as it was decided, for the same reasons."""
    return decide_again(policies, decision.request) == decision


def _faults(asked: Any) -> tuple[str, ...]:
    if asked.keys() != _MEMBERS or asked["v"] != 1 or len(asked["entities"]) > MOST_ENTITIES:
        return ("this is not a request",)
    known = {_name(entity["uid"]) for entity in asked["entities"]}
    return tuple(f"nothing is known of {name}" for name in sorted(_named(asked) - known))


def _named(asked: Any) -> set[str]:
    """Everything that the request itself names; what its entities belong to need not be known."""
    within = [value["__entity"] for value in asked["context"].values() if isinstance(value, dict)]
    return {_name(ref) for ref in (asked["principal"], asked["resource"], *within)}


def _name(ref: Any) -> str:
    return f"{ref['type']}::{json.dumps(ref['id'])}"
