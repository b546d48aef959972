"""Proof by sample that providers still have what they were given.

A provider only keeps bytes and computes nothing, so possession is shown by reading: a stored fragment is
drawn at random, then one of its blocks; head and trailer are read and proven against the records, then the
block against its leaf. What is found missing or wrong is queued for repair.
"""

from dataclasses import dataclass, field

from reelm.base import Entropy
from reelm.vault import store as records
from reelm.vault.errors import FragmentMissing, FragmentRefused, VaultError
from reelm.vault.examine import Specimen
from reelm.vault.model import ObjectState, ProviderId
from reelm.vault.outside import Outside
from reelm.vault.scene import Scene
from reelm.vault.store import Spot
from reelm.vault.window import Window

CONFIDENCE = 0.99
_DRAW_BYTES = 8
_HALVINGS = 40


@dataclass(slots=True)
class Sampled:
    """What one provider showed; a store that did not answer showed nothing either way."""

    samples: int = 0
    failures: int = 0
    unanswered: int = 0

    @property
    def share_excluded(self) -> float:
        """No larger share of the fragments is lost, with ``CONFIDENCE``; 1 when nothing was shown."""
        return excluded_share(self.samples, self.failures)


@dataclass(slots=True)
class AuditReport:
    """What the samples showed, for each provider and in all."""

    providers: dict[ProviderId, Sampled] = field(default_factory=dict)

    @property
    def total(self) -> Sampled:
        all_of_them = self.providers.values()
        return Sampled(
            sum(one.samples for one in all_of_them),
            sum(one.failures for one in all_of_them),
            sum(one.unanswered for one in all_of_them),
        )


def excluded_share(samples: int, failures: int, *, confidence: float = CONFIDENCE) -> float:
    """The share of lost fragments above which so few failures would be less likely than ``1 - confidence``.

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
    """How likely at most so many of the samples fail when that share is lost, 0 < share < 1."""
    term = (1 - share) ** samples
    total = term
    for count in range(failures):
        term *= (samples - count) / (count + 1) * share / (1 - share) if share < 1 else 0
        total += term
    return total


async def audit(outside: Outside, scene: Scene, *, samples: int, entropy: Entropy) -> AuditReport:
    """Draw ``samples`` fragments at random, with repeats, and prove one block of each."""
    asked = [provider for provider in outside.stores if not scene.is_hostile(provider)]
    async with outside.database.read() as tx:
        count = await records.count_good(tx, asked)
        spots = [
            await records.good_at(tx, asked, _draw(entropy, count)) for _ in range(samples if count else 0)
        ]
    report = AuditReport()
    for spot in spots:
        if spot is not None:
            await _prove(outside, spot, report, entropy)
    return report


async def _prove(outside: Outside, spot: Spot, report: AuditReport, entropy: Entropy) -> None:
    async with outside.database.read() as tx:
        record = await records.find(tx, spot.object_id)
    if record is None or record.state is not ObjectState.STORED:
        return
    piece = record.fragments[spot.index]
    store = outside.stores.get(piece.provider)
    if store is None:
        return
    sampled = report.providers.setdefault(piece.provider, Sampled())
    specimen = Specimen(outside, record, piece)
    try:
        fragment = await specimen.open(store, piece.name)
        chunk = _draw(entropy, record.shape.chunk_count)
        await specimen.blocks(store, piece.name, fragment, Window(chunk, 1))
    except (FragmentMissing, FragmentRefused):
        sampled.failures += 1
        async with outside.database.write() as tx:
            await records.mark_missing(tx, record.object_id, piece)
    except VaultError:
        sampled.unanswered += 1
        return
    sampled.samples += 1


def _draw(entropy: Entropy, count: int) -> int:
    """Below ``count``, each equally likely up to one part in 2**64 / count."""
    return int.from_bytes(entropy.draw(_DRAW_BYTES), "big") % count
