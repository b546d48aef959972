"""What the callers of the vault know: the reference model, a dictionary of what was acknowledged."""

from dataclasses import dataclass, field
from enum import StrEnum

from campaign.world import Violated
from reelm.base import ObjectId
from reelm.vault import Receipt


class Deletion(StrEnum):
    """How far a deletion came, as far as anyone was told."""

    NONE = "none"
    BEGUN = "begun"
    DONE = "done"


@dataclass
class Known:
    """An object that someone has a receipt for.

    Attributes:
        candidates: what its bytes may be; one, once it was read.
    """

    object_id: ObjectId
    reference: str
    candidates: list[bytes]
    deletion: Deletion = Deletion.NONE

    @property
    def length(self) -> int:
        return len(self.candidates[0])

    def check(self, data: bytes, part: slice) -> None:
        """Keep what agrees with what was read.

        Raises:
            Violated: nothing does.
        """
        fitting = [each for each in self.candidates if each[part] == data]
        if not fitting:
            raise Violated(f"wrong bytes were returned for {self.object_id} ({self.reference}), {part}")
        self.candidates = fitting


@dataclass
class Model:
    """References that were tried with which bytes, and what came of it."""

    attempts: dict[str, list[bytes]] = field(default_factory=dict)
    known: dict[ObjectId, Known] = field(default_factory=dict)

    def attempt(self, reference: str, data: bytes) -> None:
        self.attempts.setdefault(reference, []).append(data)

    def live(self) -> list[Known]:
        return [each for each in self.known.values() if each.deletion is Deletion.NONE]

    def gone(self) -> list[Known]:
        return [each for each in self.known.values() if each.deletion is Deletion.DONE]

    def acknowledge(self, receipt: Receipt) -> Known:
        """A caller got a receipt.

        Raises:
            Violated: it is for what was deleted, or for a second object under one reference.
        """
        reference = receipt.reference
        for other in self.live():
            if other.reference == reference and other.object_id != receipt.object_id:
                raise Violated(f"{reference} has two objects: {other.object_id} and {receipt.object_id}")
        known = self.known.get(receipt.object_id)
        if known is None:
            known = self.find(receipt.object_id, reference, receipt.length_bytes)
            self.known[receipt.object_id] = known
        elif known.deletion is Deletion.DONE:
            raise Violated(f"{reference} was deleted and its receipt came back")
        if known.reference != reference or known.length != receipt.length_bytes:
            raise Violated(f"the receipt of {receipt.object_id} changed")
        return known

    def find(self, object_id: ObjectId, reference: str, length: int) -> Known:
        """What an object under this reference may be.

        Raises:
            Violated: nobody ever stored such a thing.
        """
        candidates = [data for data in self.attempts.get(reference, []) if len(data) == length]
        if not candidates:
            raise Violated(f"nobody stored {length} bytes as {reference}")
        return Known(object_id, reference, candidates)
