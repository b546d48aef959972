"""Define the vault's values and rules: suites, states, how objects are cut, what may be stored how.

Nothing here reads a clock, a disk, a network or randomness.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NewType

from reelm.base import DataClass, ObjectId
from reelm.vault.errors import ClassNeedsSeal

ProviderId = NewType("ProviderId", str)

N_MAX = 32
CHUNK_LOG2_MIN = 10
CHUNK_LOG2_MAX = 24


class Suite(IntEnum):
    """The primitives that an object uses; the numbers are stored (docs/spec/rvf1.md, "Suites")."""

    SEALED = 1
    SEALED_SHA256 = 2
    MEDIA = 3

    @property
    def is_sealed(self) -> bool:
        """Return whether the vault encrypts; other bytes arrive encrypted and are stored as they are."""
        return self is not Suite.MEDIA


class ObjectState(StrEnum):
    """``intent`` and ``deleting`` objects cannot be read; both name every fragment that may exist."""

    INTENT = "intent"
    STORED = "stored"
    DELETING = "deleting"


class FragmentState(StrEnum):
    """The state of one fragment in the database.

    ``intended`` ones are being written, or were when power failed; ``missing`` ones are lost, damaged or
    unconfirmed and wait for repair, which looks at what is there before it rebuilds.
    """

    INTENDED = "intended"
    STORED = "stored"
    MISSING = "missing"


class Stage(StrEnum):
    """The stage of a provider on its way out; only ``active`` ones take new fragments."""

    ACTIVE = "active"
    NO_NEW = "no-new"
    DRAINING = "draining"
    VERIFIED = "verified"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class VaultConfig:
    """The settings for cutting objects, and for how long a put waits.

    Attributes:
        k: fragments needed to read, 2 or more.
        n: fragments written, above ``k``, at most 32.
        small_bytes: objects below this many bytes use the small chunk.
        small_chunk_log2: 16 is 64 KiB.
        chunk_log2: 20 is 1 MiB.
        pack_below_bytes: objects below this many bytes share packs; 0 for never.
        pack_bytes: what a pack holds at most.
        gather_seconds: how long small objects wait for each other while a pack is on its way.
        window_bytes: data read at once, a multiple of both chunks; a stream needs about 25 times this
            in memory.
        batch_bytes: data sealed at once, a multiple of both chunks; a stream needs about twelve times this in
            memory.
        stall_seconds: a store that takes no byte for so long loses its fragment.
        lag_seconds: how long one store may hold a put up that is safe without it, before it loses its
            fragment; longer as long as that does not double the put.
        straggler_seconds: how long fragments that an acknowledged put did not wait for may still take before
            they are left to repair. A slow upload of one fragment fits in; the memory of the few that are on
            their way at once stays bounded.
        hedge_floor_seconds: a store is never late before this, so that another one would be asked too.
        hedge_ceiling_seconds: it is late after this at the latest, and also when nothing is known yet.
        probe_seconds: how long whoever asks for the health of a store waits for its answer.
        probe_stall_seconds: a store that has not said how it is for so long is away.
        sighting_seconds: how long a store that is late, and not away yet, stands as it was last seen.
        is_accelerated: use pyeclib when it is installed; numpy otherwise, with the same bytes.
    """

    k: int = 3
    n: int = 5
    small_bytes: int = 1 << 20
    small_chunk_log2: int = 16
    chunk_log2: int = 20
    pack_below_bytes: int = 64 << 10
    pack_bytes: int = 4 << 20
    gather_seconds: float = 0.020
    window_bytes: int = 2 << 20
    batch_bytes: int = 4 << 20
    stall_seconds: float = 30.0
    lag_seconds: float = 2.0
    straggler_seconds: float = 30.0
    hedge_floor_seconds: float = 0.02
    hedge_ceiling_seconds: float = 0.5
    probe_seconds: float = 0.8
    probe_stall_seconds: float = 5.0
    sighting_seconds: float = 600.0
    is_accelerated: bool = True

    def __post_init__(self) -> None:
        """Refuse settings that could not keep the vault's promises."""
        if not 2 <= self.k < self.n <= N_MAX:
            raise ValueError("k is at least 2, n is above k and at most 32")
        if not 0 <= self.pack_below_bytes <= self.pack_bytes < 1 << 32:
            raise ValueError("a pack has room for the largest object that may go into one")
        for log2 in (self.small_chunk_log2, self.chunk_log2):
            portions = (self.window_bytes % (1 << log2), self.batch_bytes % (1 << log2))
            if not CHUNK_LOG2_MIN <= log2 <= CHUNK_LOG2_MAX or any(portions):
                raise ValueError("chunks have 2**10 to 2**24 bytes; windows and batches hold whole chunks")


# A request to a bucket costs milliseconds, so fewer and larger ones pay for the memory that they need.
BUCKET_WINDOW_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class ProviderPlace:
    """Somewhere a fragment can lie.

    ``groups`` names everything that could lose or read all of its fragments at once: the provider itself
    always, and the company that runs it, that company's parent and the site where those are shared. Folders
    of an embedded realm are each their own. ``country`` is whose law reaches it (ISO 3166-1 alpha-2, or ZZ
    when it is not declared); an object's residency is a set of those.
    """

    provider: ProviderId
    groups: frozenset[str] = frozenset()
    country: str = "ZZ"

    @property
    def all_groups(self) -> frozenset[str]:
        """Return its groups, the provider's own included."""
        return self.groups | {f"provider:{self.provider}"}


@dataclass(frozen=True, slots=True)
class PutReceipt:
    """Proof for the caller that an object is safe: the loss of any one provider leaves it readable."""

    object_id: ObjectId
    reference: str
    suite: Suite
    length_bytes: int
    object_root: bytes
    fragments_stored: int
    n: int


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """The health of one store, as far as this process knows.

    Attributes:
        free_bytes: None where the store has no such figure.
        faults_seen: fragments that this process had to do without since it started.
        detail: what is wrong and what to do, or what was found.
    """

    provider: ProviderId
    is_reachable: bool
    free_bytes: int | None
    faults_seen: int
    detail: str


def padme(length_bytes: int) -> int:
    """Return the padded length, of few leading bits so that sizes fall into few classes (≤ 12 % more).

    Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS 2019, algorithm 1.
    """
    if length_bytes < 2:
        return length_bytes
    exponent = length_bytes.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length_bytes + mask) & ~mask


def stored_length(suite: Suite, length_bytes: int) -> int:
    """Return the bytes of body before tags and fragmenting: padded when sealed, exact otherwise."""
    return padme(length_bytes) if suite.is_sealed else length_bytes


def check_class(suite: Suite, klass: DataClass) -> None:
    """Refuse to store what is protected or secret without the two locks.

    Raises:
        ClassNeedsSeal: the suite does not encrypt and the class demands it.
    """
    if not suite.is_sealed and klass in {DataClass.PROTECTED, DataClass.SECRET}:
        raise ClassNeedsSeal(
            f"Data of class '{klass}' is only stored sealed, and the media suite does not seal. "
            "Nothing was stored. Use a sealed suite and the owner's key.",
            data_class=klass.value,
        )
