"""Gives stored objects back when Reelm is gone: a reader of RVF1 fragments that needs nothing of Reelm.

    python tools/rvf1.py show FILE...
    python tools/rvf1.py open -o OUT [--key-file KEY] [--seal-key-file K] FILE...

"Section" is one of docs/spec/rvf1.md. FILE are fragments, in any order and under any names; any `k` good
ones of an object are enough. KEY is the owner's wrapping key, K the realm's seal key: 32 raw bytes or 64
hexadecimal digits. It needs Python 3.11, numpy and cryptography, and in memory a few runs of blocks and some
hundred bytes for each chunk. The exit status is 0 when `show` found every file good or `open` wrote OUT.
"""

import argparse
import hashlib
import hmac
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Octets = NDArray[np.uint8]
ALTERED = "not as written"
RUN_BYTES = 4 << 20  # how much of an object of smaller chunks is read, checked and decoded at once


class Refused(Exception):
    """A check of section 11 failed: its name on the page, and what was found."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"{check}: {detail}")
        self.check = check


def require(holds: bool, check: str, detail: str) -> None:  # noqa: FBT001 - reads as a sentence at every call
    if not holds:
        raise Refused(check, detail)


# BLAKE3 (its paper, section 2): equally long messages at once, a lane for each 1024-byte chunk of each.
IV = np.array([int(prime**0.5 % 1 * 2**32) for prime in (2, 3, 5, 7, 11, 13, 17, 19)], np.uint32)
CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED_HASH = 1, 2, 4, 8, 16
SCHEDULE = [list(range(16))]  # the message words in the order in which each round takes them
for _ in range(6):
    SCHEDULE.append([SCHEDULE[-1][word] for word in (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)])


def blake3(messages: Sequence[bytes], key: bytes | None = None) -> list[bytes]:
    """The 32-byte digests of messages of one length, below 4 TiB; keyed if there is a key of 32 bytes."""
    size, count = len(messages[0]), len(messages)
    chunks = max(1, -(-size // 1024))
    full, rest = (chunks - 1) * count, size - (chunks - 1) * 1024
    last = max(0, rest - 1) // 64  # the last block of the last chunk
    padded = np.zeros((count, chunks * 1024 if full else (last + 1) * 64), np.uint8)
    for row, message in zip(padded, messages, strict=True):
        row[:size] = np.frombuffer(message, np.uint8)
    # Axes: block within the chunk, word, lane. Lanes go by chunk: the messages' last chunks are the last.
    axes = padded.view("<u4").reshape(count, chunks, -1, 16).transpose(2, 3, 1, 0)
    words = axes.reshape(-1, 16, chunks * count)
    start, mode = (IV, 0) if key is None else (np.frombuffer(key, "<u4").astype(np.uint32), KEYED_HASH)
    values = np.repeat(start[:, None], chunks * count, axis=1)
    for block in range(len(words)):
        lanes = chunks * count if block <= last else full
        tail = np.zeros((4, lanes), np.uint32)  # the counter's low and high half, length of the block, flags
        tail[0], tail[2] = np.arange(lanes) // count, 64
        tail[3] = mode | (CHUNK_START if block == 0 else CHUNK_END if block == 15 else 0)
        if block == last:
            tail[2, full:] = rest - last * 64
            tail[3, full:] |= CHUNK_END | (0 if full else ROOT)
        values[:, :lanes] = _compress(values[:, :lanes], words[block, :, :lanes], tail)
    while chunks > 1:  # the tree: neighbours are joined from the left, an odd last one moves up
        paired = chunks // 2 * 2
        level = values.reshape(8, chunks, count)
        children = np.concatenate((level[:, 0:paired:2], level[:, 1:paired:2])).reshape(16, -1)
        tail = np.zeros((4, children.shape[1]), np.uint32)
        tail[2], tail[3] = 64, mode | PARENT | (ROOT if chunks == 2 else 0)
        parents = _compress(np.repeat(start[:, None], children.shape[1], axis=1), children, tail)
        values = np.concatenate((parents, level[:, paired:].reshape(8, -1)), axis=1)
        chunks -= paired // 2
    return [digest.tobytes() for digest in values.T.astype("<u4")]


def _compress(values: Words, block: Words, tail: Words) -> Words:
    a, b, d = values[:4].copy(), values[4:].copy(), tail  # the 4 by 4 state by rows
    c = np.repeat(IV[:4, None], values.shape[1], axis=1)
    for order in SCHEDULE:
        _mix(a, b, c, d, block[order[0:8:2]], block[order[1:8:2]])  # columns
        b, c, d = b[[1, 2, 3, 0]], c[[2, 3, 0, 1]], d[[3, 0, 1, 2]]
        _mix(a, b, c, d, block[order[8::2]], block[order[9::2]])  # diagonals
        b, c, d = b[[3, 0, 1, 2]], c[[2, 3, 0, 1]], d[[1, 2, 3, 0]]
    return np.concatenate((a ^ c, b ^ d))


def _mix(a: Words, b: Words, c: Words, d: Words, *words: Words) -> None:
    for word, first, second in zip(words, (16, 8), (12, 7), strict=True):
        a += b
        a += word
        d ^= a
        d[:] = d >> first | d << 32 - first
        c += d
        b ^= c
        b[:] = b >> second | b << 32 - second


# Sections 2 and 8.4: `H` of messages of one length, and the tree.
def hashes(suite: int, messages: Sequence[bytes]) -> list[bytes]:
    return [hashlib.sha256(each).digest() for each in messages] if suite == 2 else blake3(messages)


def tree(suite: int, digests: list[bytes]) -> bytes:
    while len(digests) > 1:
        joined = [b"reelm/rvf1/node\0" + a + b for a, b in zip(digests[::2], digests[1::2], strict=False)]
        digests = hashes(suite, joined) + digests[2 * len(joined) :]
    return digests[0]


# The field: section 3.
EXP, LOG = [1], [0] * 256
for _power in range(1, 255):
    EXP.append(EXP[-1] << 1 ^ (0x11D if EXP[-1] & 0x80 else 0))
    LOG[EXP[-1]] = _power
MUL = np.pad(np.array(EXP, np.uint8)[np.add.outer(LOG[1:], LOG[1:]) % 255], (1, 0))
INVERSE = [0] + [EXP[-LOG[a] % 255] for a in range(1, 256)]


def decode(k: int, blocks: dict[int, Octets]) -> Octets:
    """Section 6: the data blocks, one a row, from the verified blocks of any k fragments by index."""
    work = []  # rows of the matrix, each followed by its block: Gauss and Jordan's elimination
    for index, block in blocks.items():
        factors = [index == j if index < k else INVERSE[index ^ j] for j in range(k)]
        work.append(np.concatenate((np.array(factors, np.uint8), block)))
    for at in range(k):
        pivot = next(row for row in range(at, k) if work[row][at])
        work[at], work[pivot] = work[pivot], work[at]
        work[at] = MUL[INVERSE[work[at][at]]][work[at]]
        for row in (row for row in range(k) if row != at and work[row][at]):
            work[row] ^= MUL[work[row][at]][work[at]]
    return np.stack(work)[:, k:]


def secret_of(shares: dict[int, bytes]) -> bytes:  # section 7: `S` from any k shares by their x
    secret = np.zeros(32, np.uint8)
    for x, y in shares.items():
        term = np.frombuffer(y, np.uint8)
        for other in shares.keys() - {x}:
            term = MUL[MUL[other, INVERSE[other ^ x]]][term]
        secret ^= term
    return secret.tobytes()


def padme(length: int) -> int:  # section 4
    e = length.bit_length() - 1
    z = e - e.bit_length() if length > 1 else 0
    return -(-length >> z) << z


class Fragment:
    """A file that passed the checks 1 to 14. Fields: see section 8; check 17 compares `object`."""

    def __init__(self, path: Path, root: bytes | None) -> None:
        self.path = path
        size = path.stat().st_size
        require(size >= 213, "truncated", f"{size} bytes are less than a header")
        raw = self._part(0, 213)
        self._check_header(raw)
        body, after = (self.m - 1) * self.block(0) + self.block(self.m - 1), 32 * (self.m + self.n + 2) + 32
        require(size == 213 + body + after, "length", f"{size} bytes, not {213 + body + after}, of {self}")
        self._check_trailer(raw, self._part(213 + body, after), root)

    def _check_header(self, raw: bytes) -> None:
        require(raw[:4] == b"RVF1", "magic", "it is not a fragment")
        require(raw[4:6] == bytes([0, 207]), "header-length", "it is not 207")
        require(raw[6] == 1, "format", f"{raw[6]} is not known")
        require(raw[7] in {1, 2, 3}, "suite", f"{raw[7]} is not known")
        self.suite, self.realm_id, self.object_id, self.generation = struct.unpack(">B8s16sQ", raw[7:40])
        self.k, self.n, self.index, log2, self.padded_len = struct.unpack(">4BQ", raw[40:52])
        self.key_epoch, self.wrapped_dek, self.share_x = struct.unpack(">I60sB", raw[52:117])
        self.share_y, self.commitment, self.header_hash = struct.unpack("32s32s32s", raw[117:])
        fits = 2 <= self.k < self.n <= 32 and self.index < self.n and self.generation > 0
        fits &= 10 <= log2 <= 24 and self.padded_len <= 1 << 47
        require(fits, "shape", "k, n, index, generation, chunk_log2 or padded_len is out of range")
        fits = not any(raw[52:181]) if self.suite == 3 else self.share_x == self.index + 1
        require(fits, "locks", "share x, or a key field of suite 3, is not what it must be")
        common = b"reelm/rvf1/common\0" + raw[6:42] + raw[43:44] + raw[52:116]
        require(hashes(self.suite, [common])[0] == self.header_hash, "header-hash", ALTERED)
        self.chunk = 1 << log2
        self.m = max(1, -(-self.padded_len // self.chunk))

    def _check_trailer(self, raw: bytes, trailer: bytes, root: bytes | None) -> None:
        ends = int.from_bytes(trailer[-8:-4]), trailer[-4:]
        require(ends == (len(trailer), b"RVF1"), "trailer", "the end is not as written")
        digests = [trailer[at : at + 32] for at in range(0, 32 * (self.m + self.n), 32)]
        self.leaves, roots = digests[: self.m], digests[self.m :]
        self.object_root, self.length_box, self.seal = struct.unpack("32s24s32s", trailer[-96:-8])
        head_leaf = hashes(self.suite, [b"reelm/rvf1/head\0" + raw])
        require(tree(self.suite, head_leaf + self.leaves) == roots[self.index], "fragment-root", ALTERED)
        whole = self.header_hash + self.padded_len.to_bytes(8) + self.length_box + tree(self.suite, roots)
        found = hashes(self.suite, [b"reelm/rvf1/object\0" + whole])[0]
        same = self.object_root == found == (root or found)
        require(same, "object-root", ALTERED + ", or not the expected one")
        same = self.suite != 3 or self.length_box == self.padded_len.to_bytes(8) + bytes(16)
        require(same, "true-length", "the length box does not fit padded_len")
        self.object = self.header_hash, self.padded_len, self.commitment, found, self.length_box, self.seal

    def __str__(self) -> str:
        what = f"fragment {self.index} of {self.n} (any {self.k} will do), {self.padded_len} bytes"
        return f"{what}, object {self.object_id.hex()}, generation {self.generation}, suite {self.suite}"

    def stripe(self, c: int) -> int:  # s(c): section 5
        return int(min(self.chunk, self.padded_len - c * self.chunk)) + (0 if self.suite == 3 else 16)

    def block(self, c: int) -> int:  # b(c): section 6
        return -(-self.stripe(c) // int(self.k))

    def runs(self, first: int, end: int) -> Iterator[range]:
        """The chunks from first to before end, a bounded number at once; the shorter last one by itself."""
        while first < end:
            stop = min(first + max(1, RUN_BYTES // self.chunk), max(first + 1, self.m - 1), end)
            yield range(first, stop)
            first = stop

    def _part(self, at: int, size: int) -> bytes:
        part = np.fromfile(self.path, np.uint8, size, offset=at).tobytes()
        require(len(part) == size, "truncated", f"the file ends before byte {at + size}")
        return part

    def blocks(self, run: range) -> Octets:
        """Check 15: the blocks of a run, one after the other."""
        size = self.block(run.start)
        part = self._part(213 + run.start * self.block(0), len(run) * size)
        start = b"reelm/rvf1/leaf\0" + self.realm_id + self.object_id
        start += struct.pack(">QB", self.generation, self.index)
        inputs = [start + c.to_bytes(8) + part[at * size : (at + 1) * size] for at, c in enumerate(run)]
        for c, leaf in zip(run, hashes(self.suite, inputs), strict=True):
            require(leaf == self.leaves[c], "leaf", f"block {c} was altered in {self}")
        return np.frombuffer(part, np.uint8)


Lost = list[tuple[Path, Exception]]  # the files that are no use, and why
Keys = tuple[bytes | None, bytes | None, bytes | None]  # as far as known: owner's key, seal key, object root
EVERYTHING = (0, 1 << 63)


def inspect(paths: Sequence[Path], lost: Lost, root: bytes | None, *, whole: bool) -> list[Fragment]:
    """The files that pass the checks 1 to 14, or with all of their blocks 15."""
    passed = []
    for path in paths:
        try:
            fragment = Fragment(path, root)
            for run in fragment.runs(0, fragment.m if whole else 0):
                fragment.blocks(run)
            passed.append(fragment)
        except (OSError, Refused) as error:
            lost.append((path, error))
    return sorted(passed, key=lambda each: each.index)


def by_object(passed: Sequence[Fragment]) -> list[tuple[int, list[Fragment]]]:
    """How many more fragments each object needs, and those that it has; the nearest first."""
    groups: dict[object, list[Fragment]] = {}
    for each in passed:
        groups.setdefault(each.object, []).append(each)
    needs = ((each[0].k - len({one.index for one in each}), each) for each in groups.values())
    return sorted(needs, key=lambda pair: pair[0])


def choose(passed: Sequence[Fragment], lost: Lost) -> list[Fragment]:
    """Checks 16 and 17: the fragments of the one object of which enough are here."""
    require(bool(passed), "too-few", "no file is a good fragment")
    (more, best), *others = by_object(passed)
    enough = len({each.index for each in passed}) >= best[0].k
    require(enough, "too-few", f"{more} more needed, any of this object: {best[0]}")
    agree = more <= 0 and all(needed > 0 for needed, _ in others)
    require(agree, "disagree", f"they belong to {1 + len(others)} objects: give those of one (`show` tells)")
    why = "the others are of another object: "
    lost += [(each.path, Refused("disagree", f"{why}{each}")) for each in passed if each not in best]
    return best


def verified(pool: list[Fragment], run: range, lost: Lost) -> dict[int, Octets]:
    """The blocks of the run from k fragments, by index; a fragment that fails leaves the pool."""
    k, good = pool[0].k, dict[int, Octets]()
    for each in list(pool):
        if len(good) < k and each.index not in good:
            try:
                good[each.index] = each.blocks(run)
            except (OSError, Refused) as error:
                pool.remove(each)
                lost.append((each.path, error))
    require(len(good) == k, "too-few", f"{k - len(good)} more needed besides {len(good)} good ones")
    return good


def unseal(check: str, key: bytes, nonce_text_associated: tuple[bytes, bytes, bytes]) -> bytes:
    try:
        return AESGCM(key).decrypt(*nonce_text_associated)
    except InvalidTag:
        raise Refused(check, "it does not open") from None


def unlock(pool: Sequence[Fragment], owner: bytes | None, seal: bytes | None) -> tuple[int, bytes]:
    """Checks 18 to 21: the true length and `CK` (section 9)."""
    one = pool[0]
    length, chunk_key = one.padded_len, b""
    if one.suite != 3:
        if owner is None:
            raise Refused("key", f"the owner's key is needed, the one of epoch {one.key_epoch}")
        dek = unseal("key", owner, (one.wrapped_dek[:12], one.wrapped_dek[12:], b"reelm/dek/1"))
        shares = {each.share_x: each.share_y for each in pool}
        secret = secret_of({x: shares[x] for x in list(shares)[: one.k]})
        okm = HKDF(SHA256(), 96, one.object_id, b"reelm/vault/1" + one.header_hash).derive(dek + secret)
        require(hmac.compare_digest(okm[32:64], one.commitment), "commitment", "it is not the header's")
        box = unseal("true-length", okm[64:], (bytes(12), one.length_box, one.header_hash))
        length, chunk_key = int.from_bytes(box), okm[:32]
        require(padme(length) == one.padded_len, "true-length", f"{length} does not fit padded_len")
    if seal is not None:
        text = b"reelm/rvf1/seal\0" + one.header_hash + one.object_root + length.to_bytes(8)
        mac = hmac.digest(seal, text, "sha256") if one.suite == 2 else blake3([text], seal)[0]
        require(hmac.compare_digest(mac, one.seal), "seal", "it was not made with this seal key")
    return length, chunk_key


def read(paths: Sequence[Path], keys: Keys, lost: Lost, span: Sequence[int] = EVERYTHING) -> Iterator[bytes]:
    """Bytes [start, end) of the object, in pieces that have passed every check (sections 11 and 12)."""
    owner, seal, root = keys
    pool = choose(inspect(paths, lost, root, whole=False), lost)
    one, unlocked, (start, end) = pool[0], None, span
    first = min(start // one.chunk, one.m - 1)
    for run in one.runs(first, max(first + 1, min(one.m, -(-end // one.chunk)))):
        data = decode(one.k, verified(pool, run, lost))
        length, chunk_key = unlocked = unlocked or unlock(pool, owner, seal)
        for c, columns in zip(run, np.split(data, len(run), axis=1), strict=True):
            piece = columns.tobytes()[: one.stripe(c)]
            if one.suite != 3:
                nonce = c.to_bytes(11) + bytes([c == one.m - 1])
                piece = unseal("chunk", chunk_key, (nonce, piece, one.header_hash))
            at = c * one.chunk
            yield piece[max(0, start - at) : max(0, min(length, end) - at)]


def save(out: Path, pieces: Iterator[bytes]) -> None:
    """Writes the file whole or not at all."""
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    print(f"{out}: {out.stat().st_size} bytes")


def key_in(path: Path) -> bytes:
    key = path.read_bytes()
    key = bytes.fromhex(key.decode()) if re.fullmatch(rb"\s*[0-9a-fA-F]{64}\s*", key) else key
    require(len(key) == 32, "key-file", f"{path} is not 32 bytes or 64 hexadecimal digits")
    return key


def main() -> int:
    parser = argparse.ArgumentParser(description="A reader of stored fragments; see the head of this file.")
    parser.add_argument("command", choices=["show", "open"])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("-o", dest="out", type=Path, help="the file to write; must not exist")
    parser.add_argument("--key-file", type=Path, help="the owner's key; suite 3 needs none")
    parser.add_argument("--seal-key-file", type=Path, help="the realm's seal key, to check who wrote it")
    parser.add_argument("--object-root", type=bytes.fromhex, help="the root in the realm's records")
    parser.add_argument("--range", type=int, nargs=2, default=EVERYTHING, help="from byte A to before byte B")
    given, lost = parser.parse_args(), Lost()
    try:
        if given.command == "show":
            for each in (good := inspect(given.files, lost, given.object_root, whole=True)):
                print(f"{each.path}: good: {each}")
            for more, (one, *_) in by_object(good):
                print(f"object {one.object_id.hex()}: {max(0, more)} more of its fragments needed;")
                print(f" realm {one.realm_id.hex()}, key epoch {one.key_epoch}, root {one.object_root.hex()}")
        else:
            require(given.out and not given.out.exists(), "output", "-o OUT is needed and must not exist yet")
            owner, seal = (path and key_in(path) for path in (given.key_file, given.seal_key_file))
            save(given.out, read(given.files, (owner, seal, given.object_root), lost, given.range))
            if seal is given.object_root is None:
                print("Without the seal key or the object root, nothing shows that this realm wrote it.")
        refused = given.command == "show" and bool(lost)
    except (OSError, Refused) as error:
        lost.append((Path("REFUSED"), error))
        refused = True
    print("".join(f"{path}: {why}\n" for path, why in lost), end="")
    return int(refused)


if __name__ == "__main__":
    sys.exit(main())
