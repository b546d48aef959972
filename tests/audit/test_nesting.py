"""Text that would end the process in Cedar's parser is refused before, by realms and by auditors alike."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reelm.realm import PoliciesRefused
from reelm.realm.policy import PolicySet, decide_again, shipped_policies, shipped_schema
from reelm.realm.policy import nesting as of_the_realm
from reelm_audit import nesting as of_the_auditor
from reelm_audit.clock import running_seconds
from reelm_audit.subjects import replay

_HEAD = '@id("deep") permit (principal in Role::"support", action == Action::"access.read", resource) when {'
_MANY = 30_000
DEEP = {
    "brackets": "(" * _MANY + "true" + ")" * _MANY,
    "brackets that are never closed": "(" * _MANY,
    "sets": "[" * _MANY + "]" * _MANY,
    "records": "{a:" * _MANY + "1" + "}" * _MANY,
    "conditions": "if true then true else " * _MANY + "true",
    "conjunctions": "true && " * _MANY + "true",
    "sums": "1 + " * _MANY + "1 == 1",
    "members": "context" + ".a" * _MANY,
    "indices": "context" + '["a"]' * _MANY,
    "behind a comment that a carriage return ends": "// \r" + "(" * _MANY + "true" + ")" * _MANY,
    "closed again in comments only": "(// )\n" * _MANY + "true" + ")" * _MANY,
    "closed again in text only": '(")" == ' * _MANY + "true" + ")" * _MANY,
}


def policy(body: str) -> str:
    return f"{_HEAD} {body} }};"


@pytest.mark.parametrize("kind", DEEP)
def test_deep_text_is_refused_by_both(kind: str) -> None:
    assert of_the_realm.is_too_deep(policy(DEEP[kind]))
    assert of_the_auditor.is_too_deep(policy(DEEP[kind]))


@pytest.mark.parametrize("kind", DEEP)
def test_a_realm_does_not_take_such_policies(kind: str) -> None:
    files = {**shipped_policies(), "deep.cedar": policy(DEEP[kind])}
    with pytest.raises(PoliciesRefused, match=r"deep[.]cedar: a policy is nested more than 32 deep"):
        PolicySet(files, shipped_schema())


@pytest.mark.parametrize(("open_", "close"), [("Set<", ">"), ("{a: ", "}")])
def test_a_realm_does_not_take_such_a_schema(open_: str, close: str) -> None:
    deep = f"{shipped_schema()}\ntype Deep = {open_ * _MANY}Long{close * _MANY};"
    assert of_the_auditor.is_too_deep(deep, is_schema=True)
    with pytest.raises(PoliciesRefused, match="the schema is nested"):
        PolicySet(shipped_policies(), deep)


def test_what_is_shipped_is_far_from_the_bounds() -> None:
    files = [*shipped_policies().values()]
    assert not any(of_the_realm.is_too_deep(text) or of_the_auditor.is_too_deep(text) for text in files)
    assert not of_the_realm.is_too_deep(shipped_schema(), is_schema=True)
    assert not of_the_auditor.is_too_deep("\n".join(files * 50))  # each policy is counted for itself


def test_an_auditor_refuses_a_deep_policy_and_lives(tmp_path: Path) -> None:
    somebody = {"type": "R", "id": "a"}
    entities = [{"uid": somebody, "attrs": {}, "parents": []}]
    request: dict[str, Any] = {
        "action": {},
        "context": {},
        "principal": somebody,
        "resource": somebody,
        "v": 1,
    }
    request["entities"] = entities
    published = {"policies": {"deep.cedar": policy(DEEP["brackets"])}, "schema": "entity R;", "v": 1}
    pair = (json.dumps(published).encode(), json.dumps(request).encode())
    assert replay.decide_all([pair, pair], until=running_seconds() + 60) == [False, False]


@pytest.mark.slow
def test_a_request_of_very_many_things_is_none() -> None:
    """Cedar follows who belongs to whom, one call for each."""
    chain = [
        {"uid": {"type": "R", "id": str(at)}, "attrs": {}, "parents": [{"type": "R", "id": str(at + 1)}]}
        for at in range(_MANY)
    ]
    asked: dict[str, Any] = {
        "action": {"type": "Action", "id": "access.read"},
        "context": {},
        "entities": chain,
        "v": 1,
    }
    asked |= {"principal": {"type": "R", "id": "0"}, "resource": {"type": "R", "id": "0"}}
    raw = json.dumps(asked).encode()
    assert not decide_again(PolicySet(shipped_policies(), shipped_schema()), raw).is_allowed
    assert not replay.is_allowed(json.dumps({"policies": {}, "schema": "", "v": 1}).encode(), raw)


@pytest.mark.slow
def test_the_measured_bounds_are_needed(tmp_path: Path) -> None:
    """Without them the process ends; were that no longer so, this could go."""
    text = tmp_path / sha256(b"deep").hexdigest()
    text.write_text(policy(DEEP["brackets"]))
    command = [
        sys.executable,
        "-c",
        "import cedarpy, sys; cedarpy.PolicySet.from_str(open(sys.argv[1]).read())",
    ]
    assert subprocess.run([*command, str(text)], check=False, capture_output=True).returncode < 0  # noqa: S603 - ours
