"""Making a decision again: the published policies, the request as it was kept, and Cedar.

Cedar skips a policy that it cannot evaluate, so that a ``forbid`` with a fault in it forbids nothing.
Whatever is not evaluated to the end counts as refused here, as it must in a realm.
"""

import importlib
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from reelm_audit.errors import Unusable

_POLICIES = {"policies", "schema", "v"}
_REQUEST = {"action", "context", "entities", "principal", "resource", "v"}


def disclosed(folder: Path, digest: str) -> bytes | None:
    """The file that is named by its SHA-256, when it is there and that."""
    try:
        raw = (folder / digest).read_bytes()
    except OSError:
        return None
    return raw if sha256(raw).hexdigest() == digest else None


def is_allowed(policies: bytes, request: bytes) -> bool:
    """What the policies decide; False for whatever is no policy set or no request.

    Args:
        policies: JSON of ``policies`` (Cedar by the name of a file), ``schema`` (Cedar's) and ``v``.
        request: JSON of ``principal``, ``action``, ``resource``, ``context``, ``entities`` and ``v``.

    Raises:
        Unusable: Cedar is not installed.
    """
    try:
        cedar: Any = importlib.import_module("cedarpy")
    except ModuleNotFoundError:
        raise Unusable("Decisions are made again by cedarpy, which is not installed here.") from None
    try:
        published, asked = json.loads(policies), json.loads(request)
        if published.keys() != _POLICIES or asked.keys() != _REQUEST or not _is_known(asked):
            return False
        text = "\n".join(part for _, part in sorted(published["policies"].items()))
        question = {name: asked[name] for name in ("principal", "action", "resource", "context")}
        schema = cedar.Schema.from_str(published["schema"])
        answer = cedar.is_authorized(question, text, asked["entities"], schema)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return answer.decision is cedar.Decision.Allow and not answer.diagnostics.errors


def _is_known(asked: dict[str, Any]) -> bool:
    """Whether everything that the request names is among its entities."""
    known = {_name(entity["uid"]) for entity in asked["entities"]}
    within = [value["__entity"] for value in asked["context"].values() if isinstance(value, dict)]
    return {_name(ref) for ref in (asked["principal"], asked["resource"], *within)} <= known


def _name(ref: dict[str, str]) -> tuple[str, str]:
    return ref["type"], ref["id"]
