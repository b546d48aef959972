"""Every example that the specifications of C2SP print, read with the auditor's own code."""

import pytest

from reelm_audit.errors import Untrusted
from reelm_audit.tlog import base64
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import Kind, VerifierKey, check_signed
from reelm_audit.tlog.note import Note, parse_signatures
from reelm_audit.tlog.policy import Policy
from reelm_audit.tlog.proof import Proof
from reelm_audit.tlog.tiles import Part, parts
from reelm_audit.witness.request import Request

FOO_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
POEM = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore \
NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""
SOFA_LOG = (
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
SOFA_OTHER = (
    "— example.com/behind-the-sofa "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n"
)
SOFA_WITNESS = (
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
REQUEST = f"""\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

{SOFA}
{SOFA_LOG}{SOFA_OTHER}"""
RESPONSE = """\
— witness.example/w1 \
CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
— witness.example/w1 \
I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
— witness.example/w2 \
AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
"""
# Only its signatures are cut short on the page; another example's is in their place.
PROOF = f"""\
c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

{SOFA_WITNESS}"""
POLICY = """\
log {log}

witness X1 {0}
witness X2 {1}
witness X3 {2}
group X-witnesses 2 X1 X2 X3

witness Y1 {3}
witness Y2 {4}
witness Y3 {5}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_signed_note_verifies_with_its_key() -> None:
    key, note = VerifierKey.parse(FOO_KEY), Note.parse(FOO_NOTE.encode())
    assert key.kind is Kind.ED25519
    assert str(key) == FOO_KEY
    assert check_signed(note, key) is None
    assert bytes(note) == FOO_NOTE.encode()


def test_signed_note_with_another_letter_does_not_verify() -> None:
    note = Note.parse(FOO_NOTE.replace("example message", "example Message").encode())
    with pytest.raises(Untrusted):
        check_signed(note, VerifierKey.parse(FOO_KEY))


def test_signed_note_with_an_empty_line_in_its_text() -> None:
    note = Note.parse(POEM.encode())
    assert note.text.count("\n") == 4
    assert note.signatures[0].name == "quasimodo.example/salvatore"
    assert bytes(note) == POEM.encode()


def test_checkpoint() -> None:
    note = Note.parse(f"{SOFA}\n{SOFA_LOG}".encode())
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert base64.encode(checkpoint.root) == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    assert str(checkpoint) == SOFA


def test_cosignature_says_when_it_was_made() -> None:
    note = Note.parse(f"{SOFA}\n{SOFA_LOG}{SOFA_WITNESS}".encode())
    stamp = note.signatures[1].signature[:8]
    assert int.from_bytes(stamp, "big") == 1_679_315_147  # as in the page's signed message
    assert len(note.signatures[1].signature) == 8 + 64


def test_witness_request_and_response() -> None:
    request = Request.parse(REQUEST.encode())
    assert (request.old_size, len(request.proof)) == (20_852_014, 4)
    assert request.checkpoint.size == 20_852_163
    assert len(request.note.signatures) == 2
    lines = parse_signatures(RESPONSE)
    assert [line.name for line in lines] == ["witness.example/w1", "witness.example/w1", "witness.example/w2"]
    assert "".join(line.line() for line in lines) == RESPONSE


def test_proof() -> None:
    proof = Proof.parse(PROOF.encode())
    assert (proof.index, len(proof.hashes)) == (73_894, 5)
    assert proof.extra is not None
    assert proof.extra.startswith(b"age-v1.2.1-darwin-arm64.tar.gz")
    assert Checkpoint.parse(proof.note.text).size == 109_482
    assert bytes(proof) == PROOF.encode()


@pytest.mark.parametrize(
    ("witnessed", "is_enough"),
    [
        ({"X1", "X2", "Y1"}, True),
        ({"X1", "X3", "Y3"}, True),
        ({"X1", "X2", "X3"}, False),
        ({"X1", "Y1", "Y2", "Y3"}, False),
        (set(), False),
    ],
)
def test_policy_of_two_levels(witnessed: set[str], is_enough: bool) -> None:  # noqa: FBT001 - a column of the table
    keys = [
        VerifierKey(f"w{number}.example", Kind.ED25519_COSIGNATURE, bytes([number]) * 32)
        for number in range(6)
    ]
    policy = Policy.parse(POLICY.format(*keys, log=FOO_KEY).encode())
    assert (policy.quorum_seconds(dict.fromkeys(witnessed, 5)) is not None) is is_enough


def test_tile_path() -> None:
    assert Part(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Part(None, 5, 17).path == "tile/entries/005.p/17"
    assert Part(3, 1000).path == "tile/3/x001/000"


def test_tiles_of_70_000_and_of_256_entries() -> None:
    levels = {level: [part.width for part in parts(level, 70_000)] for level in range(4)}
    assert levels[0] == [256] * 273 + [112]
    assert levels[1] == [256, 17]
    assert levels[2] == [1]
    assert levels[3] == []
    assert [[part.width for part in parts(level, 256)] for level in range(3)] == [[256], [1], []]
