"""What the formats refuse: one text for one value, and nothing left over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm_audit.errors import Malformed, Untrusted
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import Kind, SignerKey, VerifierKey, check_signed
from reelm_audit.tlog.note import Note, Signature
from reelm_audit.tlog.policy import Policy
from reelm_audit.tlog.proof import Proof
from reelm_audit.tlog.tiles import cut_bundle, cut_tile, join_bundle
from reelm_audit.witness.request import Request
from support.ledger.logs import signer

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
TEXT = f"log.example\n5\n{ROOT}\n"
LOG = signer("log.example", 1, Kind.ED25519)
ONE = signer("one.example", 2)
TWO = signer("two.example", 3, Kind.ML_DSA_44_COSIGNATURE)
KINDS = pytest.mark.parametrize("key", [LOG, ONE, TWO], ids=lambda key: key.kind.name)


@KINDS
def test_a_signature_of_each_kind_holds_for_its_text_alone(key: SignerKey) -> None:
    note = Note(TEXT, (key.sign(TEXT, seconds=7),))
    assert check_signed(Note.parse(bytes(note)), key.verifier) == (7 if key.kind.is_timestamped else None)
    with pytest.raises(Untrusted):
        check_signed(Note(TEXT.replace("5", "6"), note.signatures), key.verifier)


@KINDS
def test_no_bit_of_a_signature_can_be_flipped(key: SignerKey) -> None:
    made = key.sign(TEXT, seconds=7)
    for at in range(0, len(made.signature), 7):
        flipped = bytearray(made.signature)
        flipped[at] ^= 1 << at % 8
        with pytest.raises(Untrusted):
            key.verifier.check(TEXT, Signature(made.name, made.key_id, bytes(flipped)))


def test_a_cosignature_without_a_time_is_none() -> None:
    with pytest.raises(Untrusted):
        ONE.verifier.check(TEXT, ONE.sign(TEXT, seconds=0))


def test_a_new_cosignature_is_in_its_cosigners_name() -> None:
    other = SignerKey("other.example", TWO.kind, TWO.seed)
    made = TWO.sign(TEXT, seconds=7)
    with pytest.raises(Untrusted):
        other.verifier.check(TEXT, Signature("other.example", other.verifier.key_id, made.signature))


@KINDS
def test_keys_are_read_back_as_written(key: SignerKey) -> None:
    assert SignerKey.parse(key.reveal()) == key
    assert VerifierKey.parse(str(key.verifier)) == key.verifier
    assert key.reveal() not in repr(key)


@pytest.mark.parametrize(
    "text",
    [
        "log.example",
        "log.example+00000000+AQ==",
        str(LOG.verifier).replace("log.", "lag."),
        str(LOG.verifier)[:-4] + "AAA=",
        str(LOG.verifier).replace("+AY", "+BY"),
        "a b+00000000+" + str(LOG.verifier).rpartition("+")[2],
        "log.example+12345678+Ag==",
    ],
)
def test_a_mistyped_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAA=",
        b"text\n\n\xe2\x80\x94 a AAAAAAB=\n",
        b"text\n\n\xe2\x80\x94 a AAAAAA==\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 AAAAAAA=\n",
        b"text\n\n- a AAAAAAA=\n",
        b"te\txt\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"te\xffxt\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n" + b"\xe2\x80\x94 a AAAAAAA=\n" * 65,
        b"x" * (256 << 10) + b"\n\n\xe2\x80\x94 a AAAAAAA=\n",
    ],
)
def test_a_note_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        Note.parse(raw)


@pytest.mark.parametrize(
    "text",
    [
        "log.example\n5\n",
        f"log.example\n05\n{ROOT}\n",
        f"log.example\n-5\n{ROOT}\n",
        f"log.example\n5 \n{ROOT}\n",
        f"log.example\n\N{ARABIC-INDIC DIGIT FIVE}\n{ROOT}\n",
        f"log.example\n{1 << 63}\n{ROOT}\n",
        f"\n5\n{ROOT}\n",
        f"log.example\n5\n{ROOT[:-2]}J=\n",
        "log.example\n5\nAAAA\n",
        f"log.example\n5\n{ROOT}\n\nmore\n",
        f"log.example\n5\n{ROOT}",
    ],
)
def test_a_checkpoint_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "quorum none",
        "witness a {0}\n",
        "quorum none\nquorum none\n",
        "witness a {0}\nquorum b\n",
        "quorum a\nwitness a {0}\n",
        "witness a {0}\nwitness a {1}\nquorum a\n",
        "witness a {0}\nwitness b {0}\nquorum a\n",
        "witness none {0}\nquorum none\n",
        "witness a {log}\nquorum a\n",
        "log {log}\nlog {log}\nquorum none\n",
        "witness a {0}\ngroup g 2 a\nquorum g\n",
        "witness a {0}\ngroup g 0 a\nquorum g\n",
        "witness a {0}\ngroup g any a a\nquorum g\n",
        "witness a {0}\ngroup g any a\ngroup h any a\nquorum h\n",
        "witness a {0}\ngroup g any none\nquorum g\n",
        "witness a {0}\ngroup g any g\nquorum g\n",
        "group g any\nquorum g\n",
        "quorum none\x07\n",
        "quorum none\r\n",
        "verb a\nquorum none\n",
        "log {log} https://one https://two\nquorum none\n",
    ],
)
def test_a_policy_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Policy.parse(text.format(ONE.verifier, TWO.verifier, log=LOG.verifier).encode())


def test_a_policy_may_have_comments_tabs_and_any_bytes_in_names() -> None:
    log = f"\t log {LOG.verifier}\thttps://log.example \n"
    text = f"# caf\xe9\n{log}\nwitness K\xe2 {ONE.verifier}\nquorum K\xe2\n"
    policy = Policy.parse(text.encode("latin-1"))
    note = Note(TEXT, (LOG.sign(TEXT), ONE.sign(TEXT, seconds=9)))
    assert list(policy.check(note).values()) == [9]


def test_a_quorum_is_as_old_as_the_one_that_it_cannot_do_without() -> None:
    text = f"witness a {ONE.verifier}\nwitness b {TWO.verifier}\ngroup g all a b\nquorum g\n"
    policy = Policy.parse(text.encode())
    assert policy.quorum_seconds({"a": 10, "b": 1000}) == 10
    assert policy.quorum_seconds({"b": 1000}) is None


@pytest.mark.parametrize(
    "head",
    [
        "c2sp.org/tlog-proof@v2\nindex 0\n",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\nindex 01\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{ROOT}\n" * 64,
    ],
)
def test_a_receipt_that_is_none_is_refused(head: str) -> None:
    with pytest.raises(Malformed):
        Proof.parse(head.encode() + b"\n" + bytes(Note(TEXT, (LOG.sign(TEXT),))))


@pytest.mark.parametrize(
    "head", ["", "old\n", "old 01\n", "old -1\n", "old 1 2\n", "new 1\n", "old 0\nAAAA\n"]
)
def test_a_request_that_is_none_is_refused(head: str) -> None:
    with pytest.raises(Malformed):
        Request.parse(head.encode() + b"\n" + bytes(Note(TEXT, (LOG.sign(TEXT),))))


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20))
def test_a_bundle_is_cut_as_it_was_joined(entries: list[bytes]) -> None:
    raw = join_bundle(entries)
    assert cut_bundle(raw, len(entries)) == entries
    for bad, width in ((raw + b"\0", len(entries)), (raw, len(entries) + 1), (raw[:-1], len(entries))):
        with pytest.raises(Malformed):
            cut_bundle(bad, width)


def test_a_tile_has_exactly_its_hashes() -> None:
    assert cut_tile(bytes(64), 2) == [bytes(32), bytes(32)]
    with pytest.raises(Malformed):
        cut_tile(bytes(63), 2)
