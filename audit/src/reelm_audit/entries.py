"""The claims about what is in a log now, from what was recomputed of it."""

from dataclasses import replace

from reelm_audit.signed import Signed
from reelm_audit.state import State
from reelm_audit.sweep import Swept
from reelm_audit.verdict import Claim, Verdict, judged, moment

_COMPLETE = "Every entry is there, in its place and unaltered"
_TILES = "The proofs that the log serves are right"
_SHAPE = "Every entry is of a published kind and holds no undeclared field"


def complete(newest: Signed, swept: Swept, kept: State | None) -> Claim:
    """Whether the entries add up to what was signed."""
    faults = _details(swept, "entries")
    if swept.by_entries.get(newest.size) != newest.root:
        faults = faults or ["The entries do not add up to what the log signed."]
        faults += _details(swept, "tiles")
    if swept.pruned_count and not any("retention_days" in leaf.public for leaf in swept.found.leaves):
        faults.append("Entries were removed, and no retention is declared in the ledger.")
    found = f"All {swept.read_count:,} entries were read and are as signed."
    earlier_count = newest.size - swept.read_count - swept.pruned_count
    if earlier_count and kept is not None:
        found = (
            f"{swept.read_count:,} entries were read now; {earlier_count:,} more were read before, last on "
            f"{moment(kept.checked_seconds)}, and are still part of what is signed."
        )
    how = "Every entry was hashed here, and the hashes were added up to the root that the log signed."
    claim = judged("ledger.complete", _COMPLETE, faults=faults, found=found, how=how)
    if faults or not swept.pruned_count:
        return claim
    found = (
        f"{swept.read_count:,} entries were read. Of {swept.pruned_count:,} older ones only hashes remain."
    )
    return replace(claim, verdict=Verdict.SAMPLED, found=found)


def tiles(newest: Signed, swept: Swept) -> Claim:
    """Whether the hashes that the log serves are those of its entries."""
    faults = _details(swept, "tiles")
    if not faults and swept.by_tiles.get(newest.size) != newest.root:
        faults = ["The tiles do not add up to what the log signed."]
    found = "Every tile of hashes is what the entries add up to."
    how = "Whoever checks a receipt or cosigns the log relies on these tiles; each was recomputed here."
    return judged("ledger.tiles", _TILES, faults=faults, found=found, how=how)


def shape(swept: Swept) -> Claim:
    """Whether every entry that was read is a leaf."""
    faults = _details(swept, "leaves")
    if len(swept.found.realms) > 1:
        faults.append(f"Entries are of several realms: {', '.join(sorted(swept.found.realms)[:5])}.")
    found = f"All {swept.read_count:,} entries that were read are of a published kind."
    how = (
        "Each was read as strictly as its format demands. What an entry says is the realm's own statement. "
        "A kind that is newer than this auditor is refused; a newer auditor may know it."
    )
    return judged("ledger.shape", _SHAPE, faults=faults, found=found, how=how)


def _details(swept: Swept, about: str) -> list[str]:
    """The faults of one sort, and how many more there are."""
    shown = [fault.detail for fault in swept.found.faults if fault.about == about]
    more_count = swept.found.faults_count[about] - len(shown)
    return [*shown, f"and {more_count:,} more of these."] if more_count > 0 else shown
