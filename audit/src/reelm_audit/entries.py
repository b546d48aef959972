"""The claims about what is in a log now, from what was recomputed of it in this run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from reelm_audit.dates import backdated
from reelm_audit.sample import Sample
from reelm_audit.signed import Signed
from reelm_audit.state import State
from reelm_audit.sweep import Swept
from reelm_audit.verdict import Claim, failing, moment, told

# Bundles go as a whole, and not at the very moment at which they may.
_PRUNED_EARLY = timedelta(days=1)


@dataclass(frozen=True)
class Entries:
    """A log's entries, as far as this run has looked at them.

    Attributes:
        newest: what the log signed.
        swept: what was read from the start, or from where the last audit ended.
        sample: what was looked at of what the last audit had read; None when everything was read.
        kept: the last audit.
        now_seconds: the time of this one.
    """

    newest: Signed
    swept: Swept
    sample: Sample | None
    kept: State | None
    now_seconds: int

    def claims(self) -> list[Claim]:
        return [self.complete(), self._tiles(), self._shape(), self._time()]

    def complete(self) -> Claim:
        """Return whether the entries add up to what was signed."""
        claim_id = "ledger.complete"
        how = "What was read was hashed here, and the hashes were added up to the root that the log signed."
        faults = self._faults("entries")
        is_other = self.swept.by_entries.get(self.newest.size) != self.newest.root
        if is_other and not self._unread and not faults:
            faults = ["The entries do not add up to what the log signed.", *self._faults("tiles")]
        if faults:
            return failing(claim_id, "altered", faults, how=how)
        if self._unread:
            return self._not_read(claim_id)
        if self.newest.size == 0:
            return self._none(claim_id)
        if self.swept.pruned_count:
            return self._pruned(claim_id, how)
        if self.sample is not None:
            return told(claim_id, "sampled", self._looked_at(), how=how)
        found = f"All {self.swept.read_count:,} entries were read now and are as signed."
        return told(claim_id, "read", found, how=how)

    def _pruned(self, claim_id: str, how: str) -> Claim:
        days = next(
            (
                leaf.public["retention_days"]
                for leaf in reversed(self.swept.found.leaves)
                if "retention_days" in leaf.public
            ),
            0,
        )
        gone, read = self.swept.pruned_count, self.swept.read_count
        if not days:
            fault = f"{gone:,} entries were removed, and no retention is declared in the ledger."
            return failing(claim_id, "undeclared", [fault], how=how)
        first = self.swept.found.dates.first
        now = datetime.fromtimestamp(self.now_seconds, UTC)
        if not first or now - datetime.fromisoformat(first) + _PRUNED_EARLY < timedelta(days=days):
            fault = (
                f"{gone:,} entries were removed before their time: {days:,} days are declared, and the first "
                f"entry that is left is of {first or 'no moment at all'}."
            )
            return failing(claim_id, "early", [fault], how=how)
        found = f"{read:,} entries were read now. Of {gone:,} older ones only hashes remain, as was declared."
        return told(claim_id, "pruned", found, how=how)

    def _tiles(self) -> Claim:
        """Return whether the hashes that the log serves are those of its entries."""
        claim_id = "ledger.tiles"
        how = "Whoever checks a receipt or cosigns the log relies on these tiles; each was recomputed here."
        faults = self._faults("tiles")
        is_other = self.swept.by_tiles.get(self.newest.size) != self.newest.root
        if not faults and is_other and not self._unread:
            faults = ["The tiles do not add up to what the log signed."]
        if faults:
            return failing(claim_id, "altered", faults, how=how)
        if self._unread:
            return self._not_read(claim_id)
        if self.newest.size == 0:
            return self._none(claim_id)
        if self.sample is not None:
            return told(claim_id, "sampled", self._looked_at(), how=how)
        return told(claim_id, "read", "Every tile of hashes is what the entries add up to.", how=how)

    def _shape(self) -> Claim:
        """Return whether every entry that was read is a leaf."""
        faults = self._faults("leaves")
        if len(self._realms) > 1:
            faults.append(f"Entries are of several realms: {', '.join(sorted(self._realms)[:5])}.")
        how = (
            "Each was read as strictly as its format demands. What an entry says is the realm's own "
            "statement. A kind that is newer than this auditor is refused; a newer auditor may know it."
        )
        return self._of_those_read("ledger.shape", "refused", faults, how)

    def _time(self) -> Claim:
        """Return whether the dates of entries can be."""
        faults = self._faults("dates")
        if self.kept is not None:
            fault = backdated(self.swept.found.new_dates, self.kept.checked_seconds)
            faults += [fault] if fault else []
        how = "Dates are the realm's own; they were held against their order, the clock and the last audit."
        return self._of_those_read("ledger.time", "disordered", faults, how)

    def _of_those_read(self, claim_id: str, finding: str, faults: list[str], how: str) -> Claim:
        if faults:
            return failing(claim_id, finding, faults, how=how)
        if self._unread:
            return self._not_read(claim_id)
        if self.newest.size == 0:
            return self._none(claim_id)
        if self.sample is not None:
            return told(claim_id, "sampled", self._looked_at(), how=how)
        count = self.swept.read_count
        finding = "sampled" if 0 < count < self.newest.size else "read" if count else "unread"
        found = f"So are all {count:,}, which were read now."
        if finding != "read":
            found = f"So are the {count:,} that could be read." if count else "None of them could be read."
        return told(claim_id, finding, found, how=how)

    def _looked_at(self) -> str:
        """Return what of a log that was audited before was read in this run, and what was not."""
        if self.sample is None or self.kept is None:
            return ""
        old = self.newest.size - self.swept.read_count
        return (
            f"{self.swept.read_count:,} entries at the end were read now. Of {old:,} older ones "
            f"{self.sample.read_count:,}, chosen by chance, were read again, and {self.sample.seen_count:,} "
            f"files were seen to be there. The rest was read before, last on "
            f"{moment(self.kept.checked_seconds)}; its hashes are still part of what is signed."
        )

    def _none(self, claim_id: str) -> Claim:
        return told(claim_id, "none", "The ledger has 0 entries, so there is nothing to check.")

    def _not_read(self, claim_id: str) -> Claim:
        found = f"Not all of it could be read, so nothing is said. {self._unread[0]}"
        return told(claim_id, "unread", found, details=self._unread)

    @cached_property
    def _unread(self) -> list[str]:
        return self._faults("unread")

    @cached_property
    def _realms(self) -> set[str]:
        return self.swept.found.realms | (set() if self.sample is None else self.sample.found.realms)

    def _faults(self, about: str) -> list[str]:
        """The faults of one sort, and how many more there are."""
        portions = [self.swept.found, *([] if self.sample is None else [self.sample.found])]
        shown = [fault.detail for each in portions for fault in each.faults if fault.about == about]
        more_count = sum(each.faults_count[about] for each in portions) - len(shown)
        return [*shown, f"and {more_count:,} more of these."] if more_count > 0 else shown
