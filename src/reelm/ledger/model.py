"""Frozen values of the ledger, and its limits."""

from dataclasses import dataclass

from reelm.base import AccountId

MAX_LEAF_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class LogConfig:
    """The settings for gathering leaves into checkpoints.

    Attributes:
        batch_seconds: how long leaves wait for others before they are sequenced.
        batch_leaves: how many are sequenced at once; so many do not wait.
        look_seconds: how often who waits for a leaf looks whether it is in the ledger.
        patience_seconds: how long it waits at most.
        kept_leaves: for how many newer leaves an index can still be asked for by what waited.
        cosign_seconds: how often witnesses are asked, when there is something new.
        cosign_anew_seconds: after how long they are asked again about what they cosigned already, so that a
            realm in which nothing happens can be told from one whose log is held back.
        needs_quorum: whether a leaf counts as recorded only once the policy's quorum has cosigned it.
        retention_days: for how many days entries are kept; 0 for good.
    """

    batch_seconds: float = 0.25
    batch_leaves: int = 1000
    look_seconds: float = 0.02
    patience_seconds: float = 10.0
    kept_leaves: int = 100_000
    cosign_seconds: float = 10.0
    cosign_anew_seconds: float = 3600.0
    needs_quorum: bool = False
    retention_days: int = 0


@dataclass(frozen=True, slots=True)
class LogHead:
    """The head of the log as the database has it: nothing is signed that is not this.

    Attributes:
        origin: the log's name; never changes.
        turn: which process may sequence: the one that took the log over last.
    """

    origin: str
    size: int
    root: bytes
    turn: int


@dataclass(frozen=True, slots=True)
class Private:
    """A private part that a leaf commits to without saying it.

    Attributes:
        body: a JSON object with whole numbers; sealed when it is stored.
        owner: whose key it is sealed under, so that erasing them ends it; the realm's when None.
    """

    body: dict[str, object]
    owner: AccountId | None = None


@dataclass(frozen=True, slots=True)
class LoggedLeaf:
    """A leaf that is under a signed, durable checkpoint."""

    index: int
    leaf: bytes
