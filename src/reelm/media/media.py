"""Offer everything that is done to a file, with its limits in one place."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from reelm.base import Clock, Entropy, Invalid, Secret, TooLarge, Unsupported
from reelm.media.analysis import Analysis, Footage, analyse
from reelm.media.append import FlushPolicy
from reelm.media.arrivals import Allowance, Arrivals, Rules
from reelm.media.cut import WHOLE, Cut
from reelm.media.elsewhere import Encoding, Terms
from reelm.media.encode import Encoded, encode
from reelm.media.ffmpeg import Effort, Encoder, find_ffmpeg, knows_sounds
from reelm.media.lending import Lending
from reelm.media.limits import SourceLimits
from reelm.media.measure import sample
from reelm.media.model import Plan, Probe, Rung
from reelm.media.package import EncryptedRendition, package
from reelm.media.poster import Poster, poster
from reelm.media.probe import probe
from reelm.media.process import Bounds
from reelm.media.rates import Sample
from reelm.media.remux import remux
from reelm.media.remuxable import remuxed_rung
from reelm.media.spool import Spool
from reelm.media.store import Encoders, Fingerprints, ReceivedUploads
from reelm.media.verify import Claim, bad, check_picture, verify
from reelm.realm import Keys

_SLACK_MS = 1_000


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """The folder where files wait, and the limits on working on them.

    Attributes:
        spool: folder for uploads in the clear; private, on the realm's own disk, made when missing.
        limits: what is accepted as a source.
        reserve_bytes: free space that an upload may not use.
        upload_ttl_seconds: how long an upload waits to be posted, or for more of it to arrive.
        allowance: what one account may have waiting.
        flush_policy: how uploads that come in pieces are written.
        inspect_seconds: for looking at one file.
        inspect_memory_bytes: address space of the process that looks.
        effort: what encoding may use.
        terms: how encodings are lent to other machines.
        has_av1: whether clips get ``Plan.av1_rung``.
    """

    spool: Path
    limits: SourceLimits = field(default_factory=SourceLimits)
    reserve_bytes: int = 256 * 1024**2
    upload_ttl_seconds: int = 24 * 3600
    allowance: Allowance = field(default_factory=Allowance)
    flush_policy: FlushPolicy = field(default_factory=FlushPolicy)
    inspect_seconds: float = 60.0
    inspect_memory_bytes: int = 3 * 1024**3
    effort: Effort = field(default_factory=Effort)
    terms: Terms = field(default_factory=Terms)
    has_av1: bool = False


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """The part of media that a realm keeps under its own keys.

    Attributes:
        encoders: the machines elsewhere that may encode.
        fingerprints: what clips are recognised by.
    """

    encoders: Encoders
    fingerprints: Fingerprints

    @classmethod
    def of(cls, keys: Keys, *, clock: Clock, entropy: Entropy) -> Self:
        """Return what the realm of these keys keeps."""
        return cls(Encoders(keys, clock=clock, entropy=entropy), Fingerprints(keys))


class Media:
    """Receives, looks at, encodes and packages files. Knows nobody, and keeps nothing but what waits.

    Attributes:
        spool: the files that wait, and what is made of them.
        uploads: received files that may be posted.
        arrivals: uploads that come in pieces.
        lending: encodings that other machines may do.
    """

    def __init__(
        self, config: MediaConfig, *, clock: Clock, entropy: Entropy, kept: KeptMedia | None = None
    ) -> None:
        self._kept = kept
        self._config = config
        self._entropy = entropy
        self.spool = Spool(config.spool, limits=config.limits, reserve_bytes=config.reserve_bytes)
        self.uploads = ReceivedUploads(config.limits, ttl_seconds=config.upload_ttl_seconds, clock=clock)
        rules = Rules(config.upload_ttl_seconds, config.allowance, config.flush_policy)
        self.arrivals = Arrivals(self.spool, self.uploads, rules, clock=clock)
        self.lending = Lending(self.spool, config.terms, clock=clock, entropy=entropy)
        self._encoder: Encoder | None = None
        self._finding = asyncio.Lock()

    @property
    def kept(self) -> KeptMedia:
        """Return what only an open realm has."""
        assert self._kept is not None, "no realm is open on this machine"  # noqa: S101 - see above
        return self._kept

    @property
    def limits(self) -> SourceLimits:
        return self._config.limits

    @property
    def has_av1(self) -> bool:
        return self._config.has_av1

    async def check_encoder(self) -> None:
        """Raises ``NoEncoder`` or ``NoAv1Encoder`` when what is to be made cannot be made on this machine."""
        await self._find_encoder()

    async def probe(self, path: Path, limits: SourceLimits | None = None) -> Probe:
        """Return facts about a file, or raise why it is refused; see ``reelm.media.probe.probe``."""
        config = self._config
        bounds = Bounds(
            wall_seconds=config.inspect_seconds,
            cpu_seconds=max(1, int(config.inspect_seconds)),
            memory_bytes=config.inspect_memory_bytes,
            file_bytes=0,
        )
        encoder = await self._urgent_encoder()
        return await probe(path, limits=limits or config.limits, bounds=bounds, encoder=encoder)

    async def encode(
        self,
        source: Path,
        plan: Plan,
        rungs: tuple[Rung, ...],
        *,
        into: Path,
        progress: Callable[[float], None],
    ) -> tuple[Encoded, ...]:
        """Make some of a plan's rungs in one process; see ``reelm.media.encode.encode``."""
        encoder = await self._find_encoder()
        return await encode(source, plan, rungs, into=into, encoder=encoder, progress=progress)

    async def sample(self, source: Path, plan: Plan) -> Sample | None:
        """Return how hard the picture is to encode; see ``reelm.media.measure.sample``."""
        return await sample(source, plan, encoder=await self._urgent_encoder())

    @staticmethod
    def remuxed_rung(plan: Plan) -> Rung | None:
        """Return the source's own picture as a rung; None when it must be encoded."""
        return remuxed_rung(plan)

    async def remux(self, source: Path, plan: Plan, rung: Rung, *, into: Path) -> Encoded:
        """Copy a source's own picture and sound; see ``reelm.media.remux.remux``."""
        return await remux(source, plan, rung, into=into, encoder=await self._urgent_encoder())

    async def package(self, encoded: Encoded, *, into: Path, key: Secret | None = None) -> EncryptedRendition:
        """Encrypt a rung under a key, or a new one; see ``reelm.media.package.package``."""
        return await package(encoded, into=into, entropy=self._entropy, key=key)

    async def verify(
        self, encoding: Encoding, keys: Mapping[str, Secret], *, into: Path
    ) -> tuple[EncryptedRendition, ...]:
        """Prove that an encoder elsewhere delivered what was asked for; return its renditions, in ``into``.

        Raises:
            BadDelivery: it is not.
        """
        planned, made = encoding.wanted.plan, []
        await asyncio.to_thread(into.mkdir, mode=0o700, parents=True, exist_ok=True)
        for rung in encoding.wanted.chosen:
            path = self.lending.delivered(encoding, rung.name)
            sent = (encoding.delivery or {}).get(rung.name, ())
            plain = into / f"{rung.name}.plain"
            try:
                claim = Claim(rung, path, sent, keys[rung.name])
                made.append(await verify(claim, planned, into=into))
                check_picture(await self._look_at_delivery(plain), rung, planned)
            finally:
                plain.unlink(missing_ok=True)
        return tuple(made)

    async def poster(self, source: Path, probe: Probe, *, into: Path, cut: Cut = WHOLE) -> Poster:
        """Return a still picture and its placeholder; see ``reelm.media.poster.poster``."""
        return await poster(source, probe, into=into, encoder=await self._urgent_encoder(), cut=cut)

    async def analyse(self, footage: Footage, *, into: Path) -> Analysis:
        """Return fingerprints and a storyboard; see ``reelm.media.analysis.analyse``."""
        return await analyse(footage, into=into, encoder=await self._find_encoder())

    async def _look_at_delivery(self, plain: Path) -> Probe:
        """A decoder's word on what came from elsewhere; a rung may be a frame or two beyond its source."""
        limits = self._config.limits
        longest_ms = limits.max_duration_ms + _SLACK_MS
        try:
            return await self.probe(plain, replace(limits, min_duration_ms=1, max_duration_ms=longest_ms))
        except (Invalid, TooLarge, Unsupported) as error:
            raise bad("its picture cannot be decoded") from error

    async def _urgent_encoder(self) -> Encoder:
        """For what takes a moment and is waited for: not behind the ladders of other clips."""
        found = await self._find_encoder()
        return replace(found, effort=replace(found.effort, niceness=0))

    async def _find_encoder(self) -> Encoder:
        """Looked for once, at first use."""
        async with self._finding:
            if self._encoder is None:
                program = await find_ffmpeg(with_av1=self._config.has_av1)
                self._encoder = Encoder(program, self._config.effort, await knows_sounds(program))
            return self._encoder
