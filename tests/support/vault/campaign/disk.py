"""A disk that may lose power: what was not flushed may be there afterwards, in part, or not.

The model of a POSIX file system that promises nothing more than it must: a file's bytes are durable after its
own flush, a name after the flush of its directory, and until then any part of either may survive. Renames may
be torn: both names, or none.
"""

import random  # noqa: TID251 - seeded, so that a failure replays
from dataclasses import dataclass, field


@dataclass(eq=False)
class File:
    """Bytes on the platter, and writes that are still in memory; ``writer`` has it open."""

    durable: bytes = b""
    pending: list[tuple[int, bytes]] = field(default_factory=list)
    writer: object | None = None

    @property
    def content(self) -> bytes:
        return _applied(self.durable, self.pending) if self.pending else self.durable

    def write(self, offset: int, data: bytes) -> None:
        self.pending.append((offset, data))

    def flush(self) -> None:
        self.durable = self.content
        self.pending.clear()

    def lose_power(self, chance: random.Random) -> None:
        """Each write that was not flushed is kept whole, in part, or not at all."""
        kept = [
            (offset, data[: chance.choice((0, chance.randint(0, len(data)), len(data)))])
            for offset, data in self.pending
        ]
        self.durable = _applied(self.durable, [each for each in kept if each[1]])
        self.pending.clear()
        self.writer = None


def _applied(content: bytes, writes: list[tuple[int, bytes]]) -> bytes:
    data = bytearray(content)
    for offset, piece in writes:
        if len(data) < offset:
            data.extend(bytes(offset - len(data)))
        data[offset : offset + len(piece)] = piece
    return bytes(data)


class Directory:
    """Names of files: what anyone sees now, and what a power cut would leave at worst."""

    def __init__(self) -> None:
        self.names: dict[str, File] = {}
        self._durable: dict[str, File] = {}
        self._pending: list[tuple[str, File | None]] = []

    @property
    def durable(self) -> dict[str, File]:
        """What every power cut leaves: a name that is being changed is not in it."""
        unsure = {name for name, _ in self._pending}
        return {name: file for name, file in self._durable.items() if name not in unsure}

    def link(self, name: str, file: File) -> None:
        self.names[name] = file
        self._pending.append((name, file))

    def unlink(self, name: str) -> None:
        del self.names[name]
        self._pending.append((name, None))

    def flush(self) -> None:
        self._durable = dict(self.names)
        self._pending.clear()

    def lose_power(self, chance: random.Random) -> None:
        for file in self.names.values():
            file.writer = None
        for name, changed in self._pending:
            if chance.random() < 0.5:
                continue
            if changed is None:
                self._durable.pop(name, None)
            else:
                self._durable[name] = changed
        self._pending.clear()
        self.names = dict(self._durable)
        for file in self.names.values():
            file.lose_power(chance)


class Disk:
    """The folder of one store: ``unfinished`` files, and one directory per shard, durable once the root is.

    ``held`` is by fragment name: what can be read now.
    """

    def __init__(self) -> None:
        self.unfinished = Directory()
        self.shards: dict[str, Directory] = {}
        self._durable_shards: set[str] = set()

    @property
    def held(self) -> dict[str, bytes]:
        return {name: file.content for shard in self.shards.values() for name, file in shard.names.items()}

    def find(self, name: str) -> File | None:
        shard = self.shards.get(name[:2])
        return shard.names.get(name) if shard else None

    def keeps(self, name: str, data: bytes) -> bool:
        """Whether any power cut leaves these bytes under this name."""
        if name[:2] not in self._durable_shards:
            return False
        file = self.shards[name[:2]].durable.get(name)
        return file is not None and file.durable == data and not file.pending

    def make_shard(self, shard: str) -> None:
        if shard not in self.shards:
            self.shards[shard] = Directory()

    def flush_root(self) -> None:
        self._durable_shards = set(self.shards)

    def rename(self, name: str) -> None:
        """From ``unfinished`` to its shard; over what is there."""
        file = self.unfinished.names[name]
        self.shards[name[:2]].link(name, file)
        self.unfinished.unlink(name)

    def lose_power(self, chance: random.Random) -> None:
        for shard in sorted(self.shards.keys() - self._durable_shards):
            if chance.random() < 0.5:
                del self.shards[shard]
        self._durable_shards = set(self.shards)
        self.unfinished.lose_power(chance)
        for shard in sorted(self.shards):
            self.shards[shard].lose_power(chance)

    def write_back(self) -> None:
        """What the system does by itself within a minute: everything becomes durable."""
        self.flush_root()
        for directory in (self.unfinished, *self.shards.values()):
            directory.flush()
            for file in directory.names.values():
                file.flush()

    def replace(self, fragments: dict[str, bytes]) -> None:
        """Make these the disk's only fragments, durable."""
        self.shards = {}
        self._durable_shards = set()
        for name, data in fragments.items():
            self.put(name, data)

    def put(self, name: str, data: bytes) -> None:
        """One fragment, durable, by no protocol at all."""
        self.make_shard(name[:2])
        shard = self.shards[name[:2]]
        shard.link(name, File(data))
        shard.flush()
        self.flush_root()

    def remove(self, name: str) -> None:
        shard = self.shards.get(name[:2])
        if shard is not None and name in shard.names:
            shard.unlink(name)
            shard.flush()
