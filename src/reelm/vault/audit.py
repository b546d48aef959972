"""Audit by sample whether providers still have what they were given.

A provider only keeps bytes and computes nothing, so possession is shown by reading: a stored fragment is
drawn at random, then one of its blocks; head and trailer are read and proven against the database, then the
block against its leaf. What is found missing or wrong is queued for repair.
"""

from dataclasses import dataclass, field

from reelm.base import Entropy
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import FragmentMissing, FragmentRefused, VaultError
from reelm.vault.format import ChunkWindow
from reelm.vault.inspector import FragmentInspector
from reelm.vault.model import ObjectState, ProviderId
from reelm.vault.snapshot import ProviderSnapshot
from reelm.vault.store import FragmentRef

CONFIDENCE = 0.99
_DRAW_BYTES = 8
_HALVINGS = 40


@dataclass(slots=True)
class SampleCounts:
    """The results of the samples at one provider; a store that did not answer showed nothing either way."""

    samples: int = 0
    failures: int = 0
    unanswered: int = 0

    @property
    def share_excluded(self) -> float:
        """Return the largest share of fragments that may be lost, with ``CONFIDENCE``; 1 without samples."""
        return excluded_share(self.samples, self.failures)


@dataclass(slots=True)
class AuditReport:
    """The results of all samples, for each provider and in all."""

    providers: dict[ProviderId, SampleCounts] = field(default_factory=dict)

    @property
    def total(self) -> SampleCounts:
        """Return the sums over all providers."""
        all_of_them = self.providers.values()
        return SampleCounts(
            sum(one.samples for one in all_of_them),
            sum(one.failures for one in all_of_them),
            sum(one.unanswered for one in all_of_them),
        )


def excluded_share(samples: int, failures: int, *, confidence: float = CONFIDENCE) -> float:
    """Return the share of lost fragments above which so few failures are less likely than ``1 - confidence``.

    The upper end of the exact binomial interval (Clopper and Pearson, Biometrika 26, 1934), found by halving;
    460 samples without a failure exclude more than 1 %.
    """
    low, high = failures / samples if samples else 1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _chance_of_at_most(failures, samples, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _chance_of_at_most(failures: int, samples: int, share: float) -> float:
    """Return how likely at most so many of the samples fail when that share is lost, 0 < share < 1."""
    term = (1 - share) ** samples
    total = term
    for count in range(failures):
        term *= (samples - count) / (count + 1) * share / (1 - share) if share < 1 else 0
        total += term
    return total


async def audit(
    environment: VaultEnvironment, snapshot: ProviderSnapshot, *, samples: int, entropy: Entropy
) -> AuditReport:
    """Draw ``samples`` fragments at random, with repeats, prove one block of each, and return the counts."""
    asked = [provider for provider in environment.stores if not snapshot.is_hostile(provider)]
    async with environment.database.read() as tx:
        count = await db.count_good(tx, asked)
        refs = [
            await db.find_stored_at(tx, asked, _draw(entropy, count)) for _ in range(samples if count else 0)
        ]
    report = AuditReport()
    for ref in refs:
        if ref is not None:
            await _prove(environment, ref, report, entropy)
    return report


async def _prove(
    environment: VaultEnvironment, ref: FragmentRef, report: AuditReport, entropy: Entropy
) -> None:
    async with environment.database.read() as tx:
        record = await db.find(tx, ref.object_id)
    if record is None or record.state is not ObjectState.STORED:
        return
    piece = record.fragments[ref.index]
    store = environment.stores.get(piece.provider)
    if store is None:
        return
    sampled = report.providers.setdefault(piece.provider, SampleCounts())
    inspector = FragmentInspector(environment, record, piece)
    try:
        fragment = await inspector.open(store, piece.name)
        chunk = _draw(entropy, record.shape.chunk_count)
        await inspector.blocks(store, piece.name, fragment, ChunkWindow(chunk, 1))
    except (FragmentMissing, FragmentRefused):
        sampled.failures += 1
        async with environment.database.write() as tx:
            await db.mark_missing(tx, record.object_id, piece)
    except VaultError:
        sampled.unanswered += 1
        return
    sampled.samples += 1


def _draw(entropy: Entropy, count: int) -> int:
    """Return a number below ``count``, each equally likely up to one part in 2**64 / count."""
    return int.from_bytes(entropy.draw(_DRAW_BYTES), "big") % count
