"""Fragments in memory: a store that keeps every promise but the one about power cuts."""

from collections.abc import Sequence

from reelm.vault.codec import Block
from reelm.vault.errors import Fault, FragmentMissing, FragmentRefused
from reelm.vault.model import Place, ProviderId


class MemoryStore:
    """One provider that lives as long as the object; ``fragments`` is its disk, and may be bent by hand."""

    def __init__(self, provider: str, *, groups: frozenset[str] = frozenset(), country: str = "ZZ") -> None:
        self._place = Place(ProviderId(provider), groups, country)
        self.fragments: dict[str, bytes] = {}

    @property
    def place(self) -> Place:
        return self._place

    async def create(self, name: str, *, head_bytes: int) -> "MemoryWriter":
        return MemoryWriter(self.fragments, name, head_bytes=head_bytes)

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        data = self._find(name)[start : start + length]
        if len(data) < length:
            raise FragmentRefused(Fault.TRUNCATED, "A fragment is shorter than it should be.")
        return data

    async def size(self, name: str) -> int:
        return len(self._find(name))

    async def delete(self, name: str) -> None:
        self.fragments.pop(name, None)

    async def probe(self) -> tuple[int | None, str]:
        return None, f"{len(self.fragments)} fragments in memory"

    def _find(self, name: str) -> bytes:
        try:
            return self.fragments[name]
        except KeyError:
            raise FragmentMissing(
                "A fragment is not where it should be.", provider=self._place.provider
            ) from None


class MemoryWriter:
    def __init__(self, fragments: dict[str, bytes], name: str, *, head_bytes: int) -> None:
        self._fragments = fragments
        self._name = name
        self._data = bytearray(head_bytes)

    async def write(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            self._data += block

    async def finish(self, head: bytes) -> None:
        self._data[: len(head)] = head
        self._fragments[self._name] = bytes(self._data)

    async def abort(self) -> None:
        self._data.clear()
