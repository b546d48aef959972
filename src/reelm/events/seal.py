"""Seal the protected fields of facts, and open them for consumers as long as their key is there."""

from collections.abc import Sequence

from reelm.base import AccountId, Clock, Entropy, Tx, mint
from reelm.events.model import Entry, Event, Fact, NumberedEntry, owner_of, read_fact, write_fact
from reelm.realm import KeyDestroyed, KeyMissing, Keys, SealingKey


class FactSealer:
    """Turns facts into entries and back, with the keys of a realm."""

    def __init__(self, keys: Keys, *, clock: Clock, entropy: Entropy) -> None:
        self._keys = keys
        self._clock = clock
        self._entropy = entropy

    async def seal(self, tx: Tx, facts: Sequence[Fact], *, has_sources: bool) -> list[Entry]:
        """Return facts as they are stored. Protected fields of someone erased meanwhile are left out.

        Raises:
            FactUnknown: one of them was never declared.
            KeyMissing: an owner never had a key.
            ValueError: a field has no canonical form.
        """
        opened: dict[AccountId | None, SealingKey | None] = {}
        return [await self._entry(tx, each, opened, has_source=has_sources) for each in facts]

    async def open(self, tx: Tx, entries: Sequence[NumberedEntry]) -> list[Event]:
        """Return entries as a consumer gets them; protected fields without a key are ``Erased``.

        Raises:
            FactBroken: one of them is not what its kind says.
            SealBroken: its sealed fields were changed.
        """
        opened: dict[AccountId | None, SealingKey | None] = {}
        return [
            Event(each.sequence, read_fact(each.entry, await self._open(tx, each.entry, opened)))
            for each in entries
        ]

    async def _entry(
        self,
        tx: Tx,
        stated: Fact,
        opened: dict[AccountId | None, SealingKey | None],
        *,
        has_source: bool,
    ) -> Entry:
        body, protected = write_fact(stated)
        name, owner, sealed = stated.fact_kind.name, owner_of(stated), None
        if protected is not None:
            key = await self._key(tx, owner, opened)
            sealed = None if key is None else key.seal(protected, purpose=_purpose(name))
        # The log takes a fact with a name once.
        source = mint(self._clock, self._entropy) if has_source else None
        return Entry(name, stated.at, body, source, owner if sealed else None, sealed)

    async def _open(
        self, tx: Tx, entry: Entry, opened: dict[AccountId | None, SealingKey | None]
    ) -> bytes | None:
        if entry.sealed is None:
            return None
        try:
            key = await self._key(tx, entry.owner, opened)
        except KeyMissing:  # of a realm that was restored to a time before this account
            return None
        return None if key is None else key.open(entry.sealed, purpose=_purpose(entry.kind))

    async def _key(
        self, tx: Tx, owner: AccountId | None, opened: dict[AccountId | None, SealingKey | None]
    ) -> SealingKey | None:
        if owner not in opened:
            try:
                opened[owner] = (
                    self._keys.realm_key("events/facts")
                    if owner is None
                    else await self._keys.user_key(tx, owner)
                )
            except KeyDestroyed:
                opened[owner] = None
        return opened[owner]


def _purpose(kind: str) -> str:
    return f"events.{kind}"
