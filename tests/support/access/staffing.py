"""A realm's staff to test with: one in each role that matters, and people whom it is all about."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from reelm.access import AccessRefused, StaffAccess, StaffOnly
from reelm.accounts import Accounts, HashCost, PasswordHash, SignInConfig
from reelm.base import AccountId, SystemEntropy
from reelm.ledger import Leaf, Sequencer, read_leaf
from reelm.ledger import LogConfig as LedgerConfig
from reelm.realm.policy import Access, Member
from support.access.asking import EMAIL, MESSAGES, SHIPPED
from support.ledger.recording import IMPATIENT, Book, opened_book
from support.machine.determinism import ManualClock, SeededEntropy

HELP = Access("access.read", replace(EMAIL, realm="us"), "support-request", "t-1")
REPORT = Access("access.read", replace(MESSAGES, realm="us"), "report", "t-2")
URGENT = replace(REPORT, purpose="threat-to-life")
TAKE = Access("access.export", replace(EMAIL, realm="us"), "legal-request", "t-3")
CHEAP = SignInConfig(hash_cost=HashCost(memory_kib=64, passes=1, lanes=1))


@dataclass
class Office:
    """A realm with one member of staff in each role that matters, and Ana, whom it is all about."""

    book: Book
    access: StaffAccess
    accounts: Accounts
    clock: ManualClock
    people: dict[str, AccountId]

    async def see(self, role: str, asked: Access, approval_id: str | None = None) -> int:
        return await self.access.read(
            self.book.outside.database,
            self.people[role],
            asked,
            subject=self.people["ana"],
            approval_id=approval_id,
        )

    async def approve(
        self, asked: Access, *, by: str = "privacy", asker: str = "safety", about: str = "ana"
    ) -> str:
        return await self.access.approve(
            self.book.outside.database, self.people[by], f"{asker}-1", asked, subjects=[self.people[about]]
        )

    async def is_refused(self, role: str, asked: Access, approval_id: str | None = None) -> bool:
        with suppress(AccessRefused, StaffOnly):
            await self.see(role, asked, approval_id)
            return False
        return True

    async def leaves(self) -> list[Leaf]:
        """What is in the ledger, oldest first: all that was promised before a leaf of our own."""
        ours = await self.book.ledger.record("mod.appeal", {"appeal": "0" * 26, "decision": "0" * 26})
        newest = await self.book.ledger.latest(500)
        return [read_leaf(each.leaf) for each in newest[::-1] if each.index < ours.index]

    async def looks(self) -> list[tuple[str, str, str, int | None]]:
        async with self.book.outside.database.read() as tx:
            found = await self.access.reads_of(tx, self.people["ana"])
        return [(look.handle, look.purpose, look.data, look.leaf_index) for look in found]


def member(role: str, handle: str = "") -> Member:
    return Member(handle or f"{role}-1", role, "us", "Example Inc.", "US")


@asynccontextmanager
async def opened(folder: Path, *, is_recording: bool = True) -> AsyncIterator[Office]:
    config = LedgerConfig(batch_seconds=0.005, look_seconds=0.002) if is_recording else IMPATIENT
    async with opened_book(folder, config=config) as book:
        clock = book.outside.clock
        assert isinstance(clock, ManualClock)
        entropy = SeededEntropy(3)
        accounts = Accounts(book.keys, clock=clock, entropy=entropy, config=CHEAP)
        access = StaffAccess(
            SHIPPED, book.ledger, book.keys, realm="us", clock=clock, entropy=SystemEntropy()
        )
        office = Office(book, access, accounts, clock, {})
        for name in ("ana", "ben", "support", "safety", "privacy", "people", "records", "nobody"):
            async with book.outside.database.write() as tx:
                account = await accounts.sign_up(tx, f"{name}@example.org", PasswordHash("never checked"))
                office.people[name] = account.id
                if name in {"support", "safety", "privacy", "people", "records"}:
                    await access.grant(tx, account.id, member(name), by=None)
        running = asyncio.create_task(Sequencer(book.outside).run()) if is_recording else None
        yield office
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
