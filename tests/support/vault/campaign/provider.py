"""Companies that keep fragments, some of them badly."""

from collections.abc import Iterable
from enum import StrEnum

from reelm.vault import ProviderPlace
from support.vault.campaign.disk import Disk
from support.vault.campaign.world import World


class Mood(StrEnum):
    """How a provider behaves for a while."""

    REFUSING = "refusing"
    FLAKY = "flaky"
    SLOW = "slow"
    HANGING = "hanging"
    FULL = "full"
    FAILING_AFTER = "failing after applying"
    LYING = "lying"
    FORGETFUL = "acknowledging without keeping"
    KEEPING = "acknowledging deletions without deleting"


DISHONEST = frozenset({Mood.FORGETFUL})


class Provider:
    """One disk, and whoever stands before it.

    Attributes:
        is_folder: files of this machine, which a power cut of it hits too; a bucket elsewhere otherwise.
        moods: what is wrong with it now.
        misbehaved_at: when it last did something that a healthy provider does not do.
        has_lost: it lost or may have lost what it acknowledged, by more than a power cut.
        lied_about: objects of which it returned wrong bytes; for those it is as good as lost.
        is_gone: for good.
        is_left_in_anger: nobody asks it to delete anything any more.
        excused: names that it has though it was told to delete them.
        past: what it held at some moment, for a return from the dead.
    """

    def __init__(self, world: World, place: ProviderPlace, *, is_folder: bool) -> None:
        self.world = world
        self.place = place
        self.is_folder = is_folder
        self.disk = Disk()
        self.moods: set[Mood] = set()
        self.misbehaved_at = -1.0
        self.has_lost = False
        self.lied_about: set[str] = set()
        self.is_gone = False
        self.is_left_in_anger = False
        self.excused: set[str] = set()
        self.past: dict[str, bytes] = {}

    def __str__(self) -> str:
        return self.place.provider

    @property
    def names(self) -> Iterable[str]:
        """Of every fragment that can be read, in the order of their arrival within a shard."""
        return [name for shard in self.disk.shards.values() for name in shard.names]

    def misbehave(self, how: str) -> None:
        self.misbehaved_at = self.world.loop.time()
        self.world.count(f"provider: {how}", str(self))

    def holds_good(self, name: str) -> bool:
        """Whether the right bytes could be read here now."""
        file = self.disk.find(name)
        written = self.world.written.get(name)
        return not self.is_gone and file is not None and written is not None and file.content == written.data

    def keeps_good(self, name: str) -> bool:
        """Whether the right bytes would be there after any power cut."""
        written = self.world.written.get(name)
        return not self.is_gone and written is not None and self.disk.keeps(name, written.data)

    def lose_power(self) -> None:
        if self.is_folder and not self.is_gone:
            before = set(self.names)
            self.misbehave("loses power")
            self.disk.lose_power(self.world.chance)
            # A deletion that was acknowledged cannot be among what comes back: it was flushed.
            self.world.note(f"{self} lost {len(before - set(self.names))} names")

    # What follows takes bytes away that were acknowledged: an object survives that at any one group.

    def leave(self) -> None:
        self.misbehave("leaves for good")
        self.has_lost = self.is_gone = True
        self.disk.replace({})

    def return_from_the_dead(self) -> None:
        """With what it had long ago, deleted things included."""
        self.misbehave("is back with old data")
        self.has_lost = True
        self.excused |= self.past.keys()
        self.disk.replace(self.past)

    def rot(self) -> None:
        """A bit of some fragments flips, on the disk."""
        self.misbehave("flips bits on its disk")
        self.has_lost = True
        for name in self._some():
            data = self.disk.held[name]
            at = self.world.chance.randrange(len(data) * 8)
            flipped = bytearray(data)
            flipped[at // 8] ^= 1 << at % 8
            self.disk.put(name, bytes(flipped))

    def tear(self) -> None:
        """Some fragments are cut short, some are empty, some are gone."""
        self.misbehave("tears files on its disk")
        self.has_lost = True
        for name in self._some():
            data = self.disk.held[name]
            self.disk.remove(name)
            if self.world.chance.random() < 0.7:
                self.disk.put(
                    name, data[: self.world.chance.choice((0, self.world.chance.randrange(len(data))))]
                )

    def mix(self) -> None:
        """Some fragments are under each other's names."""
        held = self.disk.held
        names = self._some()
        if len(names) < 2:
            return
        self.misbehave("mixes up names on its disk")
        self.has_lost = True
        for name, other in zip(names, names[1:] + names[:1], strict=True):
            self.disk.put(name, held[other])

    def _some(self) -> list[str]:
        names = sorted(self.names)
        return [name for name in names if self.world.chance.random() < 0.7]
