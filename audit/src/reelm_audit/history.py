"""Whether a log goes on from what it signed before, and the evidence when it does not."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reelm_audit.errors import Absent, Malformed, Unreachable
from reelm_audit.evidence import Evidence, Offence
from reelm_audit.signed import Shown, Signed
from reelm_audit.source import Source
from reelm_audit.spans import Spans
from reelm_audit.state import State
from reelm_audit.sweep import Swept
from reelm_audit.tlog.keys import VerifierKey
from reelm_audit.tlog.merkle import consistency_path
from reelm_audit.verdict import Claim, failing, moment, told

_APPENDED = "ledger.appended"
_HOW = "The signed state of the last audit was held against this one; the difference must be additions only."


def appended(against: "History", kept: State | None, contradiction: Evidence | None) -> Claim:
    """The claim; its evidence is not saved yet."""
    newest, swept = against.newest, against.swept
    if contradiction is not None:
        return failing(_APPENDED, "contradicted", [contradiction.testimony], how=_HOW)
    if kept is None:
        found = "This is the first audit from here, so there is nothing to compare with. The next one will."
        return told(_APPENDED, "first", found, how=_HOW)
    then = kept.checkpoint
    if then.size == 0:
        found = "The last audit saw 0 entries, so there was nothing that could have been changed since."
        return told(_APPENDED, "empty", found, how=_HOW)
    if then.size != newest.size and not any(
        roots.get(newest.size) == newest.root and roots.get(then.size) == then.root
        for roots in (swept.by_entries, swept.by_tiles)
    ):
        found = "What it takes to compare it with the last audit could not be read."
        return told(_APPENDED, "unread", found, how=_HOW)
    found = (
        f"The {then.size:,} entries of the audit on {moment(kept.checked_seconds)} "
        f"are the beginning of the {newest.size:,} of today."
    )
    return told(_APPENDED, "continued", found, how=_HOW)


def earlier(kept: State | None, shown: Shown) -> Iterator[tuple[str, Signed]]:
    """What the log signed before or besides, and to whom."""
    if kept is not None:
        yield "at the last audit", Signed.kept(kept.note)
        if kept.cosigned is not None:
            yield "to witnesses before the last audit", Signed.kept(kept.cosigned)
    yield "to its witnesses", shown.cosigned
    yield "beside that", shown.checkpoint


@dataclass(frozen=True, slots=True)
class History:
    """A log as it is now, to hold older checkpoints against."""

    source: Source
    key: VerifierKey
    shown: Shown
    swept: Swept
    now_seconds: int

    @property
    def newest(self) -> Signed:
        return self.shown.newest

    def contradiction(self, kept: State | None) -> Evidence | None:
        """The first checkpoint that the log does not go on from."""
        own = self.shown.checkpoint
        if kept is not None and own.size < kept.own_size:
            # Also when what witnesses cosigned is as long as ever: only its own checkpoint went back.
            said = (
                f"It went back: {kept.own_size:,} entries were shown at the last audit, and now {own.size:,}."
            )
            return replace(self.evidence(Offence.ROLLBACK, Signed.kept(kept.note), said), second=own.note)
        for to_whom, then in earlier(kept, self.shown):
            found = self._against(to_whom, then)
            if found is not None:
                return found
        return None

    def _against(self, to_whom: str, then: Signed) -> Evidence | None:
        size, root = self.newest.size, self.newest.root
        if then.size > size:
            said = f"It went back: {then.size:,} entries were shown {to_whom}, and now there are {size:,}."
            return self.evidence(Offence.ROLLBACK, then, said)
        if then.size == size:
            said = f"It forked: {size:,} entries were shown {to_whom}, and now there are as many others."
            return None if then.root == root else self.evidence(Offence.FORK, then, said)
        for roots in (self.swept.by_entries, self.swept.by_tiles):
            if roots.get(size) == root and roots.get(then.size, then.root) != then.root:
                said = f"It was rewritten: it does not begin with the {then.size:,} entries shown {to_whom}."
                return self._with_proof(
                    self.evidence(Offence.REWRITE, then, said), then.size, roots[then.size]
                )
        return None

    def _with_proof(self, made: Evidence, size: int, root: bytes) -> Evidence:
        spans = Spans(self.source, self.newest.size)
        try:
            proof = consistency_path(size, self.newest.size, spans.root) if size else []
        except (
            Absent,
            Malformed,
            Unreachable,
        ):  # the entries prove it to us, and there are no tiles to show it to others
            return replace(made, offence=Offence.MISMATCH)
        return replace(made, root=root, proof=tuple(proof))

    def evidence(self, offence: Offence, first: Signed, testimony: str) -> Evidence:
        """Of an older checkpoint and the present one."""
        return Evidence(
            offence=offence,
            key=self.key,
            first=first.note,
            second=self.newest.note,
            testimony=testimony,
            found_seconds=self.now_seconds,
        )
