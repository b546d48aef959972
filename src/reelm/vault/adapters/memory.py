"""Store fragments in memory, with every promise kept but the one about power cuts."""

from collections.abc import Sequence

from reelm.vault.codec import Block
from reelm.vault.errors import FailedCheck, FragmentMissing, FragmentRefused
from reelm.vault.model import ProviderId, ProviderPlace


class MemoryStore:
    """One provider that lives as long as the object; ``fragments`` is its disk, and may be bent by hand."""

    def __init__(self, provider: str, *, groups: frozenset[str] = frozenset(), country: str = "ZZ") -> None:
        self._place = ProviderPlace(ProviderId(provider), groups, country)
        self.fragments: dict[str, bytes] = {}

    @property
    def place(self) -> ProviderPlace:
        """Return which provider this is, and which groups it belongs to."""
        return self._place

    async def create(self, name: str, *, head_bytes: int) -> "MemoryWriter":
        """Start a fragment and return its writer."""
        return MemoryWriter(self.fragments, name, head_bytes=head_bytes)

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        """Return bytes of a fragment."""
        data = self._find(name)[start : start + length]
        if len(data) < length:
            raise FragmentRefused(FailedCheck.TRUNCATED, "A fragment is shorter than it should be.")
        return data

    async def size(self, name: str) -> int:
        """Return the size of a fragment."""
        return len(self._find(name))

    async def delete(self, name: str) -> None:
        """Remove a fragment."""
        self.fragments.pop(name, None)

    async def probe(self) -> tuple[int | None, str]:
        """Return how many fragments there are, in words."""
        return None, f"{len(self.fragments)} fragments in memory"

    def _find(self, name: str) -> bytes:
        try:
            return self.fragments[name]
        except KeyError:
            raise FragmentMissing(
                "A fragment is not where it should be.", provider=self._place.provider
            ) from None


class MemoryWriter:
    """Collects one fragment, which appears when it is finished."""

    def __init__(self, fragments: dict[str, bytes], name: str, *, head_bytes: int) -> None:
        self._fragments = fragments
        self._name = name
        self._data = bytearray(head_bytes)

    async def write(self, blocks: Sequence[Block]) -> None:
        """Append blocks behind the head."""
        for block in blocks:
            self._data += block

    async def finish(self, head: bytes) -> None:
        """Put the head in front and make the fragment visible."""
        self._data[: len(head)] = head
        self._fragments[self._name] = bytes(self._data)

    async def abort(self) -> None:
        """Forget what was collected."""
        self._data.clear()
