"""How a process reaches a provider: the steps of a folder or of a bucket, each of which may go wrong."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reelm.vault import FragmentMissing, FragmentRefused, ProviderPlace, StoreFailed
from reelm.vault.codec import Block
from reelm.vault.errors import FailedCheck, StoreFull
from support.vault.campaign.disk import Directory, File
from support.vault.campaign.provider import Mood, Provider

if TYPE_CHECKING:
    from support.vault.campaign.process import Process

_HANG_SECONDS = 60.0
_MUTATING = frozenset({"create", "write", "finish", "delete"})


class SimulatedWriter:
    """One fragment on its way; a folder keeps it under a temporary name, a bucket in parts nobody sees."""

    def __init__(self, store: "SimulatedStore", name: str, file: File, *, head_bytes: int) -> None:
        self._store = store
        self._name = name
        self._file = file
        self._offset = head_bytes
        self._is_open = True

    async def write(self, blocks: Sequence[Block]) -> None:
        await self._store.ask("write")
        self._check()
        for block in blocks:
            self._file.write(self._offset, bytes(block))
            self._offset += len(block)
        await self._store.answer("write")

    async def finish(self, head: bytes) -> None:
        store = self._store
        try:
            await store.ask("finish")
        except asyncio.CancelledError:
            self._arrive_late(head)
            raise
        self._check()
        self._file.write(0, head)
        if store.provider.is_folder:
            self._publish()
        else:
            self._upload()
        self._is_open = False
        await store.answer("finish")

    async def abort(self) -> None:
        if not self._is_open or self._store.process.is_dark:
            return
        self._is_open = False
        unfinished = self._store.provider.disk.unfinished
        if unfinished.names.get(self._name) is self._file and not self._store.provider.moods & {
            Mood.REFUSING,
            Mood.HANGING,
        }:
            unfinished.unlink(self._name)

    def _check(self) -> None:
        if not self._is_open:
            raise StoreFailed("The fragment was given up.", provider=self._store.place.provider)
        provider = self._store.provider
        if provider.is_folder and self._file.writer is not self._store.process:
            # The provider lost power, and what was open there is not any more, whatever is left of it.
            provider.misbehave("lost a file that was being written")
            raise StoreFailed("The file is gone.", provider=self._store.place.provider)

    def _publish(self) -> None:
        """As ``FolderStore`` does it: flush the file, make the shard, rename, flush the directory."""
        store, disk, shard = self._store, self._store.provider.disk, self._name[:2]
        touch = store.process.touch
        touch("between write and flush")
        self._flush_file(self._file)
        touch("between flush and rename")
        if shard not in store.flushed_shards:
            disk.make_shard(shard)
            touch("between shard and its flush")
            disk.flush_root()
            store.flushed_shards.add(shard)
        if shard not in disk.shards:
            store.flushed_shards.discard(shard)
            store.provider.misbehave("lost a directory")
            raise StoreFailed("The directory is gone.", provider=store.place.provider)
        store.provider.world.receive(store.provider, self._name, self._file.content)
        if Mood.FORGETFUL in store.provider.moods:
            self._forget()
            return
        disk.rename(self._name)
        touch("between rename and directory flush")
        self._flush_name(disk.shards[shard])

    def _flush_file(self, file: File) -> None:
        file.flush()

    def _flush_name(self, directory: Directory) -> None:
        directory.flush()

    def _upload(self) -> None:
        """A bucket shows an object whole or not at all, and has it when it says so."""
        self._file.flush()
        provider = self._store.provider
        provider.world.receive(provider, self._name, self._file.content)
        if Mood.FORGETFUL in provider.moods:
            self._forget()
            return
        provider.disk.put(self._name, self._file.content)

    def _forget(self) -> None:
        self._store.provider.has_lost = True
        self._store.provider.misbehave("acknowledges without keeping")
        self._store.provider.disk.unfinished.names.pop(self._name, None)

    def _arrive_late(self, head: bytes) -> None:
        """The caller gave up while the last part was on its way to a bucket."""
        store = self._store
        is_lucky = not store.provider.moods and store.provider.world.chance.random() < 0.5
        if store.process.is_dark or store.provider.is_folder or not is_lucky or not self._is_open:
            return
        store.provider.world.count("provider: finishes for a caller that gave up")
        self._file.write(0, head)
        self._upload()
        self._is_open = False


class SimulatedStore:
    """One provider as one process reaches it."""

    writer = SimulatedWriter

    def __init__(self, provider: Provider, process: "Process") -> None:
        self.provider = provider
        self.process = process
        self.flushed_shards: set[str] = set()
        self._sweep()

    @property
    def place(self) -> ProviderPlace:
        return self.provider.place

    async def create(self, name: str, *, head_bytes: int) -> "SimulatedWriter":
        await self.ask("create")
        provider = self.provider
        if not provider.is_folder:
            return self.writer(self, name, File(), head_bytes=head_bytes)
        if name in provider.disk.unfinished.names:
            raise StoreFailed("There is such a file.", provider=self.place.provider)
        file = File(writer=self.process)
        provider.disk.unfinished.link(name, file)
        writer = self.writer(self, name, file, head_bytes=head_bytes)
        try:
            await self.answer("create")
        except BaseException:
            await writer.abort()
            raise
        return writer

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        await self.ask("read")
        file = self.provider.disk.find(name)
        if file is None:
            raise FragmentMissing("A fragment is not where it should be.", provider=self.place.provider)
        content = file.content
        if Mood.LYING in self.provider.moods:
            content = self._lie(name, content)
        data = content[start : start + length]
        if len(data) < length:
            raise FragmentRefused(FailedCheck.TRUNCATED, "A fragment is shorter than it should be.")
        return data

    async def size(self, name: str) -> int:
        await self.ask("size")
        file = self.provider.disk.find(name)
        if file is None:
            raise FragmentMissing("A fragment is not where it should be.", provider=self.place.provider)
        return len(file.content)

    async def delete(self, name: str) -> None:
        try:
            await self.ask("delete")
        except asyncio.CancelledError:
            self._arrive_late(name)
            raise
        self._delete(name)
        await self.answer("delete")

    async def probe(self) -> tuple[int | None, str]:
        await self.ask("probe")
        return None, "ready"

    async def ask(self, what: str) -> None:
        """The way to the provider; nothing has happened yet when this raises."""
        provider, world = self.provider, self.provider.world
        self.process.touch(f"before {what}")
        await world.pause()
        self.process.touch(f"at {what}")
        if provider.is_gone:
            provider.misbehave("does not exist any more")
            raise self._failure("The provider does not exist any more.")
        if not provider.moods:
            return
        if Mood.SLOW in provider.moods:
            if what in _MUTATING:
                provider.misbehave("is slow to write")
            else:
                world.count("provider: is slow to read", str(provider))
            await asyncio.sleep(world.chance.uniform(0.1, 2))
        if Mood.HANGING in provider.moods and world.chance.random() < 0.7:
            provider.misbehave("hangs")
            await self._hang()
        if Mood.REFUSING in provider.moods or (Mood.FLAKY in provider.moods and world.chance.random() < 0.3):
            provider.misbehave("refuses")
            raise self._failure("Refused.")
        if Mood.FULL in provider.moods and what in _MUTATING - {"delete"} and world.chance.random() < 0.5:
            provider.misbehave("is full")
            raise StoreFull("No space is left.", provider=self.place.provider)

    async def answer(self, what: str) -> None:
        """The way back; what was asked for has happened when this raises."""
        provider, world = self.provider, self.provider.world
        self.process.touch(f"after {what}")
        await world.pause()
        if Mood.FAILING_AFTER in provider.moods and world.chance.random() < 0.6:
            provider.misbehave("applies and does not say so")
            if world.chance.random() < 0.3:
                await self._hang()
            raise self._failure("The answer was lost.")
        self.process.touch(f"answered {what}")

    async def _hang(self) -> None:
        """Until the caller or the hang ends; then it is over without having happened.

        It lasts as long as it lasts, for those too who join the caller.
        """
        try:
            await asyncio.sleep(self.provider.world.chance.uniform(1, _HANG_SECONDS))
        finally:
            self.provider.misbehaved_at = self.provider.world.loop.time()
        self.provider.misbehave("answers very late")
        raise self._failure("The connection was reset.")

    def _failure(self, detail: str) -> StoreFailed:
        return StoreFailed(detail, provider=self.place.provider)

    def _delete(self, name: str) -> None:
        provider = self.provider
        if Mood.KEEPING in provider.moods:
            provider.misbehave("keeps what it says it deleted")
            provider.excused.add(name)
            return
        provider.world.note(f"{provider} deletes {name[:6]}")
        shard = provider.disk.shards.get(name[:2])
        if shard is None:
            return
        if name in shard.names:
            shard.unlink(name)
            self.process.touch("between unlink and flush")
        shard.flush()

    def _arrive_late(self, name: str) -> None:
        """The caller is gone, but what it asked for was on its way."""
        if not self.process.is_dark and not self.provider.moods and self.provider.world.chance.random() < 0.5:
            self.provider.world.count("provider: deletes for a caller that gave up")
            self._delete(name)

    def _lie(self, name: str, content: bytes) -> bytes:
        provider, world = self.provider, self.provider.world
        how = world.chance.choice(("flip", "cut", "empty", "other", "old", "longer"))
        provider.misbehave(f"lies: {how}")
        if name in world.written:
            provider.lied_about.add(world.written[name].object_id)
        if how == "flip" and content:
            at = world.chance.randrange(len(content) * 8)
            wrong = bytearray(content)
            wrong[at // 8] ^= 1 << at % 8
            return bytes(wrong)
        if how == "cut" and content:
            return content[: world.chance.randrange(len(content))]
        if how == "other":
            others = [each.data for other, each in world.written.items() if other != name]
            return world.chance.choice(others) if others else b""
        if how == "old":
            return world.chance.choice(list(provider.past.values()) or [b""])
        if how == "longer":
            return world.chance.randbytes(7) + content
        return b""

    def _sweep(self) -> None:
        """What opening a folder does: files of dead writers go, and the shards that are there stay."""
        disk = self.provider.disk
        disk.flush_root()
        self.flushed_shards = set(disk.shards)
        unfinished = disk.unfinished
        for name, file in list(unfinished.names.items()):
            if file.writer is None or getattr(file.writer, "is_dark", True):
                unfinished.unlink(name)
