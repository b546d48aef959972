"""A large log written fast, for the auditor to read: nothing of it is durable."""

from pathlib import Path

from reelm_audit.tlog import base64
from reelm_audit.tlog.keys import Kind, SignerKey, VerifierKey
from reelm_audit.tlog.merkle import Frontier, fold, leaf_hash
from reelm_audit.tlog.note import Note
from reelm_audit.tlog.tiles import WIDTH, Part, join_bundle

ORIGIN = "bench.example/ledger"
_DIGEST = "7c" * 32
_LEAF = (
    '{{"kind":"access.read","private":"{0:064x}","public":{{"actor":"sam-7f3a","data":["email","sessions"],'
    '"policy_digest":"{digest}","purpose":"ticket","request_digest":"{0:064x}","role":"support",'
    '"ticket":"t-{0}"}},"realm":"bench","time":"2026-09-25T{1:02d}:{2:02d}:{3:02d}.{4:03d}Z","v":1}}'
)


def leaf(number: int) -> bytes:
    """About 390 bytes, as most leaves of a realm have; a hundred a second, so that they are in order."""
    seconds, hundredths = divmod(number, 100)
    hour, minute, second = seconds // 3600 % 24, seconds // 60 % 60, seconds % 60
    return _LEAF.format(number, hour, minute, second, 10 * hundredths, digest=_DIGEST).encode()


def write_log(folder: Path, count: int) -> VerifierKey:
    """A signed log of ``count`` leaves in a folder; the key of its signature."""
    frontier = Frontier()
    levels: list[list[bytes]] = [[]]
    for start in range(0, count, WIDTH):
        entries = [leaf(number) for number in range(start, min(start + WIDTH, count))]
        _write(folder, Part(None, start // WIDTH, len(entries)), join_bundle(entries))
        for entry in entries:
            digest = leaf_hash(entry)
            frontier.push(digest)
            levels[0].append(digest)
    while levels[-1]:
        hashes = levels[-1]
        for at in range(0, len(hashes), WIDTH):
            cut = hashes[at : at + WIDTH]
            _write(folder, Part(len(levels) - 1, at // WIDTH, len(cut)), b"".join(cut))
        full = range(0, len(hashes) // WIDTH * WIDTH, WIDTH)
        levels.append([fold(hashes[at : at + WIDTH]) for at in full])
    key = SignerKey(ORIGIN, Kind.ED25519, bytes(32))
    text = f"{ORIGIN}\n{count}\n{base64.encode(frontier.root())}\n"
    (folder / "checkpoint").write_bytes(bytes(Note(text, (key.sign(text),))))
    return key.verifier


def _write(folder: Path, part: Part, raw: bytes) -> None:
    path = folder / part.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
