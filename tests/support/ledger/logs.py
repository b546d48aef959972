"""A log to audit, written by the naive recursive definitions of the specifications and nothing clever.

It shares no tree code with ``reelm`` nor with ``reelm_audit``: an audit of it must come to the same hashes.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from reelm_audit.leaf import canonical
from reelm_audit.tlog import base64
from reelm_audit.tlog.keys import Kind, SignerKey
from reelm_audit.tlog.note import Note

START = 1_790_000_000
ORIGIN = "reelm.example/ledger"
ID = "01h455vb4pex5vsknk084sn02q"


def leaf(number: int, kind: str = "mod.appeal", public: dict[str, object] | None = None) -> bytes:
    """A leaf of the realm ``us``, of the format's canonical form; dated shortly before ``START``."""
    public = {"appeal": _id(number), "decision": _id(number // 2)} if public is None else public
    time = dated(START - 1000 + number // 25, number % 25 * 40)
    return canonical({"kind": kind, "public": public, "realm": "us", "time": time, "v": 1})


def dated(seconds: int, milliseconds: int = 0) -> str:
    """A moment as a leaf writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"


def _id(number: int) -> str:
    return ID[:18] + f"{number:08d}"


def naive_root(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, over hashes of leaves."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return sha256(b"\x01" + naive_root(hashes[:middle]) + naive_root(hashes[middle:])).digest()


def naive_path(at: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(hashes) == 1:
        return []
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    if at < middle:
        return [*naive_path(at, hashes[:middle]), naive_root(hashes[middle:])]
    return [*naive_path(at - middle, hashes[middle:]), naive_root(hashes[:middle])]


def naive_proof(old: int, hashes: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    """PROOF of RFC 6962, section 2.1.2."""
    if old == len(hashes):
        return [] if is_whole else [naive_root(hashes)]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    if old <= middle:
        return [*naive_proof(old, hashes[:middle], is_whole=is_whole), naive_root(hashes[middle:])]
    return [*naive_proof(old - middle, hashes[middle:], is_whole=False), naive_root(hashes[:middle])]


def signer(name: str, number: int, kind: Kind = Kind.ED25519_COSIGNATURE) -> SignerKey:
    """The same number gives the same key."""
    return SignerKey(name, kind, bytes([number]) * 32)


@dataclass
class SomeLog:
    """A log in a folder; ``entries`` may be bent by hand before it is published again."""

    folder: Path
    entries: list[bytes]
    key: SignerKey
    witnesses: tuple[SignerKey, ...]

    @classmethod
    def of(cls, folder: Path, count: int, *, origin: str = ORIGIN) -> "SomeLog":
        """``count`` leaves, two witnesses that must both cosign, published at ``START``."""
        witnesses = (
            signer("one.example/w", 11),
            signer("two.example/w", 12, Kind.ML_DSA_44_COSIGNATURE),
        )
        log = cls(folder, [leaf(n) for n in range(count)], signer(origin, 1, Kind.ED25519), witnesses)
        log.publish()
        return log

    @property
    def hashes(self) -> list[bytes]:
        return [sha256(b"\x00" + entry).digest() for entry in self.entries]

    def note(
        self, size: int | None = None, *, key: SignerKey | None = None, seconds: int | None = None
    ) -> Note:
        """A signed checkpoint, cosigned when ``seconds`` are given."""
        hashes = self.hashes[:size]
        text = f"{self.key.name}\n{len(hashes)}\n{base64.encode(naive_root(hashes))}\n"
        cosigners = () if seconds is None else self.witnesses
        made = [(key or self.key).sign(text), *(each.sign(text, seconds=seconds or 0) for each in cosigners)]
        return Note(text, tuple(made))

    def policy(self) -> bytes:
        names = [f"w{number}" for number in range(len(self.witnesses))]
        lines = [f"log {self.key.verifier}"]
        lines += [f"witness {name} {each.verifier}" for name, each in zip(names, self.witnesses, strict=True)]
        lines += [f"group both all {' '.join(names)}", "quorum both"] if names else ["quorum none"]
        return "".join(f"{line}\n" for line in lines).encode()

    def publish(self, *, seconds: int = START) -> None:
        """Write every file of the log, as its entries now are."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "checkpoint").write_bytes(bytes(self.note()))
        (self.folder / "checkpoint.cosigned").write_bytes(bytes(self.note(seconds=seconds)))
        (self.folder / "policy").write_bytes(self.policy())
        bundles = [len(entry).to_bytes(2, "big") + entry for entry in self.entries]
        self._write("tile/entries", bundles)
        level, hashes = 0, self.hashes
        while hashes:
            self._write(f"tile/{level}", hashes)
            full = range(0, len(hashes) // 256 * 256, 256)
            level, hashes = level + 1, [naive_root(hashes[at : at + 256]) for at in full]

    def _write(self, below: str, pieces: Sequence[bytes]) -> None:
        for at in range(0, len(pieces), 256):
            cut = pieces[at : at + 256]
            suffix = "" if len(cut) == 256 else f".p/{len(cut)}"
            path = self.folder / below / f"{at // 256:03d}{suffix}"  # up to 256,000 entries
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(cut))


def request(
    log: SomeLog, old: int, new: int, *, note: Note | None = None, proof: list[bytes] | None = None
) -> bytes:
    """What a log sends to a witness: honest, but for what is given."""
    if proof is None:
        proof = naive_proof(old, log.hashes[:new]) if 0 < old <= new else []
    lines = [f"old {old}", *map(base64.encode, proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + bytes(note or log.note(new))
