"""A look, by chance, at files that an earlier audit has read: are they still there, and still the same?

What an earlier audit read is known to be part of what is signed. That it is still *served* is not known
without asking again. A log that could foresee which files are asked for could spoil the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - passed in

from reelm_audit.errors import Absent, AuditError, Malformed, Unreachable, Untrusted
from reelm_audit.signed import Signed
from reelm_audit.source import Source, is_web
from reelm_audit.spans import Spans
from reelm_audit.sweep import Examiner, Portion
from reelm_audit.tlog.merkle import check_inclusion, inclusion_path
from reelm_audit.tlog.tiles import WIDTH, Part

SAMPLE_BUNDLES = 32
_ASKED_ON_THE_WEB = 256


@dataclass(slots=True)
class Sample:
    """A part of a log that was looked at, and the faults in it.

    Attributes:
        read_count: old entries that were read and hashed, and proven to be under the signed root.
        seen_count: old files of which only the existence and the size were looked at.
        found: faults by what they are about, as in a sweep.
    """

    read_count: int = 0
    seen_count: int = 0
    found: Portion = field(default_factory=Portion)


def look_again(
    source: Source, examiner: Examiner, newest: Signed, *, bundles: int, count: int, random: Random
) -> Sample:
    """Read ``count`` of the first ``bundles`` bundles, and see whether others are there.

    On a disk every old file is looked for; on the web some, chosen anew each time.
    """
    sample = Sample()
    spans = Spans(source, newest.size)
    for index in sorted(random.sample(range(bundles), min(count, bundles))):
        part = Part(None, index)
        portion = examiner.examine([part])
        (bundle,) = portion.bundles
        sample.found.add(portion)
        if bundle.by_entries is None:
            continue
        sample.read_count += part.width
        # Where both agree and are not proven, it is a tile above them that is wrong.
        held = [("entries", bundle.by_entries)] if bundle.by_entries != bundle.by_tile else []
        for about, hashes in (*held, ("tiles", bundle.by_tile)):
            if hashes and (fault := _misplaced(hashes[0], index, newest, spans)):
                sample.found.note(about, fault)
    for part in _others(source, bundles, random):
        _look_for(source, part, sample)
    return sample


def _misplaced(digest: bytes, index: int, newest: Signed, spans: Spans) -> str | None:
    """Return why a bundle is not proven to be where it is.

    A tree over bundles has the root of that over entries.
    """
    units = -(-newest.size // WIDTH)
    try:
        proof = inclusion_path(
            index, units, lambda start, end: spans.root(start * WIDTH, min(end * WIDTH, newest.size))
        )
        check_inclusion(digest, index, (units, newest.root), proof)
    except (Absent, Malformed, Untrusted, Unreachable) as fault:
        return f"The entries from {index * WIDTH} on are not proven to be under the signed root: {fault}"
    return None


def _others(source: Source, bundles: int, random: Random) -> Iterator[Part]:
    chosen = range(bundles)
    if is_web(source.location):
        chosen_few = random.sample(chosen, min(_ASKED_ON_THE_WEB // 2, bundles))
        yield from (Part(level, index) for index in sorted(chosen_few) for level in (None, 0))
        return
    yield from (Part(level, index) for index in chosen for level in (None, 0))


def _look_for(source: Source, part: Part, sample: Sample) -> None:
    about = "entries" if part.level is None else "tiles"
    try:
        if source.has(part):
            sample.seen_count += 1
            return
    except AuditError as fault:
        sample.found.note("unread", str(fault))
        return
    sample.found.note(
        about, f"{part.path} was read before, and now it is gone or of a size that it cannot have."
    )
