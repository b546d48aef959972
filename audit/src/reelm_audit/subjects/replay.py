"""Making a decision again: the published policies, the request as it was kept, and Cedar.

Cedar skips a policy that it cannot evaluate, so that a ``forbid`` with a fault in it forbids nothing.
Whatever is not evaluated to the end counts as refused here, as it must in a realm.
"""

import importlib
import importlib.util
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from reelm_audit.errors import OutOfBudget, Unreachable, Unusable
from reelm_audit.nesting import MOST_ENTITIES, is_too_deep
from reelm_audit.together import spread

_LARGEST_BYTES = 4 << 20
_CRASHES = 3
_POLICIES = {"policies", "schema", "v"}
_REQUEST = {"action", "context", "entities", "principal", "resource", "v"}


def disclosed(folder: Path, digest: str) -> bytes | None:
    """The file that is named by its SHA-256, when it is there and that."""
    if not (folder / digest).is_file():  # a pipe could be waited for without end
        return None
    try:
        with (folder / digest).open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError:
        return None
    return raw if len(raw) <= _LARGEST_BYTES and sha256(raw).hexdigest() == digest else None


def decide_all(asked: Sequence[tuple[bytes, bytes]], *, until: float) -> list[bool | None]:
    """Decide each request by its policies, in a process of its own; None where that process was ended by it.

    Args:
        asked: policies and a request each.
        until: the end of the time for it, in seconds of ``running_seconds``; the rest is left out then.

    Raises:
        Unusable: Cedar is not installed.
    """
    if importlib.util.find_spec("cedarpy") is None:
        _not_installed()
    made: list[bool | None] = []
    for _ in range(_CRASHES + 1):
        try:
            with spread(_begin, None, _decide, asked[len(made) :], processes=1, until=until) as decided:
                for each in decided:
                    made.append(each)  # noqa: PERF402 - what came before a crash is kept
        except OutOfBudget:
            return made
        except Unreachable:
            made.append(None)
        if len(made) >= len(asked):
            break
    return made + [None] * (len(asked) - len(made))


def _begin(_plan: object) -> None:
    """Nothing has to be made ready."""


def _decide(pair: tuple[bytes, bytes]) -> bool:
    return is_allowed(*pair)


def _not_installed() -> NoReturn:
    raise Unusable("Decisions are made again by cedarpy, which is not installed here.")


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
        _not_installed()
    try:
        published, asked = json.loads(policies), json.loads(request)
        if (
            published.keys() != _POLICIES
            or asked.keys() != _REQUEST
            or not _is_known(asked)
            or len(asked["entities"]) > MOST_ENTITIES
        ):
            return False
        text = "\n".join(part for _, part in sorted(published["policies"].items()))
        if is_too_deep(text) or is_too_deep(published["schema"], is_schema=True):
            return False
        question = {name: asked[name] for name in ("principal", "action", "resource", "context")}
        schema = cedar.Schema.from_str(published["schema"])
        answer = cedar.is_authorized(question, text, asked["entities"], schema)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return answer.decision is cedar.Decision.Allow and not answer.diagnostics.errors


def _is_known(asked: dict[str, Any]) -> bool:
    """Return whether everything that the request names is among its entities."""
    known = {_name(entity["uid"]) for entity in asked["entities"]}
    within = [value["__entity"] for value in asked["context"].values() if isinstance(value, dict)]
    return {_name(ref) for ref in (asked["principal"], asked["resource"], *within)} <= known


def _name(ref: dict[str, str]) -> tuple[str, str]:
    return ref["type"], ref["id"]
