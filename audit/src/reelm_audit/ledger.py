"""The audit of a realm's ledger: is every entry there, unaltered, as before, and the same for everybody?"""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from random import Random  # noqa: TID251 - passed in

from reelm_audit import history
from reelm_audit.budget import MAX_BYTES, MAX_SECONDS, Budget
from reelm_audit.clock import machine_random
from reelm_audit.dates import latest_moment
from reelm_audit.entries import Entries
from reelm_audit.errors import Absent, AuditError, Malformed, Unreachable, Untrusted
from reelm_audit.evidence import Evidence, Offence
from reelm_audit.files import write_durably
from reelm_audit.history import History
from reelm_audit.independence import own_hosts
from reelm_audit.leaf import Leaf
from reelm_audit.sample import SAMPLE_BUNDLES, Sample, look_again
from reelm_audit.signed import Shown, Signed
from reelm_audit.source import Source, open_source
from reelm_audit.state import State
from reelm_audit.sweep import MOST_LEAVES, Examiner, Plan, Swept, sweep
from reelm_audit.tlog.checkpoint import decimal
from reelm_audit.tlog.keys import VerifierKey
from reelm_audit.tlog.note import NOTE_MAX_BYTES
from reelm_audit.tlog.policy import NONE
from reelm_audit.tlog.tiles import WIDTH
from reelm_audit.trust import Trust, choose
from reelm_audit.verdict import Claim, Verdict, told
from reelm_audit.witnessed import Cosigned, Witnessed


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is to be audited, and how.

    Attributes:
        location: folder or address of the log.
        state_path: where the last audit is kept.
        evidence_folder: where evidence goes.
        key: the log's, if a person named it.
        policy: the trust policy that a person named, its bytes.
        max_age_seconds: how old the newest quorum of cosignatures may be.
        is_full: read everything again, also what an earlier audit read.
        wanted: beginnings of the kinds whose leaves are handed on.
        kinds: a file of schemas in place of the built-in one.
        processes: how many; 0 for as many as there are processors.
        manifest: what the realm declares, where it is at hand: which hosts are its own.
        max_seconds: how long all of it may take.
        max_bytes: how much of the log may be read.
        most_leaves: how many of the leaves wanted may be held at once.
        sample_bundles: how many bundles of an earlier audit are read again; no more than that, and all are.
        random: chooses them.
    """

    location: str
    state_path: Path
    evidence_folder: Path
    key: VerifierKey | None = None
    policy: bytes | None = None
    max_age_seconds: int = 10_800
    is_full: bool = False
    wanted: tuple[str, ...] = ()
    kinds: Path | None = None
    processes: int = 0
    manifest: bytes | None = None
    max_seconds: float = MAX_SECONDS
    max_bytes: int = MAX_BYTES
    most_leaves: int = MOST_LEAVES
    sample_bundles: int = SAMPLE_BUNDLES
    random: Random = field(default_factory=machine_random)


@dataclass(slots=True)
class Audited:
    """The result of an audit.

    Attributes:
        leaves: those that were wanted, in order.
        is_whole: whether every entry was read, so that none of what was wanted is missing.
    """

    origin: str | None = None
    claims: list[Claim] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    is_whole: bool = False

    @property
    def has_failed(self) -> bool:
        return any(claim.verdict is Verdict.FAILED for claim in self.claims)


def audit_ledger(demand: Demand, *, now_seconds: int) -> Audited:
    """Audit a log, and keep what was found when nothing is wrong.

    Raises:
        Unreachable: the log could not be asked.
        Unusable: our own files cannot be used.
        Misused: the demand makes no sense.
    """
    budget = Budget.of(demand.max_seconds, demand.max_bytes)
    source = open_source(demand.location, budget)
    kept = State.load(demand.state_path)
    trust = choose(source, kept, key=demand.key, policy=demand.policy)
    return _Audit(demand, source, trust, kept=kept, now_seconds=now_seconds, budget=budget).run()


class _Audit:
    """One run; its claims grow from top to bottom."""

    def __init__(
        self,
        demand: Demand,
        source: Source,
        trust: Trust,
        *,
        kept: State | None,
        now_seconds: int,
        budget: Budget,
    ) -> None:
        self._demand = demand
        self._source = source
        self._trust = trust
        self._kept = kept
        self._now_seconds = now_seconds
        self._budget = budget
        self._out = Audited(claims=trust.claims())

    def run(self) -> Audited:
        try:
            shown, cosigned = self._shown()
        except Absent as absent:
            if self._kept is None:
                raise Unreachable(f"There is no log here: {absent}") from None
            return self._unsigned(absent)
        except (Malformed, Untrusted) as fault:
            return self._unsigned(fault)
        except Unreachable as fault:
            return self._unsigned(fault, finding="unread")
        self._signed(shown.newest)
        swept, sample = self._sweep(shown)
        is_contradicted = self._judge(shown, swept, sample)
        witnessed = Witnessed(
            trust=self._trust,
            own=own_hosts(self._trust.key.name, self._demand.manifest),
            is_manifest_known=self._demand.manifest is not None,
            cosigned=cosigned,
            kept=self._kept,
            is_contradicted=is_contradicted,
            now_seconds=self._now_seconds,
            max_age_seconds=self._demand.max_age_seconds,
        )
        self._out.claims += [self._with_evidence(claim, shown) for claim in witnessed.claims()]
        verdicts = {claim.verdict for claim in self._out.claims}
        if not verdicts & {Verdict.FAILED, Verdict.NOT_CHECKED}:
            self._keep(shown, swept)
        return self._out

    def _shown(self) -> tuple[Shown, Cosigned]:
        """Return what the log shows now, and what of it should be cosigned."""
        cosigned, fault_found, unread = None, None, None
        try:
            cosigned = self._read("checkpoint.cosigned")
        except Absent:
            pass
        except (Malformed, Untrusted) as fault:
            fault_found = str(fault)
        except Unreachable as silence:
            unread = str(silence)
        own = self._read("checkpoint")
        shown = Shown(own, cosigned or own)
        is_there = cosigned is not None
        return shown, Cosigned(signed=shown.cosigned, is_there=is_there, fault=fault_found, unread=unread)

    def _read(self, path: str) -> Signed:
        return Signed.read(self._source.read(path, max_bytes=NOTE_MAX_BYTES), self._trust.key)

    def _unsigned(self, fault: AuditError, *, finding: str = "wrong") -> Audited:
        """Nothing is proven by the name of a log that shows nothing signed; what is wrong with it stays."""
        kept = [claim for claim in self._out.claims if claim.verdict is Verdict.FAILED]
        self._out.claims = [*kept, told("ledger.signed", finding, str(fault))]
        return self._out

    def _signed(self, newest: Signed) -> None:
        self._out.origin = newest.checkpoint.origin
        self._out.facts += [("Entries", f"{newest.size:,}"), ("Root", newest.root.hex())]
        found = f"The signature under {newest.size:,} entries is that of the key."
        how = "The signature was verified here."
        self._out.claims.append(told("ledger.signed", "holds", found, how=how))

    def _sweep(self, shown: Shown) -> tuple[Swept, Sample | None]:
        """Return what is new and some of what is old, where both go on from what was kept; else all."""
        newest = shown.newest
        sizes = (then.size for _, then in history.earlier(self._kept, shown))
        minimum_index = self._minimum_index()
        plan = Plan(
            location=self._demand.location,
            size=newest.size,
            budget=self._budget,
            latest=latest_moment(self._now_seconds),
            new_from=1 << 63 if self._kept is None else self._kept.checkpoint.size,
            sizes=tuple(size for size in sizes if size <= newest.size),
            minimum_index=minimum_index,
            wanted=(*self._demand.wanted, *(["manifest.publish"] if minimum_index else [])),
            kinds=self._demand.kinds,
            processes=self._demand.processes,
            most_leaves=self._demand.most_leaves,
        )
        start = () if minimum_index else self._start(shown)
        if start:
            fresh = replace(plan, start=start)
            swept = sweep(fresh)
            if self._goes_on(newest, swept):
                return swept, self._look_again(newest, fresh)
        return sweep(plan), None

    def _look_again(self, newest: Signed, plan: Plan) -> Sample:
        return look_again(
            self._source,
            Examiner(plan),
            newest,
            bundles=plan.first_bundle,
            count=self._demand.sample_bundles,
            random=self._demand.random,
        )

    def _start(self, shown: Shown) -> tuple[tuple[int, bytes], ...]:
        """From where to go on; nothing when everything is to be read, or is no more than a sample."""
        kept = self._kept
        if kept is None or self._demand.is_full or self._demand.wanted:
            return ()
        begun = sum(leaves for leaves, _ in kept.frontier)
        if begun // WIDTH <= self._demand.sample_bundles:
            return ()
        is_longer = shown.newest.size >= kept.checkpoint.size
        is_within = min(shown.checkpoint.size, shown.cosigned.size) >= begun
        return kept.frontier if is_longer and is_within else ()

    def _goes_on(self, newest: Signed, swept: Swept) -> bool:
        """Return whether what was kept and what is new add up to what was signed then and is signed now."""
        roots = swept.by_entries
        then = None if self._kept is None else self._kept.checkpoint
        is_same = then is None or roots.get(then.size) == then.root
        return is_same and roots.get(newest.size) == newest.root

    def _minimum_index(self) -> int:
        try:
            raw = self._source.read("minimum-index", max_bytes=32)
            return decimal(raw.decode("ascii").removesuffix("\n"), what="The minimum index")
        except (Absent, Malformed, Unreachable, UnicodeDecodeError):
            return 0

    def _judge(self, shown: Shown, swept: Swept, sample: Sample | None) -> bool:
        """Add the claims that the entries themselves decide; whether there are two histories."""
        newest = shown.newest
        against = History(self._source, self._trust.key, shown, swept, self._now_seconds)
        judged = Entries(newest, swept, sample, self._kept, self._now_seconds)
        complete, *others = judged.claims()
        if complete.verdict is Verdict.FAILED:
            mismatch = against.evidence(Offence.MISMATCH, newest, complete.details[0])
            complete = replace(complete, evidence=self._save(mismatch))
        contradiction = against.contradiction(self._kept)
        appended = history.appended(against, self._kept, contradiction)
        if contradiction is not None:
            appended = replace(appended, evidence=self._save(contradiction))
        self._out.claims += [complete, *others, appended]
        self._out.leaves = swept.found.leaves
        self._out.is_whole = swept.read_count == newest.size
        counts = sorted(swept.found.counts.items())
        self._out.facts += [(f"Read now: {kind}", f"{count:,}") for kind, count in counts]
        return contradiction is not None

    def _with_evidence(self, claim: Claim, shown: Shown) -> Claim:
        """A frozen log: what was kept and what is shown, which only the date of this audit accuses."""
        if claim.id != "ledger.fresh" or claim.verdict is not Verdict.FAILED:
            return claim
        then = self._kept.cosigned if self._kept is not None else None
        evidence = Evidence(
            offence=Offence.FREEZE,
            key=self._trust.key,
            first=then or shown.newest.note,
            second=shown.cosigned.note,
            testimony=claim.details[0],
            found_seconds=self._now_seconds,
        )
        return replace(claim, evidence=self._save(evidence))

    def _keep(self, shown: Shown, swept: Swept) -> None:
        kept = self._kept
        State(
            key=self._trust.key,
            is_key_named=self._trust.is_key_named,
            policy=self._trust.policy_bytes,
            is_policy_named=self._trust.is_policy_named,
            offered=self._trust.offer.raw,
            note=shown.newest.note,
            own_size=shown.checkpoint.size,
            cosigned=shown.cosigned.note if self._trust.policy.quorum != NONE else None,
            frontier=swept.aligned,
            first_seconds=self._now_seconds if kept is None else kept.first_seconds,
            checked_seconds=self._now_seconds,
        ).save(self._demand.state_path)

    def _save(self, evidence: Evidence) -> str:
        """Where it was saved, or why it was not: a full disk must not hide what was found."""
        named = sha256(bytes(evidence.first) + bytes(evidence.second)).hexdigest()[:16]
        path = self._demand.evidence_folder / f"{evidence.offence}-{named}.json"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, bytes(evidence))
        except OSError as fault:
            return f"not saved, since {path} cannot be written: {fault.strerror}"
        return str(path)
