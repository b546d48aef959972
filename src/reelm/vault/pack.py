"""Seal, parse and open RVP1: a pack is entries one behind the other, each a small object sealed on its own.

::

    0     "RVP1"  format u8  suite u8  realm 8  entry 16  key_epoch u32  length u32  wrapped DEK 60   98 bytes
    98    key commitment 32
    130   the bytes, encrypted and with a tag of 16; as they are in the media suite

A pack itself is an ordinary object. So there are two locks before an entry: the realm's key together with k
providers opens the pack around it, and the owner's key opens the entry. Source: docs/spec/rvp1.md.
"""

import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reelm.base import Entropy, ReelmError, Secret
from reelm.vault import digest
from reelm.vault.errors import FailedCheck, KeyNeeded, KeyRefused, ObjectBroken
from reelm.vault.format import TAG_BYTES, WRAPPED_BYTES
from reelm.vault.model import Suite
from reelm.vault.ports import Wrapper

MAGIC: Final = b"RVP1"
FORMAT: Final = 1
DEK_BYTES: Final = 32
_BOUND: Final = struct.Struct(">4sBB8s16sII60s")
COMMITMENT_BYTES: Final = 32
HEAD_BYTES: Final = _BOUND.size + COMMITMENT_BYTES
_INFO: Final = b"reelm/pack/1"
_NONCE: Final = bytes(12)  # a key seals one entry and nothing else
_SUITES: Final = frozenset(int(suite) for suite in Suite)


@dataclass(frozen=True, slots=True)
class EntryHead:
    """The first 130 bytes of an entry; epoch, key and commitment are zeros in the media suite."""

    suite: Suite
    realm_id: bytes
    entry_id: bytes
    key_epoch: int
    length_bytes: int
    wrapped_dek: bytes
    commitment: bytes

    @property
    def packed_bytes(self) -> int:
        """Return the length of the entry, the head included."""
        return HEAD_BYTES + self.length_bytes + (TAG_BYTES if self.suite.is_sealed else 0)


@dataclass(frozen=True, slots=True)
class ExpectedEntry:
    """The properties that an entry must have, as the database says."""

    suite: Suite
    realm_id: bytes
    entry_id: bytes
    length_bytes: int
    root: bytes


def seal_entry(
    data: bytes, *, suite: Suite, realm_id: bytes, entry_id: bytes, wrapper: Wrapper | None, entropy: Entropy
) -> bytes:
    """Return one entry, as it lies in every pack that will ever hold it."""
    if not suite.is_sealed or wrapper is None:
        head = _BOUND.pack(
            MAGIC, FORMAT, suite, realm_id, entry_id, 0, len(data), bytes(WRAPPED_BYTES)
        ) + bytes(COMMITMENT_BYTES)
        return head + data
    dek = Secret(entropy.draw(DEK_BYTES))
    bound = _BOUND.pack(MAGIC, FORMAT, suite, realm_id, entry_id, wrapper.epoch, len(data), wrapper.wrap(dek))
    cipher, commitment = _keys(dek, entry_id, bound)
    head = bound + commitment
    return head + cipher.encrypt(_NONCE, data, head)


def parse_head(packed: bytes) -> EntryHead:
    """Return the head of the entry that starts these bytes.

    Raises:
        ObjectBroken: with the first check that fails, in the order of docs/spec/rvp1.md.
    """
    if len(packed) < HEAD_BYTES:
        raise _broken(FailedCheck.TRUNCATED, "An entry ends inside its head.")
    magic, version, suite, realm_id, entry_id, epoch, length, wrapped = _BOUND.unpack_from(packed)
    if magic != MAGIC:
        raise _broken(FailedCheck.MAGIC, "An entry does not start like one.")
    if version != FORMAT:
        raise _broken(FailedCheck.FORMAT, f"An entry has format {version}; this reader knows {FORMAT}.")
    if suite not in _SUITES:
        raise _broken(FailedCheck.SUITE, f"An entry has suite {suite}, which this reader does not know.")
    head = EntryHead(
        Suite(suite), realm_id, entry_id, epoch, length, wrapped, packed[_BOUND.size : HEAD_BYTES]
    )
    if not head.suite.is_sealed and (epoch or any(wrapped) or any(head.commitment)):
        raise _broken(FailedCheck.LOCKS, "An entry has key fields that its suite does not have.")
    return head


def check_entry(packed: bytes, expected: ExpectedEntry) -> EntryHead:
    """Return the head of an entry once it is proven whole and the expected one; needs no key.

    Raises:
        ObjectBroken: it is not.
    """
    head = parse_head(packed)
    stated = (head.suite, head.realm_id, head.entry_id, head.length_bytes)
    if stated != (expected.suite, expected.realm_id, expected.entry_id, expected.length_bytes):
        raise _broken(FailedCheck.IDENTITY, "A pack has another entry in this place than the records say.")
    if len(packed) != head.packed_bytes:
        raise _broken(FailedCheck.LENGTH, "An entry is not as long as its head says.")
    if digest.entry_root(head.suite, packed) != expected.root:
        raise _broken(FailedCheck.OBJECT_ROOT, "An entry does not match its root in the records.")
    return head


def open_entry(packed: bytes, expected: ExpectedEntry, wrapper: Wrapper | None) -> bytes:
    """Return the small object.

    Raises:
        KeyNeeded, KeyRefused: it is sealed.
        ObjectBroken: the bytes are not what the database or the tag say.
    """
    head = check_entry(packed, expected)
    if not head.suite.is_sealed:
        return packed[HEAD_BYTES:]
    if wrapper is None:
        raise KeyNeeded("This object is sealed. Give the key of the account that owns it.")
    try:
        dek = wrapper.unwrap(head.wrapped_dek)
    except ReelmError as error:
        raise KeyRefused(
            FailedCheck.KEY,
            "The key does not open this object: it belongs to someone else, or was destroyed.",
        ) from error
    cipher, commitment = _keys(dek, head.entry_id, packed[: _BOUND.size])
    if not hmac.compare_digest(commitment, head.commitment):
        raise KeyRefused(
            FailedCheck.COMMITMENT, "The key is not the one this object was sealed with. Nothing was read."
        )
    try:
        return cipher.decrypt(_NONCE, packed[HEAD_BYTES:], packed[:HEAD_BYTES])
    except InvalidTag:
        raise _broken(FailedCheck.CHUNK, "An entry does not open under its key.") from None


def walk(pack: bytes) -> Iterator[tuple[int, EntryHead]]:
    """Yield where each entry of a whole pack starts, and its head, for a recovery without a database.

    Raises:
        ObjectBroken: at the first entry that is not whole.
    """
    start = 0
    while start < len(pack):
        head = parse_head(pack[start : start + HEAD_BYTES])
        if start + head.packed_bytes > len(pack):
            raise _broken(FailedCheck.LENGTH, "An entry reaches beyond the end of its pack.")
        yield start, head
        start += head.packed_bytes


def _keys(dek: Secret, entry_id: bytes, bound: bytes) -> tuple[AESGCM, bytes]:
    """Return the cipher and the commitment of one entry."""
    material = HKDF(SHA256(), length=64, salt=entry_id, info=_INFO + bound).derive(dek.reveal())
    return AESGCM(material[:32]), material[32:]


def _broken(fault: FailedCheck, detail: str) -> ObjectBroken:
    return ObjectBroken(fault, f"{detail} Nothing of it was returned. Restore from a copy.")
