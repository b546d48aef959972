"""What leaves of one subject say, held against each other."""

import os
import zipfile
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reelm_audit.budget import Budget
from reelm_audit.built import digests_of
from reelm_audit.errors import Unusable
from reelm_audit.leaf import Leaf, canonical, reader
from reelm_audit.subjects import Beside, judge
from reelm_audit.verdict import Verdict

NOON = datetime.fromisoformat("2026-11-25T12:00:00.000Z")
NOW_SECONDS = int(NOON.timestamp()) + 3600
ONE, TWO = "01h455vb4pex5vsknk084sn02q", "01h455vb4pex5vsknk084sn02r"
OLD, NEW, REQUEST = ("a" * 64, "b" * 64, "c" * 64)
READER = reader()


def at(seconds: float) -> str:
    return f"{NOON + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.000Z"


class Record:
    """Leaves one after the other, a second apart, each of its published form."""

    def __init__(self, realm: str = "us") -> None:
        self.leaves: list[Leaf] = []
        self._realm = realm

    def add(self, kind: str, *, after: float | None = None, **public: Any) -> "Record":
        index = len(self.leaves)
        value = {"kind": kind, "public": public, "realm": self._realm, "v": 1}
        value["time"] = at(index if after is None else after)
        self.leaves.append(READER.read(canonical(value), index))
        return self

    def verdicts(self, subject: str, **beside: Any) -> dict[str, Verdict]:
        claims = judge(subject, self.leaves, Beside(now_seconds=NOW_SECONDS, **beside), is_sound=True)
        return {claim.id.partition(".")[2]: claim.verdict for claim in claims}


def read(record: Record, policy: str, **changed: Any) -> Record:
    public = {
        "actor": "sam",
        "role": "support",
        "purpose": "ticket",
        "data": ["email"],
        "request_digest": REQUEST,
    }
    return record.add("access.read", **{"policy_digest": policy, **public, **changed})


def published(record: Record, version: int, digest: str, **more: Any) -> Record:
    return record.add("policy.publish", version=version, policy_digest=digest, schema_digest="d" * 64, **more)


def test_decisions_by_the_policy_in_force_are_proven() -> None:
    record = read(published(read(published(Record(), 1, OLD), OLD), 2, NEW), NEW)
    assert record.verdicts("policy-replay")["in-force"] is Verdict.PROVEN


def test_a_decision_under_way_may_still_name_the_policy_before() -> None:
    record = read(published(published(Record(), 1, OLD), 2, NEW), OLD, after=30)
    assert record.verdicts("policy-replay")["in-force"] is Verdict.PROVEN


@pytest.mark.parametrize("policy", ["e" * 64, OLD])
def test_a_policy_that_was_swapped_is_found(policy: str) -> None:
    record = read(published(published(Record(), 1, OLD), 2, NEW), policy, after=600)
    assert record.verdicts("policy-replay")["in-force"] is Verdict.FAILED


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_version_of_the_manifest_that_is_missing_or_comes_again_is_found(number: int) -> None:
    record = Record().add("manifest.publish", version=2, digest="0" * 64)
    record.add("manifest.publish", version=number, digest="1" * 64)
    assert record.verdicts("manifest")["versions"] is Verdict.FAILED


def test_a_version_may_be_said_again_when_only_the_retention_changes() -> None:
    record = Record().add("manifest.publish", version=2, digest="0" * 64)
    record.add("manifest.publish", version=2, digest="0" * 64, retention_days=90)
    assert record.verdicts("manifest")["versions"] is Verdict.PROVEN


def test_a_policy_published_after_its_decision_is_found() -> None:
    assert published(read(Record(), NEW), 1, NEW).verdicts("policy-replay")["in-force"] is Verdict.FAILED


def test_decisions_whose_requests_nobody_was_shown_are_promised(tmp_path: Path) -> None:
    record = read(published(Record(), 1, OLD), OLD)
    assert record.verdicts("policy-replay")["replay"] is Verdict.PROMISED
    assert record.verdicts("policy-replay", disclosed=tmp_path)["replay"] is Verdict.PROMISED


def test_something_disclosed_that_cannot_end_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / REQUEST)
    record = read(published(Record(), 1, NEW), NEW)
    assert record.verdicts("policy-replay", disclosed=tmp_path)["replay"] is Verdict.PROMISED


SCHEMA = """
entity Staff = { may_read: Bool };
entity Field;
action read appliesTo { principal: Staff, resource: Field, context: {} };
"""
POLICY = 'permit(principal, action == Action::"read", resource) when { principal.may_read };'


def asked(name: str, **attributes: bool) -> bytes:
    """A request to read the field ``email``, with what is known of who asks."""
    who, what = {"id": name, "type": "Staff"}, {"id": "email", "type": "Field"}
    known = [{"attrs": attributes, "parents": [], "uid": who}, {"attrs": {}, "parents": [], "uid": what}]
    action = {"id": "read", "type": "Action"}
    return canonical(
        {"action": action, "context": {}, "entities": known, "principal": who, "resource": what, "v": 1}
    )


def test_decisions_that_were_disclosed_are_made_again(tmp_path: Path) -> None:
    pytest.importorskip("cedarpy")
    policies = canonical({"policies": {"staff.cedar": POLICY}, "schema": SCHEMA, "v": 1})
    kept = [policies, asked("sam", may_read=True), asked("eve", may_read=False), asked("bob")]
    current, sam, eve, bob = (sha256(raw).hexdigest() for raw in kept)
    for raw in kept:
        (tmp_path / sha256(raw).hexdigest()).write_bytes(raw)
    record = read(published(Record(), 1, current), current, request_digest=sam)
    record.add("access.deny", actor="eve", action="read", policy_digest=current, request_digest=eve)
    assert record.verdicts("policy-replay", disclosed=tmp_path)["replay"] is Verdict.PROVEN
    lacked: dict[str, Any] = {
        "reason": "approval",
        "policy_digest": current,
        "request_digest": sam,
    }
    record.add("access.deny", actor="sam", action="read", **lacked)
    assert record.verdicts("policy-replay", disclosed=tmp_path)["replay"] is Verdict.PROVEN
    read(record, current)
    assert record.verdicts("policy-replay", disclosed=tmp_path)["replay"] is Verdict.SAMPLED
    assert (
        record.verdicts("policy-replay", disclosed=tmp_path, budget=Budget.of(0))["replay"]
        is Verdict.NOT_CHECKED
    )
    for refused in (eve, bob):  # not allowed, and not decidable
        lied = read(published(Record(), 1, current), current, request_digest=refused)
        assert lied.verdicts("policy-replay", disclosed=tmp_path)["replay"] is Verdict.FAILED


def emergency(*, minutes: int = 60, review_hours: float = 0.5) -> Record:
    due = at(review_hours * 3600)
    return Record().add(
        "access.emergency", actor="sam", purpose="outage", expires_at=at(minutes * 60), review_due_at=due
    )


def reviewed(record: Record, reviewer: str = "eve", **more: Any) -> Verdict:
    record.add("access.review", emergency=0, reviewer=reviewer, finding="justified", **more)
    return record.verdicts("policy-replay")["emergency"]


def test_an_emergency_is_short_and_looked_at_by_somebody_else() -> None:
    assert reviewed(emergency()) is Verdict.PROVEN
    assert reviewed(emergency(minutes=61)) is Verdict.FAILED
    assert reviewed(emergency(), "sam") is Verdict.FAILED
    assert reviewed(emergency(), after=3000) is Verdict.FAILED
    assert emergency().verdicts("policy-replay")["emergency"] is Verdict.FAILED
    assert emergency(review_hours=2).verdicts("policy-replay")["emergency"] is Verdict.PROVEN


def test_nothing_is_read_under_an_emergency_that_is_over() -> None:
    record = read(emergency(minutes=10), OLD, emergency=0, after=700)
    assert reviewed(record) is Verdict.FAILED


def test_the_manifest_that_is_served_is_the_last_on_record() -> None:
    served = b'{"realm":"us"}'
    record = Record().add("manifest.publish", version=1, digest="0" * 64)
    record.add("manifest.publish", version=2, digest=sha256(served).hexdigest())
    assert record.verdicts("manifest")["served"] is Verdict.PROMISED
    assert record.verdicts("manifest", manifest=served) == {
        "versions": Verdict.PROVEN,
        "served": Verdict.PROVEN,
    }
    assert record.verdicts("manifest", manifest=served + b" ")["served"] is Verdict.FAILED
    record.add("manifest.publish", version=2, digest="1" * 64)
    assert record.verdicts("manifest")["versions"] is Verdict.FAILED


def test_a_release_is_on_record_before_it_runs() -> None:
    record = Record().add("release.publish", version="1.0", page_digest=OLD)
    record.add("release.deploy", version="1.0", code_digest=NEW, page_digest=OLD)
    assert record.verdicts("releases")["before"] is Verdict.PROVEN
    record.add("release.deploy", version="1.0", code_digest=NEW, page_digest=NEW)
    assert record.verdicts("releases")["before"] is Verdict.FAILED
    unpublished = Record().add("release.deploy", version="1.1", code_digest=NEW)
    assert unpublished.verdicts("releases")["before"] is Verdict.FAILED


def test_a_release_that_runs_other_code_than_was_published_is_found() -> None:
    record = Record().add("release.publish", version="1.0", code_digest=OLD)
    record.add("release.deploy", version="1.0", code_digest=NEW)
    assert record.verdicts("releases")["before"] is Verdict.FAILED


def some_wheel(folder: Path, *, code: bytes = b"run()") -> Path:
    path = folder / "reelm-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("reelm/__init__.py", b"")
        archive.writestr("reelm/a.py", code)
        archive.writestr("reelm/web/static/asset-manifest.json", b"{}")
        archive.writestr("reelm-1.0.dist-info/RECORD", b"")
    return path


def test_a_wheel_or_what_was_installed_from_it_is_held_against_the_record(tmp_path: Path) -> None:
    wheel = some_wheel(tmp_path)
    digests: dict[str, Any] = dict(digests_of(wheel))
    record = Record().add("release.publish", version="1.0", **digests)
    assert digests["page_digest"] == sha256(b"{}").hexdigest()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "reelm" / "__pycache__").mkdir()
    (tmp_path / "reelm" / "__pycache__" / "a.pyc").write_bytes(b"whatever")
    for built in (wheel, tmp_path / "reelm"):
        assert record.verdicts("releases", built=built)["built"] is Verdict.PROVEN
    (tmp_path / "reelm" / "a.py").write_bytes(b"run(); send()")
    assert record.verdicts("releases", built=tmp_path / "reelm")["built"] is Verdict.FAILED
    (tmp_path / "other").mkdir()
    other = some_wheel(tmp_path / "other", code=b"run(); send()")
    assert record.verdicts("releases", built=other)["built"] is Verdict.FAILED
    assert record.verdicts("releases")["built"] is Verdict.PROMISED
    nothing = Record().add("release.publish", version="1.0")
    assert nothing.verdicts("releases", built=wheel)["built"] is Verdict.NOT_PUBLISHED


def test_what_is_no_release_at_all_is_not_held_against_anything(tmp_path: Path) -> None:
    (tmp_path / "text.whl").write_text("no archive")
    for place in (tmp_path, tmp_path / "text.whl", tmp_path / "absent"):
        with pytest.raises(Unusable):
            digests_of(place)


def intent(record: Record, transfer: str = ONE, size_bytes: int = 10) -> Record:
    public: dict[str, Any] = {"flow": "us-eu-1", "to": "eu", "data_class": "interop", "digest": OLD}
    public["purpose"] = "view"
    return record.add("flow.intent", transfer=transfer, size_bytes=size_bytes, **public)


def done(record: Record, side: str, transfer: str = ONE, **changed: Any) -> Record:
    peer = "eu" if side == "sent" else "us"
    public = {"flow": "us-eu-1", "side": side, "peer": peer, "size_bytes": 10, "digest": OLD, **changed}
    return record.add("flow.done", transfer=transfer, **public)


def test_what_leaves_is_announced_and_both_sides_agree() -> None:
    ours, theirs = done(intent(Record()), "sent"), done(Record("eu"), "received")
    assert ours.verdicts("flows")["both"] is Verdict.PROMISED
    found = ours.verdicts("flows", peer=theirs.leaves)
    assert found == {"announced": Verdict.PROVEN, "both": Verdict.PROVEN, "complete": Verdict.PROMISED}


def test_of_no_transfers_nothing_is_proven() -> None:
    """What only says that nothing left has nothing that both sides could agree on."""
    ours = Record().add("flow.deny", flow="us-eu-1", to="eu", reason="quota")
    theirs = Record("eu").add("flow.deny", flow="eu-us-1", to="us", reason="quota")
    found = ours.verdicts("flows", peer=theirs.leaves)
    assert found.pop("complete") is Verdict.PROMISED
    assert set(found.values()) == {Verdict.NOT_PUBLISHED}


def test_of_appeals_that_nobody_decided_nothing_is_proven() -> None:
    record = decision(Record()).add("mod.appeal", appeal=TWO, decision=ONE)
    assert record.verdicts("moderation")["second"] is Verdict.NOT_PUBLISHED


def test_what_is_said_of_entries_of_which_some_were_removed_is_sampled() -> None:
    record = outcome(decision(Record()).add("mod.appeal", appeal=TWO, decision=ONE), "eve")
    beside = Beside(now_seconds=NOW_SECONDS)
    claims = judge("moderation", record.leaves, beside, is_sound=True, is_whole=False)
    assert {claim.verdict for claim in claims} == {Verdict.SAMPLED, Verdict.PROMISED}
    assert all("could not be read" in claim.found for claim in claims if claim.verdict is Verdict.SAMPLED)


def test_a_lie_about_a_transfer_is_found_from_the_other_side() -> None:
    ours = done(intent(Record()), "sent")
    lies = [
        done(Record("eu"), "received", size_bytes=9),
        done(Record("eu"), "received", digest=NEW),
        done(Record("eu"), "sent", peer="us"),
        done(done(Record("eu"), "received"), "received", TWO),
        Record("eu").add("flow.deny", flow="us-eu-1", to="us", reason="quota"),
    ]
    for theirs in lies:
        assert ours.verdicts("flows", peer=theirs.leaves)["both"] is Verdict.FAILED


def test_a_transfer_that_was_not_announced_or_was_another_is_found() -> None:
    assert done(Record(), "sent").verdicts("flows")["announced"] is Verdict.FAILED
    assert done(intent(Record(), size_bytes=9), "sent").verdicts("flows")["announced"] is Verdict.FAILED


def decision(record: Record) -> Record:
    return record.add(
        "mod.decision",
        decision=ONE,
        decision_ground="DECISION_GROUND_INCOMPATIBLE_CONTENT",
        legal_ground="Terms, 3.1",
        explanation="It shows what the terms exclude.",
        facts="A viewer told us.",
        category="STATEMENT_CATEGORY_SCOPE_OF_PLATFORM_SERVICE",
        content_type=["CONTENT_TYPE_VIDEO"],
        content_date="2026-11-01",
        application_date="2026-11-02",
        source_type="SOURCE_VOLUNTARY",
        automated_detection=False,
        automated_decision="AUTOMATED_DECISION_NOT_AUTOMATED",
        decided_by="sam",
    )


def outcome(record: Record, by: str, appeal: str = TWO) -> Record:
    return record.add(
        "mod.outcome",
        appeal=appeal,
        decision=ONE,
        outcome="upheld",
        decided_by=by,
        explanation="Looked again.",
    )


def test_appeals_are_decided_by_somebody_else() -> None:
    record = decision(Record()).add("mod.appeal", appeal=TWO, decision=ONE)
    found = outcome(record, "eve").verdicts("moderation")
    assert found == {"reasons": Verdict.PROVEN, "second": Verdict.PROVEN, "complete": Verdict.PROMISED}
    assert outcome(record, "sam").verdicts("moderation")["second"] is Verdict.FAILED


def test_appeals_and_outcomes_belong_to_decisions_on_record() -> None:
    lonely = Record().add("mod.appeal", appeal=TWO, decision=ONE)
    assert lonely.verdicts("moderation")["second"] is Verdict.FAILED
    assert outcome(decision(Record()), "eve").verdicts("moderation")["second"] is Verdict.FAILED


def incident(due: float) -> Record:
    return Record().add(
        "incident.open",
        incident=ONE,
        features=["upload"],
        impact_started_at=at(-60),
        detected_at=at(-30),
        next_update_due_at=at(due),
        summary="Uploads fail.",
        moderation_affected=False,
    )


def closed(record: Record, after: float) -> Verdict:
    record.add(
        "incident.close",
        after=after,
        incident=ONE,
        resolved_at=at(after),
        summary="It is over.",
        data_lost=False,
    )
    return record.verdicts("status")["clock"]


def test_word_came_when_it_was_promised() -> None:
    assert closed(incident(600), after=500) is Verdict.PROVEN
    assert closed(incident(600), after=700) is Verdict.FAILED
    assert incident(1800).verdicts("status")["clock"] is Verdict.FAILED  # an hour later there is none
    assert incident(7200).verdicts("status")["clock"] is Verdict.PROVEN
    assert closed(Record(), after=1) is Verdict.FAILED
