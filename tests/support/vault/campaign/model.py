"""What the callers of the vault know: the reference model, a dictionary of what was acknowledged."""

from dataclasses import dataclass, field
from enum import StrEnum

from reelm.base import ObjectId
from reelm.vault import PutReceipt
from support.vault.campaign.world import Violated


class Deletion(StrEnum):
    """How far a deletion came, as far as anyone was told."""

    NONE = "none"
    BEGUN = "begun"
    DONE = "done"


@dataclass
class Known:
    """An object that someone has a receipt for.

    Attributes:
        owner: whose it is; goes with its reference.
        candidates: what its bytes may be; one, once it was read.
        is_sealed: whether it takes the owner's key to read it; None while nobody has a receipt.
        done_at: when the deletion was known to be done.
    """

    object_id: ObjectId
    reference: str
    owner: str
    candidates: list[bytes]
    is_sealed: bool | None = None
    deletion: Deletion = Deletion.NONE
    done_at: float = float("inf")

    @property
    def length(self) -> int:
        return len(self.candidates[0])

    def narrow(self, other: "Known") -> None:
        """It has the bytes of another one."""
        self.candidates = [each for each in self.candidates if each in other.candidates]

    def end(self, at: float) -> None:
        """It is gone, and must never be seen again."""
        self.deletion = Deletion.DONE
        self.done_at = min(self.done_at, at)

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
    """References that were tried with which bytes, and what came of it; ``owners`` says whose each is.

    Attributes:
        shredding: owners of whom a shredding was begun.
        shredded_at: when the last one of each came to an end.
    """

    owners: dict[str, str]
    attempts: dict[str, list[bytes]] = field(default_factory=dict)
    known: dict[ObjectId, Known] = field(default_factory=dict)
    shredding: set[str] = field(default_factory=set)
    shredded_at: dict[str, float] = field(default_factory=dict)

    def attempt(self, reference: str, data: bytes) -> None:
        self.attempts.setdefault(reference, []).append(data)

    def live(self) -> list[Known]:
        return [each for each in self.known.values() if each.deletion is Deletion.NONE]

    def acknowledge(self, receipt: PutReceipt, *, begun: float) -> Known:
        """A caller got a receipt for a put that began then.

        Raises:
            Violated: it is for what was deleted, or for a second object under one reference.
        """
        reference = receipt.reference
        known = self.known.get(receipt.object_id)
        if known is None:
            known = self.find(receipt.object_id, reference, receipt.length_bytes)
            self.known[receipt.object_id] = known
            if self.shredded_at.get(known.owner, -1) >= begun:
                known.deletion = Deletion.BEGUN  # it may have been stored before the shredding, or after
        elif known.done_at < begun:
            raise Violated(f"{reference} was deleted and its receipt came back")
        if known.reference != reference or known.length != receipt.length_bytes:
            raise Violated(f"the receipt of {receipt.object_id} changed")
        known.is_sealed = receipt.suite.is_sealed
        self._check_alone(known)
        return known

    def _check_alone(self, known: Known) -> None:
        """A reference has one object, but for those that are being deleted."""
        if known.deletion is not Deletion.NONE:
            return
        for other in self.live():
            if other.reference == known.reference and other is not known:
                raise Violated(f"{known.reference} has two objects: {other.object_id}, {known.object_id}")

    def find(self, object_id: ObjectId, reference: str, length: int) -> Known:
        """What an object under this reference may be.

        Raises:
            Violated: nobody ever stored such a thing.
        """
        candidates = [data for data in self.attempts.get(reference, []) if len(data) == length]
        if not candidates:
            raise Violated(f"nobody stored {length} bytes as {reference}")
        return Known(object_id, reference, self.owners[reference], candidates)
