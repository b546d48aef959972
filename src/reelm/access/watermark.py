"""Mark an exported file with canary rows and an order of its own, so that it differs from every other.

Canary rows are e-mail addresses in a reserved domain (RFC 2606), so nothing ever reaches anyone by them. The
order is that of a keyed digest of each row: any part of the file is still in it, whoever took rows out, and
without the key it looks like none. Who removes the rows and sorts what is left removes the mark; a few rows
are too few to tell. Both ways of marking are told apart from chance by numbers, not by eye.
"""

import hmac
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

CANARY_ROWS = 3
# So far from chance that among a billion exports none fits by accident; it takes 15 rows in order.
CERTAIN_SIGMAS = 6.0
_DOMAIN = "example.net"
_FIRST = ("ada", "ben", "cleo", "dario", "emma", "finn", "greta", "hugo", "ines", "jonas", "kaya", "leo")
_LAST = ("adler", "baker", "costa", "dahl", "evans", "fuchs", "grant", "horn", "klein", "lund", "meyer")
_ADDRESS = re.compile(r"[^\s,;:\"'<>()\[\]]{1,64}@[^\s,;:\"'<>()\[\]]{1,190}")


@dataclass(frozen=True, slots=True)
class Watermark:
    """The mark of one export; its secret is 32 bytes that only the realm can make."""

    secret: bytes

    def canaries(self) -> tuple[str, ...]:
        """Return the addresses that nobody has; in this export and in no other."""
        return tuple(self._somebody(number) for number in range(CANARY_ROWS))

    def in_order(self, emails: Iterable[str]) -> list[str]:
        """Return the rows of the file: these and the canaries, in the order of this export."""
        return sorted({*emails, *self.canaries()}, key=self._place)

    def count_canaries(self, emails: Iterable[str]) -> int:
        """Count the canary rows of this export among these addresses."""
        return len({*self.canaries()} & {email.lower() for email in emails})

    def sigmas_in_order(self, emails: Sequence[str]) -> float:
        """Measure how far these are from an accidental order towards this export's, in standard deviations.

        Source: the ascents of a random permutation of n have mean (n - 1) / 2 and variance (n + 1) / 12.
        """
        places = [self._place(email) for email in dict.fromkeys(emails)]
        ascents = sum(one < other for one, other in pairwise(places))
        return (ascents - (len(places) - 1) / 2) / math.sqrt((len(places) + 1) / 12)

    def _place(self, email: str) -> bytes:
        return hmac.digest(self.secret, b"place " + email.lower().encode(), "sha256")

    def _somebody(self, number: int) -> str:
        drawn = int.from_bytes(hmac.digest(self.secret, b"honey %d" % number, "sha256")[:8])
        drawn, first = divmod(drawn, len(_FIRST))
        drawn, last = divmod(drawn, len(_LAST))
        return f"{_FIRST[first]}.{_LAST[last]}{drawn % 1_000_000:06d}@{_DOMAIN}"


def emails_in(text: str) -> list[str]:
    """Return whatever looks like an e-mail address, in the order of the text, in lower case."""
    return [found.rstrip(".").lower() for found in _ADDRESS.findall(text)]
