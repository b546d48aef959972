"""Leaves are read as strictly as docs/spec/ledger.md demands."""

import json

import pytest

from reelm_audit.errors import Malformed
from reelm_audit.leaf import canonical, reader
from support.ledger.logs import leaf

READER = reader()


def bent(**changed: object) -> bytes:
    value = {**json.loads(leaf(7)), **changed}
    return canonical({name: part for name, part in value.items() if part is not None})


def test_a_leaf_says_what_the_realm_did() -> None:
    read = READER.read(leaf(7), 7)
    assert (read.index, read.kind, read.realm, read.private) == (7, "mod.appeal", "us", None)
    assert read.moment.isoformat() == "2026-09-21T13:56:40.280000+00:00"
    assert READER.read(bent(private="0" * 64), 7).private == "0" * 64


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 10_000,
        leaf(7) + b"\n",
        b" " + leaf(7),
        leaf(7).replace(b'"v":1', b'"v":1.0'),
        leaf(7).replace(b'"v":1', b'"v":NaN'),
        leaf(7).replace(b'"v":1', b'"v":1,"v":1'),
        leaf(7).replace(b'"us"', b'"\\u0075s"'),
        leaf(7).replace(b'"us"', b'"\\ud800"'),
        bent(v=2),
        bent(v=True),
        bent(v=None),
        bent(more=1),
        bent(realm="U S"),
        bent(realm=5),
        bent(time="2026-11-01T00:00:07Z"),
        bent(time="2026-13-01T00:00:07.000Z"),
        bent(time="2026-11-01T00:00:07.000Z\n"),
        bent(private="0" * 63),
        bent(private="A" * 64),
        bent(private=5),
        bent(kind="mod.apeal"),
        bent(kind=["mod.appeal"]),
        bent(public=[]),
        bent(public={}),
        bent(public={**json.loads(leaf(7))["public"], "email": "a@example.org"}),
        bent(public={**json.loads(leaf(7))["public"], "appeal": 5}),
        bent(public={**json.loads(leaf(7))["public"], "appeal": None}),
        canonical({**json.loads(leaf(7)), "public": {"appeal": "x" * 17_000, "decision": "y"}}),
    ],
)
def test_what_is_no_leaf_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        READER.read(raw, 0)
