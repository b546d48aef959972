"""Qualify a store: try it out before anything is trusted to it.

Nothing here makes a store trustworthy: what it does today it may stop doing tomorrow, and whether it keeps
what it took no test of an hour can tell. It finds what would never work.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from statistics import quantiles

from reelm.base import Clock, Entropy
from reelm.vault.errors import FragmentMissing, FragmentRefused, VaultError
from reelm.vault.ports import Store

_SMALL_BYTES = 4096
# More than two parts of an upload, the last of them short.
_LARGE_BYTES = (20 << 20) + 12_345
_PIECE_BYTES = 1 << 20
_HEAD_BYTES = 213
_ROUNDS = 20


class Suitability(StrEnum):
    """``noted`` is neither good nor bad by itself: nothing in the vault depends on it."""

    OK = "ok"
    NOTED = "noted"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check of a store."""

    check: str
    verdict: Suitability
    detail: str


@dataclass(frozen=True, slots=True)
class Qualification:
    """Every finding about one store, in the order of the checks."""

    target: str
    findings: tuple[Finding, ...]

    @property
    def is_fit(self) -> bool:
        """Return whether no check found the store unfit."""
        return all(finding.verdict is not Suitability.UNFIT for finding in self.findings)


def ok(check: str, detail: str) -> Finding:
    """Return a finding that is good."""
    return Finding(check, Suitability.OK, detail)


def noted(check: str, detail: str) -> Finding:
    """Return a finding that is neither good nor bad."""
    return Finding(check, Suitability.NOTED, detail)


def unfit(check: str, detail: str) -> Finding:
    """Return a finding that rules the store out."""
    return Finding(check, Suitability.UNFIT, detail)


Check = Callable[[], Awaitable[Finding]]


async def run_checks(checks: Sequence[tuple[str, Check]]) -> list[Finding]:
    """Run each check in turn and return the findings; a store that fails a check is one too.

    A store that takes no fragment can show nothing else, so the checks begin with that.
    """
    findings: list[Finding] = []
    for name, check in checks:
        try:
            findings.append(await check())
        except VaultError as error:
            findings.append(unfit(name, error.detail))
        if len(findings) == 1 and findings[0].verdict is Suitability.UNFIT:
            break
    return findings


class StoreQualifier:
    """Checks any store through the port alone; what it writes it removes in ``clean_up``."""

    def __init__(self, store: Store, *, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self.name, self._large_name = entropy.draw(32).hex(), entropy.draw(32).hex()
        self._large = entropy.draw(_PIECE_BYTES) * (_LARGE_BYTES // _PIECE_BYTES + 1)

    def checks(self) -> list[tuple[str, Check]]:
        """Return the checks with their names, in the order in which to run them."""
        return [
            ("write and read", self.write_and_read),
            ("part of a fragment", self.read_part),
            ("overwrite", self.overwrite),
            ("large fragment", self.write_large),
            ("latency", self.measure),
            ("deletion", self.delete),
            ("durability", self.note_durability),
        ]

    async def clean_up(self) -> None:
        """Remove what the checks wrote."""
        for name in (self.name, self._large_name):
            with suppress(VaultError):
                await self._store.delete(name)

    async def write_and_read(self) -> Finding:
        """Check that a fragment comes back as it was written."""
        data = self._entropy.draw(_SMALL_BYTES)
        await self._write(self.name, data)
        found = await self._store.read(self.name, start=0, length=len(data))
        if found != data or await self._store.size(self.name) != len(data):
            return unfit("write and read", "What was written came back changed.")
        return ok("write and read", "A fragment came back as it was written.")

    async def read_part(self) -> Finding:
        """Check that a part comes back, and nothing beyond the end."""
        check = "part of a fragment"
        whole = await self._store.read(self.name, start=0, length=_SMALL_BYTES)
        if await self._store.read(self.name, start=1000, length=500) != whole[1000:1500]:
            return unfit(check, "A request for a part gave other bytes.")
        with suppress(FragmentRefused):
            await self._store.read(self.name, start=_SMALL_BYTES - 1, length=2)
            return unfit(check, "A request beyond the end was answered.")
        return ok(check, "Exactly the bytes asked for, and none beyond the end.")

    async def overwrite(self) -> Finding:
        """Check that the newest bytes of a name come back."""
        data = self._entropy.draw(_SMALL_BYTES)
        await self._write(self.name, data)
        if await self._store.read(self.name, start=0, length=_SMALL_BYTES) != data:
            return unfit("overwrite", "The older bytes came back after newer ones were acknowledged.")
        return ok("overwrite", "The newest bytes came back.")

    async def write_large(self) -> Finding:
        """Check a fragment of several parts, and measure the throughput."""
        data = self._large[:_LARGE_BYTES]
        begun = self._clock.monotonic_seconds()
        await self._write(self._large_name, data)
        written = self._clock.monotonic_seconds()
        found = await self._store.read(self._large_name, start=0, length=len(data))
        read = self._clock.monotonic_seconds()
        if found != data:
            return unfit("large fragment", "What was written in parts came back changed.")
        rates = (len(data) / 1e6 / max(seconds, 1e-6) for seconds in (written - begun, read - written))
        return ok("large fragment", "Came back as written; {:,.0f} MB/s in, {:,.0f} MB/s out.".format(*rates))

    async def measure(self) -> Finding:
        """Measure how long small requests take."""
        puts, gets = [], []
        data = self._entropy.draw(_SMALL_BYTES)
        for _ in range(_ROUNDS):
            begun = self._clock.monotonic_seconds()
            await self._write(self.name, data)
            written = self._clock.monotonic_seconds()
            await self._store.read(self.name, start=0, length=len(data))
            puts.append(written - begun)
            gets.append(self._clock.monotonic_seconds() - written)
        return noted("latency", f"4 KiB: put {_spread(puts)}, get {_spread(gets)}.")

    async def delete(self) -> Finding:
        """Check that a deleted fragment is gone, and that deleting is safe to repeat."""
        await self._store.delete(self.name)
        with suppress(FragmentMissing):
            await self._store.read(self.name, start=0, length=1)
            return unfit("deletion", "A deleted fragment could still be read.")
        await self._store.delete(self.name)
        return ok("deletion", "A deleted fragment is missing, and deleting it again is fine.")

    async def note_durability(self) -> Finding:
        """Note that durability cannot be tried out."""
        return noted("durability", "Cannot be tried out. Read what the provider promises, and scrub.")

    async def _write(self, name: str, data: bytes) -> None:
        writer = await self._store.create(name, head_bytes=_HEAD_BYTES)
        try:
            for start in range(_HEAD_BYTES, len(data), _PIECE_BYTES):
                await writer.write([data[start : start + _PIECE_BYTES]])
            await writer.finish(data[:_HEAD_BYTES])
        finally:
            await writer.abort()


def _spread(seconds: Sequence[float]) -> str:
    points = quantiles(seconds, n=20)
    return f"p50 {points[9] * 1000:.1f} ms and p95 {points[18] * 1000:.1f} ms"
