"""The tree of RFC 6962 as the RFC writes it down: recursive, slow, and sharing no code with ours."""

import hashlib
from collections.abc import Sequence


def mth(entries: Sequence[bytes]) -> bytes:
    count = len(entries)
    if count == 0:
        return hashlib.sha256().digest()
    if count == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(count)
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), mth(entries[k:])]
    return [*path(index - k, entries[k:]), mth(entries[:k])]


def proof(old: int, entries: Sequence[bytes]) -> list[bytes]:
    return subproof(old, entries, is_whole=True)


def subproof(old: int, entries: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    if old == len(entries):
        return [] if is_whole else [mth(entries)]
    k = split(len(entries))
    if old <= k:
        return [*subproof(old, entries[:k], is_whole=is_whole), mth(entries[k:])]
    return [*subproof(old - k, entries[k:], is_whole=False), mth(entries[:k])]


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k
