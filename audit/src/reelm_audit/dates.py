"""Check that leaves are dated as they follow each other: rules on text that sorts as time does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# A leaf is dated when it is made, and waits for its place in the log with others that are made elsewhere.
_WAITED = timedelta(hours=1)
FUTURE_SECONDS = 300
# No ledger of this format is older.
_EARLIEST = "2026-01-01T00:00:00.000Z"


@dataclass(slots=True)
class Dates:
    """The dates of some leaves in a row.

    Attributes:
        first: of the first leaf; empty when there was none.
        latest: the latest of all.
        earliest: the earliest of all, and where it is.
    """

    first: str = ""
    latest: str = ""
    earliest: tuple[str, int] = ("", 0)

    def take(self, time: str, index: int, limit: str) -> str | None:
        """Take the next leaf; what is wrong with its date, if anything.

        Args:
            time: when it was made, by the realm's clock.
            index: of the leaf.
            limit: the latest date that can be.
        """
        if time > limit:
            return f"Entry {index} is dated {time}, which is still to come."
        if time < _EARLIEST:
            return f"Entry {index} is dated {time}, before any ledger of this kind."
        fault = None
        if time < self.latest:
            fault = _early(time, index, self.latest)
        else:
            self.latest = time
        self.first = self.first or time
        if not self.earliest[0] or time < self.earliest[0]:
            self.earliest = (time, index)
        return fault

    def add(self, other: "Dates") -> Iterator[str]:
        """Take what comes after; yields what is wrong between the two."""
        if not other.first:
            return
        time, index = other.earliest
        if time < self.latest and (fault := _early(time, index, self.latest)):
            yield fault
        self.first = self.first or other.first
        self.latest = max(self.latest, other.latest)
        if not self.earliest[0] or time < self.earliest[0]:
            self.earliest = other.earliest


def _early(time: str, index: int, before: str) -> str | None:
    if datetime.fromisoformat(before) - datetime.fromisoformat(time) <= _WAITED:
        return None
    return f"Entry {index} is dated {time}, and one before it is dated {before}."


def backdated(dates: Dates, since_seconds: int) -> str | None:
    """Return why a leaf that was not there at some moment cannot have the date that it has."""
    time, index = dates.earliest
    since = datetime.fromtimestamp(since_seconds, UTC)
    if not time or since - datetime.fromisoformat(time) <= _WAITED:
        return None
    return f"Entry {index} is dated {time}, and was not there yet at the audit of {since:%Y-%m-%d %H:%M} UTC."


def latest_moment(now_seconds: int) -> str:
    """The latest date that a leaf can have, as a leaf writes it."""
    moment = datetime.fromtimestamp(min(now_seconds + FUTURE_SECONDS, 253_402_300_799), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.999Z"
