import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from reelm.base import (
    Algorithm,
    Note,
    NoteRefused,
    Secret,
    Signature,
    SigningKey,
    VerifierKey,
    check_signed,
    from_base64,
    read_signatures,
)
from reelm.ledger.checkpoint import Checkpoint, cosigned_seconds
from reelm.ledger.merkle import EMPTY_ROOT
from support.ledger.witnessing import SomeWitness

# Both examples of c2sp.org/signed-note and c2sp.org/tlog-checkpoint, byte for byte.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72"
    "IneyaQM=\n"
).encode()
EXAMPLE_CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9n"
    "To+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqh"
    "f5nNo0xUe+mbIUBkBIfZ+qnA==\n"
).encode()
KEY = SigningKey("us.example/ledger", Secret(bytes(range(32))))
CHECKPOINT = Checkpoint("us.example/ledger", 3, bytes(32))


def test_the_note_of_the_specification_is_signed_by_its_key() -> None:
    key, note = VerifierKey.parse(EXAMPLE_KEY), Note.parse(EXAMPLE_NOTE)
    assert str(key) == EXAMPLE_KEY
    assert note.text == "This is an example message.\n"
    assert note.encode() == EXAMPLE_NOTE
    check_signed(note, key)


def test_a_changed_note_is_refused() -> None:
    note = Note.parse(EXAMPLE_NOTE.replace(b"example message", b"example massage"))
    with pytest.raises(NoteRefused, match="is wrong"):
        check_signed(note, VerifierKey.parse(EXAMPLE_KEY))


def test_one_wrong_signature_of_a_known_key_spoils_a_note() -> None:
    note = Note.parse(EXAMPLE_NOTE)
    forged = Signature("example.com/foo", note.signatures[0].key_id, bytes(64))
    with pytest.raises(NoteRefused, match="is wrong"):
        check_signed(note.with_signatures([forged]), VerifierKey.parse(EXAMPLE_KEY))


def test_signatures_of_strangers_are_passed_over() -> None:
    note = KEY.sign("text\n")
    check_signed(note.with_signatures([Signature("stranger", b"abcd", b"anything")]), KEY.verifier)
    with pytest.raises(NoteRefused, match="did not sign it"):
        check_signed(note, VerifierKey.parse(EXAMPLE_KEY))


def test_the_checkpoint_of_the_specification_is_read_and_written_alike() -> None:
    note = Note.parse(EXAMPLE_CHECKPOINT)
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == note.text
    assert note.encode() == EXAMPLE_CHECKPOINT
    assert len(note.signatures) == 2
    # 8 bytes of time, which the specification gives as 1679315147, before the signature.
    assert int.from_bytes(note.signatures[1].data[:8], "big") == 1679315147


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAA=",
        b"text\n\n\xe2\x80\x94 name AAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAA\n",
        b"text\n\n\xe2\x80\x94 na+me AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94  AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 a b AAAAAAAA\n",
        b"text\n\n- name AAAAAAAA\n",
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"te\rxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"te\txt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAAA\n\n",
        b"x" * (129 << 10),
    ],
)
def test_what_is_no_signed_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteRefused):
        Note.parse(data)


def test_a_text_may_have_empty_lines() -> None:
    note = KEY.sign("one\n\ntwo\n")
    assert Note.parse(note.encode()) == note


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fox+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a+",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "us\n1\n",
        "us\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "us\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "us\n1\nAAAA\n",
        "us\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "us\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nmore\n",
        "us\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        Checkpoint.parse(text)


def test_an_empty_log_has_a_checkpoint() -> None:
    checkpoint = Checkpoint("us", 0, EMPTY_ROOT)
    assert Checkpoint.parse(checkpoint.text) == checkpoint


@pytest.mark.parametrize("algorithm", [Algorithm.ED25519_COSIGNATURE, Algorithm.MLDSA44_COSIGNATURE])
def test_a_cosignature_says_who_saw_which_checkpoint_and_when(algorithm: Algorithm) -> None:
    witness, note = SomeWitness("w1.example", 1, algorithm), KEY.sign(CHECKPOINT.text)
    signature = witness.cosign(note, seconds=1_800_000_000)
    assert cosigned_seconds(note, signature, witness.key) == 1_800_000_000
    assert VerifierKey.parse(str(witness.key)) == witness.key

    other = KEY.sign(Checkpoint("us.example/ledger", 4, bytes(32)).text)
    later = Signature(signature.name, signature.key_id, b"\0\0\0\0\x6b\x49\xd2\x01" + signature.data[8:])
    timeless = Signature(signature.name, signature.key_id, bytes(8) + signature.data[8:])
    for claimed, on in ((signature, other), (later, note), (timeless, note)):
        with pytest.raises(NoteRefused, match="does not belong"):
            cosigned_seconds(on, claimed, witness.key)


def test_a_cosignature_by_a_log_key_counts_for_nothing() -> None:
    note = KEY.sign(CHECKPOINT.text)
    with pytest.raises(NoteRefused, match="does not belong"):
        cosigned_seconds(note, note.signatures[0], KEY.verifier)


def test_an_mldsa_cosignature_is_over_the_structure_of_the_specification() -> None:
    witness, note = SomeWitness("w", 1, Algorithm.MLDSA44_COSIGNATURE), KEY.sign(CHECKPOINT.text)
    message = b"subtree/v1\n\0" + b"\x01w" + (5).to_bytes(8, "big") + b"\x11us.example/ledger"
    message += bytes(8) + (3).to_bytes(8, "big") + bytes(32)
    signed = MLDSA44PrivateKey.from_seed_bytes(bytes([1] * 32)).sign(message)
    signature = Signature("w", witness.key.id, (5).to_bytes(8, "big") + signed)
    assert cosigned_seconds(note, signature, witness.key) == 5


def test_the_signed_message_of_cosignature_v1_is_the_one_of_the_specification() -> None:
    witness, note = SomeWitness("w", 1, Algorithm.ED25519_COSIGNATURE), KEY.sign(CHECKPOINT.text)
    message = b"cosignature/v1\ntime 5\n" + CHECKPOINT.text.encode()
    signed = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)).sign(message)
    signature = Signature("w", witness.key.id, (5).to_bytes(8, "big") + signed)
    assert cosigned_seconds(note, signature, witness.key) == 5


def test_signature_lines_of_an_answer_are_read_alone() -> None:
    signature = SomeWitness("w", 1).cosign(KEY.sign(CHECKPOINT.text), seconds=7)
    assert read_signatures(str(signature)) == (signature,)
    with pytest.raises(NoteRefused):
        read_signatures("")


@pytest.mark.parametrize("text", ["A===", "AA", "AB==", "AA==\n", " AA==", "AA-_"])
def test_only_canonical_base64_is_read(text: str) -> None:
    assert from_base64(text) is None


def test_a_signing_key_shows_nothing() -> None:
    assert repr(KEY) == "SigningKey(us.example/ledger, hidden)"
    with pytest.raises(ValueError, match="no spaces"):
        SigningKey("two words", Secret(bytes(32)))
