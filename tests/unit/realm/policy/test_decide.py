"""Decisions: what is permitted is allowed, and whatever is not decided to the end is refused."""

import json
import random  # noqa: TID251 - seeded: what fails can be made again
from dataclasses import replace

import pytest

from reelm.realm.policy import (
    Access,
    Decision,
    Entity,
    PolicySet,
    Ref,
    Request,
    Value,
    decide,
    decide_again,
    is_same_again,
    shipped_schema,
)
from support.access.asking import EMAIL, MESSAGES, PASSWORD, SHIPPED, anything, member, with_policy

ASKED = Access("access.read", EMAIL, "support-request", "T-1")
REQUEST = ASKED.request(member("support"))
SENSITIVE = Access("access.read", MESSAGES, "report", "T-1")


def allowed(request: Request) -> bool:
    return decide(SHIPPED, request).is_allowed


def test_a_decision_names_its_policy_its_policy_set_and_its_request() -> None:
    decision = decide(SHIPPED, REQUEST)
    assert decision == Decision(
        is_allowed=True,
        policy_digest=SHIPPED.digest,
        request=REQUEST.canonical(),
        reasons=("support-reads-contact-data",),
    )


def test_what_no_policy_permits_is_refused_without_a_reason() -> None:
    decision = decide(SHIPPED, ASKED.request(member("board")))
    assert (decision.is_allowed, decision.reasons, decision.faults) == (False, (), ())


def test_a_forbidding_policy_wins_and_is_the_reason() -> None:
    decision = decide(SHIPPED, ASKED.request(member("support", is_revoked=True)))
    assert (decision.is_allowed, decision.reasons) == (False, ("not-after-being-revoked",))


@pytest.mark.parametrize(
    "request_",
    [
        replace(ASKED, ticket=None).request(member("support")),
        replace(ASKED, purpose="curiosity").request(member("support")),
        replace(ASKED, data=MESSAGES).request(member("support")),
        replace(ASKED, data=PASSWORD).request(member("support")),
        ASKED.request(member("support", realm="us")),
        ASKED.request(member("privacy")),
        SENSITIVE.request(member("safety")),
        replace(SENSITIVE, approver=member("safety", "other")).request(member("safety")),
        replace(SENSITIVE, approver=member("safety")).request(member("safety")),
        replace(SENSITIVE, approver=member("privacy", is_revoked=True)).request(member("safety")),
        replace(SENSITIVE, is_emergency=True).request(member("safety")),
        SENSITIVE.approval(member("privacy"), asker=member("privacy")),
        SENSITIVE.approval(member("safety", "other"), asker=member("safety")),
    ],
)
def test_what_must_not_be_is_refused(request_: Request) -> None:
    assert not allowed(request_)


def test_a_second_person_and_an_emergency_open_what_is_sensitive() -> None:
    assert allowed(replace(SENSITIVE, approver=member("privacy")).request(member("safety")))
    assert allowed(SENSITIVE.approval(member("privacy"), asker=member("safety")))
    urgent = replace(SENSITIVE, purpose="threat-to-life", ticket=None, is_emergency=True)
    assert allowed(urgent.request(member("safety")))
    assert not allowed(urgent.request(member("support")))


def test_flows_take_data_of_declared_classes_to_other_realms() -> None:
    us, nl = Ref("Realm", "us"), Ref("Realm", "nl")

    def flow(klass: str, to: Ref = us, **context: int) -> bool:
        data = Ref("DataClass", klass)
        known = (Entity(nl), Entity(us), Entity(data))
        asked: dict[str, Value] = {"flow": "nl-us-clips", "purpose": "cross-realm-view", "to": to, **context}
        return allowed(Request(nl, "flow.export", data, known, asked))

    assert flow("public")
    assert flow("interop")
    assert not flow("interop", to=nl)
    assert not flow("protected")
    assert not flow("operational")
    assert not flow("operational", people=99)
    assert flow("operational", people=100)


@pytest.mark.parametrize(
    "broken",
    [
        replace(REQUEST, context={**REQUEST.context, "unheard_of": True}),
        replace(REQUEST, context={"purpose": "support-request", "ticket": "T-1"}),
        replace(REQUEST, context={**REQUEST.context, "emergency": "no"}),
        replace(REQUEST, context={**REQUEST.context, "ticket": 1}),
        replace(REQUEST, context={**REQUEST.context, "approver": Ref("Staff", "nobody")}),
        replace(REQUEST, action="access.everything"),
        replace(REQUEST, principal=Ref("Staff", "somebody-else")),
        replace(REQUEST, resource=Ref("Data", "something-else")),
        replace(REQUEST, entities=REQUEST.entities[:1]),
        replace(REQUEST, entities=REQUEST.entities[1:]),
        replace(REQUEST, entities=(*REQUEST.entities, member("safety", "support-1").entity())),
        replace(REQUEST, entities=(replace(REQUEST.entities[0], attributes={}), REQUEST.entities[1])),
    ],
)
def test_a_request_that_the_schema_does_not_know_is_refused_with_a_fault(broken: Request) -> None:
    decision = decide(SHIPPED, broken)
    assert not decision.is_allowed
    assert decision.faults
    assert not decision.reasons


def test_a_policy_that_fails_while_it_is_evaluated_refuses_the_request() -> None:
    """Cedar itself would skip it, and an overflowing ``forbid`` would forbid nothing."""
    sums = """@id("overflows") forbid (principal is Realm, action, resource)
              when { context has people && context.people + 9223372036854775807 > 0 };"""
    policies = PolicySet(with_policy(sums), shipped_schema())
    nl, us, data = Ref("Realm", "nl"), Ref("Realm", "us"), Ref("DataClass", "public")
    context: dict[str, Value] = {"flow": "f", "purpose": "p", "to": us}
    quiet = Request(nl, "flow.export", data, (Entity(nl), Entity(us), Entity(data)), context)
    assert decide(policies, quiet).is_allowed
    loud = decide(policies, replace(quiet, context={**context, "people": 1}))
    assert not loud.is_allowed
    assert loud.reasons == ("public-data-flows",)
    assert "overflow" in loud.faults[0]


@pytest.mark.parametrize(
    "bytes_",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"v":1}', REQUEST.canonical()[:-1]],
    ids=lambda raw: raw[:9].decode(errors="replace"),
)
def test_bytes_that_are_no_request_are_refused(bytes_: bytes) -> None:
    decision = decide_again(SHIPPED, bytes_)
    assert (decision.is_allowed, decision.faults) == (False, ("this is not a request",))


def test_no_byte_of_a_request_can_be_taken_away_unnoticed() -> None:
    raw = json.loads(REQUEST.canonical())
    for name in raw:
        rest = json.dumps({key: value for key, value in raw.items() if key != name}).encode()
        assert not decide_again(SHIPPED, rest).is_allowed
    for name in raw:
        wrongs: tuple[object, ...] = (None, 0, "", [], {}, [[]], {"a": {}})
        for wrong in wrongs:
            assert not decide_again(SHIPPED, json.dumps({**raw, name: wrong}).encode()).is_allowed


@pytest.mark.slow
def test_ten_thousand_decisions_are_the_same_when_they_are_made_again() -> None:
    chance = random.Random(5)
    decisions = [decide(SHIPPED, anything(chance)) for _ in range(10_000)]
    fresh = PolicySet.of(SHIPPED.document)
    assert fresh.digest == SHIPPED.digest
    assert all(is_same_again(fresh, decision) for decision in decisions)
    assert 300 < sum(decision.is_allowed for decision in decisions) < 9_500


def test_a_decision_is_not_the_same_under_policies_that_were_swapped() -> None:
    decision = decide(SHIPPED, REQUEST)
    lax = PolicySet(
        with_policy('@id("more") forbid (principal, action, resource) when { false };'), shipped_schema()
    )
    assert decide(lax, REQUEST).is_allowed
    assert not is_same_again(lax, decision)
    assert not is_same_again(SHIPPED, replace(decision, is_allowed=False))


def test_requests_that_mean_the_same_have_the_same_bytes() -> None:
    turned = replace(
        REQUEST,
        entities=REQUEST.entities[::-1],
        context=dict(reversed(list(REQUEST.context.items()))),
    )
    assert turned.canonical() == REQUEST.canonical()
