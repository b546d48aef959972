"""The audit of a realm's ledger: is every entry there, unaltered, the same as before and the same for everybody?"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from reelm_audit.errors import Absent, Malformed, Unreachable, Untrusted
from reelm_audit.evidence import Evidence, Offence
from reelm_audit.files import write_durably
from reelm_audit.leaf import Leaf
from reelm_audit.source import Source, open_source
from reelm_audit.spans import Spans
from reelm_audit.state import State
from reelm_audit.sweep import Fault, Plan, Swept, sweep
from reelm_audit.tlog.checkpoint import Checkpoint, decimal
from reelm_audit.tlog.keys import VerifierKey, check_signed
from reelm_audit.tlog.merkle import consistency_path
from reelm_audit.tlog.note import NOTE_MAX_BYTES, Note
from reelm_audit.tlog.policy import NONE
from reelm_audit.tlog.tiles import WIDTH
from reelm_audit.trust import Trust, choose
from reelm_audit.verdict import Claim, Verdict, judged, moment

FUTURE_SECONDS = 300
_SIGNED = "The realm's log signed the state that it shows"
_COMPLETE = "Every entry is there, in its place and unaltered"
_TILES = "The proofs that the log serves are right"
_SHAPE = "Every entry is of a published kind and holds no undeclared field"
_APPENDED = "Nothing that was there before was changed, removed or reordered"
_SHARED = "Everybody is shown the same record"
_FRESH = "The record is not frozen"


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
    max_age_seconds: int = 86_400
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


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that the log signed."""

    note: Note
    checkpoint: Checkpoint

    @classmethod
    def read(cls, raw: bytes, key: VerifierKey) -> "Signed":
        """Raises ``Malformed`` or ``Untrusted``."""
        note = Note.parse(raw)
        check_signed(note, key)
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != key.name:
            raise Untrusted(f"The checkpoint is of {checkpoint.origin}, and its key is of {key.name}.")
        if checkpoint.extensions:
            raise Malformed("The checkpoint has lines that nobody can audit.")
        return cls(note, checkpoint)

    @property
    def head(self) -> tuple[int, bytes]:
        return self.checkpoint.size, self.checkpoint.root


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
    return _Audit(demand, source, kept, trust, now_seconds).run()


class _Audit:
    """One run; its claims grow from top to bottom."""

    def __init__(
        self, demand: Demand, source: Source, kept: State | None, trust: Trust, now_seconds: int
    ) -> None:
        self._demand = demand
        self._source = source
        self._kept = kept
        self._trust = trust
        self._now_seconds = now_seconds
        self._out = Audited()

    def run(self) -> Audited:
        self._out.claims.append(self._trust.claim())
        try:
            newest = self._read("checkpoint")
        except Absent as absent:
            if self._kept is None:
                raise Unreachable(f"There is no log here: {absent}") from None
            self._fail("ledger.signed", _SIGNED, str(absent))
            return self._out
        except (Malformed, Untrusted) as fault:
            self._fail("ledger.signed", _SIGNED, str(fault))
            return self._out
        self._out.origin = newest.checkpoint.origin
        self._signed(newest)
        cosigned, fault = self._cosigned(newest)
        swept = self._sweep(newest, cosigned)
        self._out.leaves = swept.found.leaves
        self._complete(newest, swept)
        self._tiles(newest, swept)
        self._shape(swept)
        self._appended(newest, cosigned, swept)
        self._witnessed(cosigned, fault)
        if not self._out.has_failed:
            self._keep(newest, cosigned, swept)
        return self._out

    def _read(self, path: str) -> Signed:
        return Signed.read(self._source.read(path, max_bytes=NOTE_MAX_BYTES), self._trust.key)

    def _fail(self, claim_id: str, says: str, found: str) -> None:
        self._out.claims.append(Claim(id=claim_id, says=says, verdict=Verdict.FAILED, found=found))

    def _signed(self, newest: Signed) -> None:
        size = newest.checkpoint.size
        self._out.facts += [("Entries", f"{size:,}"), ("Root", newest.checkpoint.root.hex())]
        found = f"The signature under {size:,} entries is that of the key."
        self._out.claims.append(
            judged("ledger.signed", _SIGNED, faults=(), found=found, how="The signature was verified here.")
        )

    def _cosigned(self, newest: Signed) -> tuple[Signed, str | None]:
        """The newest checkpoint that witnesses may have cosigned, and what is wrong with it."""
        try:
            return self._read("checkpoint.cosigned"), None
        except Absent:
            return newest, None
        except (Malformed, Untrusted) as fault:
            return newest, str(fault)

    # Reading

    def _sweep(self, newest: Signed, cosigned: Signed) -> Swept:
        heads = dict(self._earlier(cosigned))
        size = newest.checkpoint.size
        plan = Plan(
            location=self._demand.location,
            size=size,
            sizes=tuple(each.checkpoint.size for each in heads.values() if each.checkpoint.size <= size),
            minimum_index=self._minimum_index(),
            wanted=self._demand.wanted,
            kinds=self._demand.kinds,
            processes=self._demand.processes,
        )
        if plan.minimum_index:
            plan = replace(plan, wanted=(*plan.wanted, "manifest.publish"))
        start = self._start(newest, cosigned)
        if start:
            swept = sweep(replace(plan, start=start))
            if self._agrees(newest, swept):
                return swept
        return sweep(plan)

    def _start(self, newest: Signed, cosigned: Signed) -> tuple[tuple[int, bytes], ...]:
        """From where to go on; nothing when everything has to be read."""
        kept = self._kept
        if kept is None or self._demand.is_full or self._demand.wanted:
            return ()
        begun = sum(leaves for leaves, _ in kept.frontier)
        is_longer = newest.checkpoint.size >= kept.checkpoint.size
        return kept.frontier if is_longer and cosigned.checkpoint.size >= begun else ()

    def _agrees(self, newest: Signed, swept: Swept) -> bool:
        """Whether what was kept and what is new add up to what is signed now and was signed then."""
        roots = swept.by_entries
        if self._kept is not None:
            then = self._kept.checkpoint
            if roots.get(then.size) != then.root:
                return False
        return roots.get(newest.checkpoint.size) == newest.checkpoint.root

    def _minimum_index(self) -> int:
        try:
            raw = self._source.read("minimum-index", max_bytes=32)
            return decimal(raw.decode("ascii").removesuffix("\n"), what="The minimum index")
        except (Absent, Malformed, UnicodeDecodeError):
            return 0

    # Claims

    def _complete(self, newest: Signed, swept: Swept) -> None:
        size, root = newest.head
        how = "Every entry was hashed here, and the hashes were added up to the root that the log signed."
        faults = _details(swept, "entries")
        if swept.by_entries.get(size) != root:
            faults = faults or ["The entries do not add up to what the log signed."]
            faults += _details(swept, "tiles")
        if swept.pruned_count and not any("retention_days" in leaf.public for leaf in swept.found.leaves):
            faults.append("Entries were removed, and no retention is declared on the record.")
        earlier = size - swept.read_count - swept.pruned_count
        found = f"All {swept.read_count:,} entries were read and are as signed."
        if earlier and self._kept is not None:
            found = (
                f"{swept.read_count:,} entries were read now; {earlier:,} more were read before, last on "
                f"{moment(self._kept.checked_seconds)}, and are still part of what is signed."
            )
        claim = judged("ledger.complete", _COMPLETE, faults=faults, found=found, how=how)
        if swept.pruned_count and not faults:
            found = f"{swept.read_count:,} entries were read. Of {swept.pruned_count:,} older ones only hashes remain."
            claim = replace(claim, verdict=Verdict.SAMPLED, found=found)
        if faults:
            claim = replace(claim, evidence=self._save(Offence.MISMATCH, newest, newest, faults[0]))
        self._out.claims.append(claim)
        self._out.facts += [
            (f"Entries of kind {kind}", f"{count:,}") for kind, count in sorted(swept.found.counts.items())
        ]

    def _tiles(self, newest: Signed, swept: Swept) -> None:
        size, root = newest.head
        faults = _details(swept, "tiles")
        if not faults and swept.by_tiles.get(size) != root:
            faults = ["The tiles do not add up to what the log signed."]
        found = "Every tile of hashes is what the entries add up to."
        how = "Whoever checks a receipt or a witness's proof relies on these tiles; each was recomputed here."
        self._out.claims.append(judged("ledger.tiles", _TILES, faults=faults, found=found, how=how))

    def _shape(self, swept: Swept) -> None:
        faults = _details(swept, "leaves")
        if len(swept.found.realms) > 1:
            faults.append(f"Entries are of several realms: {', '.join(sorted(swept.found.realms)[:5])}.")
        found = f"All {swept.read_count - len(faults):,} entries that were read are of a published kind."
        how = "Each was read as strictly as its format demands. What an entry says is the realm's own statement."
        self._out.claims.append(judged("ledger.shape", _SHAPE, faults=faults, found=found, how=how))

    def _appended(self, newest: Signed, cosigned: Signed, swept: Swept) -> None:
        how = "The signed state of the last audit was held against this one; the difference must be additions only."
        for name, earlier in self._earlier(cosigned):
            evidence = self._contradiction(name, earlier, newest, swept)
            if evidence is not None:
                path = self._write(evidence)
                claim = judged("ledger.appended", _APPENDED, faults=[evidence.testimony], found="", how=how)
                self._out.claims.append(replace(claim, evidence=path))
                return
        if self._kept is None:
            verdict = Verdict.PROMISED
            found = "This is the first audit from here, so there is nothing to compare with. The next one will."
        else:
            verdict = Verdict.PROVEN
            found = (
                f"The {self._kept.checkpoint.size:,} entries of the audit on {moment(self._kept.checked_seconds)} "
                f"are the beginning of the {newest.checkpoint.size:,} of today."
            )
        self._out.claims.append(
            Claim(id="ledger.appended", says=_APPENDED, verdict=verdict, found=found, how=how)
        )

    def _earlier(self, cosigned: Signed) -> Iterator[tuple[str, Signed]]:
        """What the log signed before, from whom we have it."""
        if self._kept is not None:
            yield "at the last audit", Signed(self._kept.note, self._kept.checkpoint)
            if self._kept.cosigned is not None:
                note = self._kept.cosigned
                yield "to witnesses, at the last audit", Signed(note, Checkpoint.parse(note.text))
        yield "to its witnesses", cosigned

    def _contradiction(
        self, shown: str, earlier: Signed, newest: Signed, swept: Swept
    ) -> Evidence | None:
        (old_size, old_root), (size, root) = earlier.head, newest.head
        if old_size > size:
            said = f"It went back: {old_size:,} entries were shown {shown}, and now there are {size:,}."
            return self._evidence(Offence.ROLLBACK, earlier, newest, said)
        if old_size == size:
            if old_root == root:
                return None
            said = f"It forked: {size:,} entries were shown {shown}, and now there are as many others."
            return self._evidence(Offence.FORK, earlier, newest, said)
        for roots in (swept.by_entries, swept.by_tiles):
            if roots.get(size) == root and roots.get(old_size, old_root) != old_root:
                said = f"It was rewritten: the {old_size:,} entries shown {shown} are not its beginning any more."
                made = self._evidence(Offence.REWRITE, earlier, newest, said)
                return self._with_proof(made, roots[old_size], old_size, size)
        return None

    def _with_proof(self, made: Evidence, root: bytes, old_size: int, size: int) -> Evidence:
        try:
            proof = consistency_path(old_size, size, Spans(self._source, size).root)
        except (Absent, Malformed):
            return replace(made, offence=Offence.MISMATCH)
        return replace(made, root=root, proof=tuple(proof))

    def _witnessed(self, cosigned: Signed, fault: str | None) -> None:
        policy = self._trust.policy
        if fault is None:
            try:
                witnessed = policy.witnessed(cosigned.note)
            except Untrusted as untrusted:
                fault = str(untrusted)
        if fault is not None:
            self._fail("ledger.shared", _SHARED, fault)
            return
        if policy.quorum == NONE:
            self._unwitnessed()
            return
        seconds = policy.quorum_seconds(witnessed)
        if seconds is None:
            self._fail("ledger.shared", _SHARED, f"{len(witnessed)} witnesses have cosigned it, which is too few.")
            return
        self._shared(cosigned, witnessed)
        self._fresh(cosigned, seconds)

    def _unwitnessed(self) -> None:
        found = "No witnesses are asked for, so the realm could show another record to somebody else."
        for claim_id, says in (("ledger.shared", _SHARED), ("ledger.fresh", _FRESH)):
            self._out.claims.append(Claim(id=claim_id, says=says, verdict=Verdict.PROMISED, found=found))

    def _shared(self, cosigned: Signed, witnessed: dict[str, int]) -> None:
        lines = [f"{name}: {moment(seconds)}" for name, seconds in sorted(witnessed.items())]
        self._out.facts += [("Witness", line) for line in lines]
        found = f"{len(witnessed)} witnesses have seen the same first {cosigned.checkpoint.size:,} entries."
        verdict = Verdict.PROVEN if self._trust.is_policy_named else Verdict.PROMISED
        if not self._trust.is_policy_named:
            found += " The realm itself chose these witnesses; name a policy of your own to have it proven."
        self._out.claims.append(
            Claim(
                id="ledger.shared",
                says=_SHARED,
                verdict=verdict,
                found=found,
                how="Cosignatures were verified here. Witnesses see that a record only grows, not that it is true.",
                details=tuple(lines),
            )
        )

    def _fresh(self, cosigned: Signed, seconds: int) -> None:
        faults = []
        age_seconds = self._now_seconds - seconds
        if age_seconds > self._demand.max_age_seconds:
            faults.append(f"Its witnesses saw it last on {moment(seconds)}, which is too long ago.")
        if age_seconds < -FUTURE_SECONDS:
            faults.append(f"Its witnesses say that they saw it on {moment(seconds)}, which is still to come.")
        if self._is_older(seconds):
            faults.append("Its witnesses had seen it later at the last audit; an old state is shown again.")
        found = f"Its witnesses saw it on {moment(seconds)}."
        how = f"At most {self._demand.max_age_seconds / 3600:,.1f} hours may pass; set with --max-age-hours."
        claim = judged("ledger.fresh", _FRESH, faults=faults, found=found, how=how)
        if faults:
            then = self._kept.cosigned if self._kept is not None and self._kept.cosigned else cosigned.note
            first = Signed(then, Checkpoint.parse(then.text))
            claim = replace(claim, evidence=self._save(Offence.FREEZE, first, cosigned, faults[0]))
        elif not self._trust.is_policy_named:
            claim = replace(claim, verdict=Verdict.PROMISED)
        self._out.claims.append(claim)

    def _is_older(self, seconds: int) -> bool:
        if self._kept is None or self._kept.cosigned is None:
            return False
        try:
            then = self._trust.policy.quorum_seconds(self._trust.policy.witnessed(self._kept.cosigned))
        except Untrusted:
            return False
        return then is not None and seconds < then

    # Keeping

    def _keep(self, newest: Signed, cosigned: Signed, swept: Swept) -> None:
        kept = self._kept
        State(
            key=self._trust.key,
            is_key_named=self._trust.is_key_named,
            policy=self._trust.policy_bytes,
            is_policy_named=self._trust.is_policy_named,
            note=newest.note,
            cosigned=cosigned.note if self._trust.policy.quorum != NONE else None,
            frontier=swept.aligned,
            first_seconds=self._now_seconds if kept is None else kept.first_seconds,
            checked_seconds=self._now_seconds,
        ).save(self._demand.state_path)

    def _evidence(self, offence: Offence, first: Signed, second: Signed, testimony: str) -> Evidence:
        return Evidence(
            offence=offence,
            key=self._trust.key,
            first=first.note,
            second=second.note,
            testimony=testimony,
            found_seconds=self._now_seconds,
        )

    def _save(self, offence: Offence, first: Signed, second: Signed, testimony: str) -> str:
        return self._write(self._evidence(offence, first, second, testimony))

    def _write(self, evidence: Evidence) -> str:
        named = sha256(bytes(evidence.first) + bytes(evidence.second)).hexdigest()[:16]
        path = self._demand.evidence_folder / f"{evidence.offence}-{named}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, bytes(evidence))
        return str(path)


def _details(swept: Swept, about: str) -> list[str]:
    """The faults of one sort, and how many more there are."""
    shown: list[Fault] = [fault for fault in swept.found.faults if fault.about == about]
    more = swept.found.faults_count[about] - len(shown)
    return [fault.detail for fault in shown] + ([f"and {more:,} more of these."] if more > 0 else [])
