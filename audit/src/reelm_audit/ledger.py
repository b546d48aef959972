"""The audit of a realm's ledger: is every entry there, unaltered, as before, and the same for everybody?"""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from reelm_audit import entries, history
from reelm_audit.errors import Absent, AuditError, Malformed, Unreachable, Untrusted
from reelm_audit.evidence import Evidence, Offence
from reelm_audit.files import write_durably
from reelm_audit.history import History
from reelm_audit.leaf import Leaf
from reelm_audit.signed import Shown, Signed
from reelm_audit.source import Source, open_source
from reelm_audit.state import State
from reelm_audit.sweep import Plan, Swept, sweep
from reelm_audit.tlog.checkpoint import decimal
from reelm_audit.tlog.keys import VerifierKey
from reelm_audit.tlog.note import NOTE_MAX_BYTES
from reelm_audit.tlog.policy import NONE
from reelm_audit.trust import Trust, choose
from reelm_audit.verdict import Claim, Verdict, judged
from reelm_audit.witnessed import Witnessed

_SIGNED = "The realm's log signed the state that it shows"


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


@dataclass(slots=True)
class Audited:
    """What came out; ``leaves`` are those that were wanted, in order."""

    origin: str | None = None
    claims: list[Claim] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)

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
    source = open_source(demand.location)
    kept = State.load(demand.state_path)
    trust = choose(source, kept, key=demand.key, policy=demand.policy)
    return _Audit(demand, source, trust, kept=kept, now_seconds=now_seconds).run()


class _Audit:
    """One run; its claims grow from top to bottom."""

    def __init__(
        self, demand: Demand, source: Source, trust: Trust, *, kept: State | None, now_seconds: int
    ) -> None:
        self._demand = demand
        self._source = source
        self._trust = trust
        self._kept = kept
        self._now_seconds = now_seconds
        self._out = Audited(claims=[trust.claim()])

    def run(self) -> Audited:
        try:
            shown, cosigned_fault = self._shown()
        except Absent as absent:
            if self._kept is None:
                raise Unreachable(f"There is no log here: {absent}") from None
            return self._unsigned(absent)
        except (Malformed, Untrusted) as fault:
            return self._unsigned(fault)
        self._signed(shown.newest)
        swept = self._sweep(shown)
        self._judge(shown, swept)
        witnessed = Witnessed(
            trust=self._trust,
            cosigned=shown.cosigned,
            fault=cosigned_fault,
            kept=self._kept,
            now_seconds=self._now_seconds,
            max_age_seconds=self._demand.max_age_seconds,
        )
        self._out.claims += [self._with_evidence(claim, shown) for claim in witnessed.claims()]
        if not self._out.has_failed:
            self._keep(shown, swept)
        return self._out

    def _shown(self) -> tuple[Shown, str | None]:
        """What the log shows now, and what is wrong with the checkpoint that should be cosigned."""
        cosigned, fault_found = None, None
        try:
            cosigned = self._read("checkpoint.cosigned")
        except Absent:
            pass
        except (Malformed, Untrusted) as fault:
            fault_found = str(fault)
        checkpoint = self._read("checkpoint")
        return Shown(checkpoint, cosigned or checkpoint), fault_found

    def _read(self, path: str) -> Signed:
        return Signed.read(self._source.read(path, max_bytes=NOTE_MAX_BYTES), self._trust.key)

    def _unsigned(self, fault: AuditError) -> Audited:
        """Nothing else can be said of a log that shows nothing signed."""
        failed = Claim(id="ledger.signed", says=_SIGNED, verdict=Verdict.FAILED, found=str(fault))
        self._out.claims.append(failed)
        return self._out

    def _signed(self, newest: Signed) -> None:
        self._out.origin = newest.checkpoint.origin
        self._out.facts += [("Entries", f"{newest.size:,}"), ("Root", newest.root.hex())]
        found = f"The signature under {newest.size:,} entries is that of the key."
        how = "The signature was verified here."
        self._out.claims.append(judged("ledger.signed", _SIGNED, faults=(), found=found, how=how))

    def _sweep(self, shown: Shown) -> Swept:
        """What is new, when that is consistent with what was kept; else everything, to find out why."""
        newest = shown.newest
        sizes = (then.size for _, then in history.earlier(self._kept, shown))
        minimum_index = self._minimum_index()
        plan = Plan(
            location=self._demand.location,
            size=newest.size,
            sizes=tuple(size for size in sizes if size <= newest.size),
            minimum_index=minimum_index,
            wanted=(*self._demand.wanted, *(["manifest.publish"] if minimum_index else [])),
            kinds=self._demand.kinds,
            processes=self._demand.processes,
        )
        start = self._start(shown)
        if start:
            swept = sweep(replace(plan, start=start))
            if self._goes_on(newest, swept):
                return swept
        return sweep(plan)

    def _start(self, shown: Shown) -> tuple[tuple[int, bytes], ...]:
        """From where to go on; nothing when everything has to be read."""
        kept = self._kept
        if kept is None or self._demand.is_full or self._demand.wanted:
            return ()
        begun = sum(leaves for leaves, _ in kept.frontier)
        is_longer = shown.newest.size >= kept.checkpoint.size
        is_within = min(shown.checkpoint.size, shown.cosigned.size) >= begun
        return kept.frontier if is_longer and is_within else ()

    def _goes_on(self, newest: Signed, swept: Swept) -> bool:
        """Whether what was kept and what is new add up to what was signed then and is signed now."""
        roots = swept.by_entries
        then = None if self._kept is None else self._kept.checkpoint
        is_same = then is None or roots.get(then.size) == then.root
        return is_same and roots.get(newest.size) == newest.root

    def _minimum_index(self) -> int:
        try:
            raw = self._source.read("minimum-index", max_bytes=32)
            return decimal(raw.decode("ascii").removesuffix("\n"), what="The minimum index")
        except (Absent, Malformed, UnicodeDecodeError):
            return 0

    def _judge(self, shown: Shown, swept: Swept) -> None:
        """The claims that the entries themselves decide."""
        newest = shown.newest
        against = History(self._source, self._trust.key, shown, swept, self._now_seconds)
        complete = entries.complete(newest, swept, self._kept)
        if complete.verdict is Verdict.FAILED:
            mismatch = against.evidence(Offence.MISMATCH, newest, complete.details[0])
            complete = replace(complete, evidence=self._save(mismatch))
        contradiction = against.contradiction(self._kept)
        appended = history.appended(newest, self._kept, contradiction)
        if contradiction is not None:
            appended = replace(appended, evidence=self._save(contradiction))
        self._out.claims += [complete, entries.tiles(newest, swept), entries.shape(swept), appended]
        self._out.leaves = swept.found.leaves
        counts = sorted(swept.found.counts.items())
        self._out.facts += [(f"Read now: {kind}", f"{count:,}") for kind, count in counts]

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
