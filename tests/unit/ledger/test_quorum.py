import pytest

from reelm.base import NoteRefused, Secret, Signature, SigningKey
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.errors import PolicyRefused
from reelm.ledger.quorum import Policy
from support.ledger.witnessing import SomeWitness

LOG = SigningKey("us.example/ledger", Secret(bytes(range(32))))
X1, X2, X3, Y1, Y2, Y3 = (
    SomeWitness(f"{name}.example", number) for number, name in enumerate(("x1", "x2", "x3", "y1", "y2", "y3"))
)
NOTE = LOG.sign(Checkpoint("us.example/ledger", 3, bytes(32)).text)
# The example of c2sp.org/tlog-policy, with keys.
EXAMPLE = f"""
log {LOG.verifier} https://us.example/ledger

# the first organisation
witness X1 {X1.key}
witness X2 {X2.key} https://x2.example
witness\tX3  {X3.key}\t
group X-witnesses 2 X1 X2 X3

witness Y1 {Y1.key}
witness Y2 {Y2.key}
witness Y3 {Y3.key}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


@pytest.mark.parametrize(
    ("witnessed", "is_met"),
    [
        ({"X1", "X2", "Y3"}, True),
        ({"X1", "X2", "X3", "Y1", "Y2", "Y3"}, True),
        ({"X1", "X2", "X3"}, False),
        ({"X1", "Y1", "Y2", "Y3"}, False),
        (set(), False),
        ({"X-and-Y"}, False),
    ],
)
def test_the_quorum_of_the_specification(witnessed: set[str], is_met: bool) -> None:  # noqa: FBT001 - a table
    assert Policy.parse(EXAMPLE).is_met(witnessed) is is_met


def test_the_parts_of_the_example_are_read() -> None:
    policy = Policy.parse(EXAMPLE)
    assert [(log.key, log.url) for log in policy.logs] == [(LOG.verifier, "https://us.example/ledger")]
    assert policy.witnesses["X2"].url == "https://x2.example"
    assert policy.witnesses["X3"].key == X3.key
    assert policy.groups["X-witnesses"].need == 2
    assert policy.groups["X-and-Y"].members == ("X-witnesses", "Y-witnesses")


def test_a_checkpoint_is_believed_when_the_quorum_cosigned_it() -> None:
    policy = Policy.parse(EXAMPLE)
    cosigned = NOTE.with_signatures(witness.cosign(NOTE, seconds=9) for witness in (X1, X3, Y2))
    assert policy.check(cosigned).size == 3
    assert policy.witnessed(cosigned) == {"X1": 9, "X3": 9, "Y2": 9}
    with pytest.raises(NoteRefused, match="Too few witnesses"):
        policy.check(NOTE.with_signatures(witness.cosign(NOTE, seconds=9) for witness in (X1, Y2)))


def test_a_forged_cosignature_spoils_the_rest() -> None:
    forged = Signature(Y1.key.name, Y1.key.id, X1.cosign(NOTE, seconds=9).data)
    cosigned = NOTE.with_signatures([*(each.cosign(NOTE, seconds=9) for each in (X1, X3, Y2)), forged])
    with pytest.raises(NoteRefused, match="does not belong"):
        Policy.parse(EXAMPLE).check(cosigned)


def test_the_checkpoint_of_another_log_is_not_believed() -> None:
    other = SigningKey("eu.example/ledger", Secret(bytes(32)))
    policy = Policy.parse(f"log {LOG.verifier}\nquorum none\n")
    with pytest.raises(NoteRefused, match="none of the logs"):
        policy.check(other.sign(Checkpoint("eu.example/ledger", 3, bytes(32)).text))
    posing = SigningKey("us.example/ledger", Secret(bytes(32)))
    with pytest.raises(NoteRefused, match="did not sign"):
        policy.check(posing.sign(NOTE.text))
    assert policy.check(NOTE).size == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no quorum"),
        ("quorum none\nquorum none", "one quorum"),
        ("quorum x", "x is not defined above"),
        (f"quorum x\nwitness x {X1.key}", "x is not defined above"),
        ("quorum", "one quorum"),
        ("watcher x", "none of log, witness"),
        (f"witness none {X1.key}\nquorum none", "missing or taken"),
        (f"witness x {X1.key}\nwitness x {X2.key}\nquorum none", "missing or taken"),
        (f"witness x {X1.key}\nwitness y {X1.key}\nquorum none", "same key"),
        (f"log {LOG.verifier}\nlog {LOG.verifier}\nquorum none", "same key"),
        (f"log {X1.key}\nquorum none", "signs with Ed25519"),
        (f"witness x {LOG.verifier}\nquorum none", "makes cosignatures"),
        ("witness x\nquorum none", "a key and at most"),
        ("witness x no-key\nquorum none", "no verifier key"),
        (f"witness x {X1.key} a b\nquorum none", "a key and at most"),
        (f"witness x {X1.key}\ngroup g 2 x\nquorum g", "number of its members"),
        (f"witness x {X1.key}\ngroup g 0 x\nquorum g", "number of its members"),
        (f"witness x {X1.key}\ngroup g 01 x\nquorum g", "number of its members"),
        (f"witness x {X1.key}\ngroup g all\nquorum g", "members"),
        (f"witness x {X1.key}\ngroup g 1 x x\nquorum g", "a member already"),
        (f"witness x {X1.key}\ngroup g 1 x\ngroup h 1 x\nquorum g", "a member already"),
        ("group g 1 g\nquorum g", "g is not defined above"),
        ("group g 1 none\nquorum g", "none is not defined above"),
        ("quorum none\r\n", "control characters"),
        ("quorum\u00a0none", "none of log, witness"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(PolicyRefused, match=why):
        Policy.parse(text)
