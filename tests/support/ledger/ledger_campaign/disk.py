"""One folder that may lose power: what was not flushed may be there afterwards, in part, or not.

Files are those of ``campaign.disk``; a name is durable after the flush of its folder, whether it is a file's
or a folder's.
"""

import random  # noqa: TID251 - seeded, so that a failure replays
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from support.vault.campaign.disk import File


class Folder:
    """Names of files and folders: what anyone sees now, and what a power cut would leave at worst."""

    def __init__(self) -> None:
        self.names: dict[str, File | Folder] = {}
        self._durable: dict[str, File | Folder] = {}
        self._pending: list[tuple[str, File | Folder | None]] = []

    def link(self, name: str, node: "File | Folder") -> None:
        self.names[name] = node
        self._pending.append((name, node))

    def unlink(self, name: str) -> None:
        del self.names[name]
        self._pending.append((name, None))

    def flush(self) -> None:
        self._durable = dict(self.names)
        self._pending.clear()

    def lose_power(self, chance: random.Random) -> None:
        for name, changed in self._pending:
            if chance.random() < 0.5:
                continue
            if changed is None:
                self._durable.pop(name, None)
            else:
                self._durable[name] = changed
        self._pending.clear()
        self.names = dict(self._durable)
        for node in self.names.values():
            node.lose_power(chance)


class SimulatedDisk:
    """The port of a log as one process sees its machine's disk.

    ``touch`` is told of every step first, and of what changes nothing as the step ``""``. The folder belongs
    to the machine: it is shared by the processes of a schedule, one after the other.
    """

    def __init__(self, root: Folder, chance: random.Random, touch: Callable[[str], None]) -> None:
        self._root = root
        self._chance = chance
        self._touch = touch

    @contextmanager
    def claim(self) -> Iterator[None]:
        yield

    async def read(self, path: str) -> bytes | None:
        self._touch("")
        return read(self._root, path)

    async def names(self, folder: str) -> list[str]:
        self._touch("")
        node = _find(self._root, folder)
        return list(node.names) if isinstance(node, Folder) else []

    async def write(self, files: Mapping[str, bytes]) -> None:
        for path in self._chance.sample(sorted(files), len(files)):
            data, (folder, name) = files[path], self._place(path)
            self._touch("before write")
            old = folder.names.get(name)
            file = old if isinstance(old, File) else File()
            if file is not old:
                folder.link(name, file)
            # Truncating a file that is there is as little durable as writing to it.
            file.durable, file.pending = (file.durable if self._chance.random() < 0.5 else b""), []
            cut = self._chance.randint(0, len(data))
            file.write(0, data[:cut])
            self._touch("between two writes")
            file.durable = b""
            file.write(cut, data[cut:])
            self._touch("between write and flush")
            file.flush()
            self._touch("after flush")

    async def make_folder(self, path: str) -> None:
        folder, name = self._place(path)
        self._touch("before a folder is made")
        if name not in folder.names:
            folder.link(name, Folder())

    async def flush_folders(self, paths: Iterable[str]) -> None:
        for path in paths:
            node = _find(self._root, path)
            assert isinstance(node, Folder), path
            self._touch("before folder flush")
            node.flush()
        self._touch("after folder flush")

    async def rename(self, old: str, new: str) -> None:
        (folder, name), (target, new_name) = self._place(old), self._place(new)
        self._touch("before rename")
        node = folder.names[name]
        target.link(new_name, node)
        folder.unlink(name)
        self._touch("between rename and folder flush")

    async def remove(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        parent = _find(self._root, folder)
        if not isinstance(parent, Folder) or name not in parent.names:
            self._touch("")
            return
        self._touch("before remove")
        node = parent.names[name]
        if not isinstance(node, Folder) or not node.names:
            parent.unlink(name)

    def _place(self, path: str) -> tuple[Folder, str]:
        folder, _, name = path.rpartition("/")
        parent = _find(self._root, folder)
        assert isinstance(parent, Folder), f"the folder of {path} is not there"
        return parent, name


def read(root: Folder, path: str) -> bytes | None:
    """What anyone reads there now."""
    node = _find(root, path)
    return node.content if isinstance(node, File) else None


def _find(root: Folder, path: str) -> File | Folder | None:
    node: File | Folder | None = root
    for name in path.split("/") if path else ():
        node = node.names.get(name) if isinstance(node, Folder) else None
    return node
