from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from hmac import digest as hmac_digest

import msgspec
import pytest

from reelm.base import DataClass, Secret
from reelm.ledger import KindUnknown, LeafRefused, LeafTells, LeafTooLarge, read_leaf, schemas
from reelm.ledger.fields import LeafKind
from reelm.ledger.kinds import KINDS
from reelm.ledger.leaf import commitment, write_body, write_leaf

AT = datetime(2026, 11, 25, 13, 47, 12, 123456, tzinfo=UTC)
DIGEST = sha256(b"").hexdigest()
ID = "0" * 26
READ: dict[str, object] = {
    "actor": "sam-7f3a",
    "role": "support",
    "purpose": "ticket",
    "data": ["email"],
    "policy_digest": DIGEST,
    "request_digest": DIGEST,
}


def write(kind: str, public: dict[str, object], private: bytes | None = None) -> bytes:
    return write_leaf(kind, public, realm="us", at=AT, private=private)


def test_a_leaf_has_exactly_the_bytes_of_the_specification() -> None:
    leaf = write("mod.appeal", {"decision": ID, "appeal": ID}, bytes(32))
    assert leaf.decode() == (
        '{"kind":"mod.appeal","private":"' + "0" * 64 + '","public":{"appeal":"' + ID + '","decision":"' + ID
        + '"},"realm":"us","time":"2026-11-25T13:47:12.123Z","v":1}'
    )  # fmt: skip


def test_time_is_utc_wherever_it_was_read() -> None:
    there = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert write_leaf("access.read", READ, realm="us", at=there) == write("access.read", READ)


def test_a_leaf_is_read_as_it_was_written() -> None:
    leaf = read_leaf(write("access.read", READ, bytes(range(32))))
    assert (leaf.kind, leaf.realm, leaf.time) == ("access.read", "us", "2026-11-25T13:47:12.123Z")
    assert leaf.private == bytes(range(32))
    assert msgspec.to_builtins(leaf.public) == READ
    assert read_leaf(write("access.read", READ)).private is None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KindUnknown, match="no kind of leaf"):
        write("access.reed", READ)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"subject": ID}, "unknown field `subject`"),
        ({"email": "x"}, "unknown field `email`"),
        ({"actor": None}, "got `null`"),
        ({"actor": 7}, "got `int`"),
        ({"ticket": None}, "got `null`"),
        ({"data": "email"}, "got `str`"),
        ({"actor": "Sam"}, "matching regex"),
        ({"actor": "sam\n"}, "matching regex"),
        ({"policy_digest": DIGEST.upper()}, "matching regex"),
        ({"emergency": 1.5}, "got `float`"),
        ({"emergency": -1}, ">= 0"),
        ({"emergency": 1 << 53}, "9007199254740991"),
        ({"emergency": True}, "got `bool`"),
    ],
)
def test_fields_that_the_kind_does_not_have_or_spells_otherwise_are_refused(
    change: dict[str, object], why: str
) -> None:
    with pytest.raises(LeafRefused, match=why):
        write("access.read", READ | change)


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(LeafRefused, match="missing required field `actor`"):
        write("access.read", {name: value for name, value in READ.items() if name != "actor"})


@pytest.mark.parametrize(
    "text",
    ["write to ana@example.org", "ana%40example.org", "seen at 192.0.2.7", "from 2001:db8::7 today"],
)
def test_public_text_that_leads_to_somebody_is_refused(text: str) -> None:
    notice: dict[str, object] = {"appeal": ID, "decision": ID, "outcome": "upheld", "decided_by": "kim"}
    assert write("mod.outcome", notice | {"explanation": "It stays, as of 12:30:45."})
    with pytest.raises(LeafTells, match="private part"):
        write("mod.outcome", notice | {"explanation": text})


def test_an_address_is_not_smuggled_in_as_a_name() -> None:
    with pytest.raises(LeafTells):
        write("access.read", READ | {"ticket": "192.0.2.7"})
    with pytest.raises(LeafTells):
        write("access.read", READ | {"data": ["email", "192.0.2.7"]})


def test_a_leaf_has_a_limit() -> None:
    """Three texts of 2,000 characters of four bytes each, with more than fits beside them."""
    long = "\N{GRINNING FACE}" * 2000
    decision: dict[str, object] = {
        "decision": ID,
        "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
        "legal_ground": "\N{GRINNING FACE}" * 200,
        "explanation": long,
        "facts": long,
        "category": "STATEMENT_CATEGORY_OTHER",
        "content_type": ["CONTENT_TYPE_VIDEO"],
        "content_date": "2026-01-25",
        "application_date": "2026-01-25",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": True,
        "automated_decision": "AUTOMATED_DECISION_FULLY",
    }
    with pytest.raises(LeafTooLarge, match="16384"):
        write("mod.decision", decision)
    assert read_leaf(write("mod.decision", decision | {"facts": "as seen"})).kind == "mod.decision"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"{",
        b"\xff",
        b'{"v":1}',
        write("access.read", READ).replace(b'"v":1', b'"v":2'),
        write("access.read", READ).replace(b'"v":1', b'"v":1,"w":1'),
        write("access.read", READ).replace(b'"v":1', b'"v":1.0'),
        write("access.read", READ).replace(b'"realm":"us"', b'"realm":"US"'),
        write("access.read", READ).replace(b".123Z", b"Z"),
        write("access.read", READ).replace(b".123Z", b".123+00:00"),
        write("access.read", READ).replace(b'"kind":"access.read",', b""),
        write("access.read", READ) + b"\n",
        write("access.read", READ).replace(b",", b", ", 1),
        write("access.read", READ).replace(b"support", b"\\u0073upport"),
        write("access.read", READ, bytes(32)).replace(b'"private":"00', b'"private":"0'),
        b'{"public":{},"kind":"access.read","realm":"us","time":"2026-11-25T13:47:12.123Z","v":1}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_leaf_is_not_read(data: bytes) -> None:
    with pytest.raises((LeafRefused, LeafTooLarge, KindUnknown)):
        read_leaf(data)


def test_a_commitment_is_the_hmac_of_the_specification() -> None:
    body = write_body({"subject": "01h", "note": "é", "count": 3})
    assert body == '{"count":3,"note":"é","subject":"01h"}'.encode()
    key = Secret(bytes(range(32)))
    message = b"reelm/ledger/private/1\0" + b"access.read" + b"\0" + body
    assert commitment("access.read", body, key) == hmac_digest(bytes(range(32)), message, "sha256")


@pytest.mark.parametrize(
    "body", [{"a": 1.5}, {"a": {"b c": 1}}, {"a": b"bytes"}, {"a": 1 << 60}, {"a": "\ud800"}]
)
def test_a_private_body_without_a_canonical_form_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(LeafRefused, match="private part"):
        write_body(body)


@pytest.mark.parametrize("shape", KINDS.values(), ids=KINDS)
def test_no_public_field_is_protected_or_secret(shape: type[LeafKind]) -> None:
    allowed = {DataClass.PUBLIC, DataClass.INTEROP, DataClass.OPERATIONAL}
    for field in msgspec.inspect.type_info(shape).fields:  # type: ignore[attr-defined] # a struct has fields
        kind = field.type
        if isinstance(kind, msgspec.inspect.LiteralType):
            continue
        assert isinstance(kind, msgspec.inspect.Metadata), f"{field.name} has no data class"
        assert (kind.extra or {}).get("class") in allowed, field.name


def test_every_kind_says_what_it_is_and_refuses_what_it_does_not_know() -> None:
    for kind, schema in schemas().items():
        assert schema["additionalProperties"] is False, kind
        assert schema["description"].endswith("."), kind
        assert all(name.replace("_", "").isalnum() and name.islower() for name in schema["properties"])


def test_the_kinds_that_the_design_names_are_there() -> None:
    named = """
        manifest.publish key.rotate release.publish release.deploy staff.grant staff.revoke policy.publish
        access.read access.export flow.intent flow.done flow.deny mod.notice mod.decision mod.appeal
        mod.outcome rule.publish rank.deploy rank.param incident.open incident.update incident.close
        slo.month drill.result
        erasure.done export.done ad.publish authority.statement audit.finding canary.hit
    """
    assert set(named.split()) - set(KINDS) == set()
    assert any(kind.startswith("handover.") for kind in KINDS)
