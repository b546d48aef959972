"""Describe the part that a creator takes of a file: start, end, cover, and whether its sound is kept."""

from dataclasses import dataclass

from reelm.media.errors import BadCut


@dataclass(frozen=True, slots=True)
class Cut:
    """All times are milliseconds from the beginning of the file, also those after a trimmed start.

    Attributes:
        end_ms: None for the end of the file.
        cover_ms: the moment whose picture stands for the clip; None leaves the choice to the realm.
    """

    start_ms: int = 0
    end_ms: int | None = None
    cover_ms: int | None = None
    is_muted: bool = False

    @property
    def is_trimmed(self) -> bool:
        return self.start_ms > 0 or self.end_ms is not None

    def end_of(self, duration_ms: int) -> int:
        return duration_ms if self.end_ms is None else self.end_ms

    def lasts_ms(self, duration_ms: int) -> int:
        """Return the milliseconds that are left of a file that lasts ``duration_ms``."""
        return self.end_of(duration_ms) - self.start_ms


WHOLE = Cut()


def check_cut(cut: Cut, *, duration_ms: int, min_duration_ms: int) -> None:
    """Refuse a cut that a file of this length cannot have.

    Raises:
        BadCut: the message names both times.
    """
    problem = _problem(cut, duration_ms, min_duration_ms)
    if problem is not None:
        raise BadCut(
            f"{problem} Nothing was posted; the upload is kept. Choose other times.", duration_ms=duration_ms
        )


def _problem(cut: Cut, duration_ms: int, min_duration_ms: int) -> str | None:
    end_ms = cut.end_of(duration_ms)
    if end_ms > duration_ms:
        return f"The video lasts {_seconds(duration_ms)}, and the end is set to {_seconds(end_ms)}."
    if cut.start_ms >= end_ms:
        return f"The start, {_seconds(cut.start_ms)}, is not before the end, {_seconds(end_ms)}."
    if end_ms - cut.start_ms < min_duration_ms:
        return (
            f"From {_seconds(cut.start_ms)} to {_seconds(end_ms)} is shorter than "
            f"{_seconds(min_duration_ms)}, the least that a clip lasts."
        )
    if cut.cover_ms is not None and not cut.start_ms <= cut.cover_ms <= end_ms:
        return (
            f"The cover, {_seconds(cut.cover_ms)}, is outside of what is kept, {_seconds(cut.start_ms)} to "
            f"{_seconds(end_ms)}."
        )
    return None


def _seconds(ms: int) -> str:
    """Return seconds with two digits, or with three where two would make different times read the same."""
    return f"{ms / 1000:.3f}".removesuffix("0") + " s"
