"""What staff may see of people, and that people see it.

Nobody sees protected data by being somebody. Each look is a decision of the policies on a purpose, a ticket
and, where it takes two people, somebody else's approval of exactly this. Its leaf is on the public record
before the data is handed out, and whom it is about is shown it. A crash in between leaves a look on record of
which nothing was seen; never the other way round.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from reelm.accounts.errors import AccessRefused, RoleTaken, StaffOnly
from reelm.accounts.store import staff as store
from reelm.base import AccountId, Clock, Database, Entropy, Tx, canonical_json, mint
from reelm.ledger import Ledger, Private
from reelm.realm import PolicySet, policy

APPROVAL_SECONDS = 900
EMERGENCY_SECONDS = 3600
REVIEW_SECONDS = 72 * 3600
# Who grants the first role: the person at the machine.
OPERATOR = "operator"
_MOST_LOOKS = 100

Finding = Literal["justified", "unjustified", "unused"]


@dataclass(frozen=True, slots=True)
class Look:
    """That a member of staff saw something of somebody; ``leaf_index`` is where it is on record."""

    looked_at: datetime
    purpose: str
    role: str
    handle: str
    data: str
    leaf_index: int | None


@dataclass(frozen=True, slots=True)
class _Verdict:
    decision: policy.Decision
    number: int
    look_id: str | None


class Staff:
    """Who works for the realm, and what they may see. Safe to share between tasks."""

    def __init__(
        self, policies: PolicySet, ledger: Ledger, *, realm: str, clock: Clock, entropy: Entropy
    ) -> None:
        self._policies = policies
        self._ledger = ledger
        self._realm = realm
        self._clock = clock
        self._entropy = entropy

    async def grant(
        self, tx: Tx, account_id: AccountId, member: policy.Member, *, by: AccountId | None
    ) -> None:
        """Give somebody their one role; ``by`` is None for the person at the machine.

        Raises:
            StaffOnly, AccessRefused: whoever grants may not.
            RoleTaken: they, or the handle, have a role already.
        """
        granted_by = await self._may_change(tx, "staff.grant", by, handle=member.handle, role=member.role)
        now = self._clock.now()
        row = store.StaffRow(
            member.handle, account_id, member.role, member.employer, member.country, now, None
        )
        if not await store.put(tx, row):
            raise RoleTaken(
                f"The handle {member.handle}, or the account, has a role already. Nothing was changed. "
                "Revoke that one first: everybody has one role at a time."
            )
        leaf: dict[str, object] = {"handle": member.handle, "role": member.role, "granted_by": granted_by}
        leaf |= {"employer": member.employer, "country": member.country}
        await self._ledger.promise(tx, "staff.grant", leaf)

    async def revoke(self, tx: Tx, handle: str, *, by: AccountId | None) -> None:
        """End somebody's role: from the moment that ``tx`` is durable they are refused; safe to repeat.

        Raises:
            StaffOnly, AccessRefused: whoever revokes may not.
        """
        row = await store.find_by_handle(tx, handle)
        role = row.role if row else "none"
        revoked_by = await self._may_change(tx, "staff.revoke", by, handle=handle, role=role)
        if await store.revoke(tx, handle, at=self._clock.now()):
            await self._ledger.promise(
                tx, "staff.revoke", {"handle": handle, "role": role, "revoked_by": revoked_by}
            )

    async def approve(
        self, tx: Tx, by: AccountId, asker: str, asked: policy.Access, *, subject: AccountId
    ) -> str:
        """Approve that somebody else sees exactly this, once, within a quarter of an hour; its id.

        Raises:
            StaffOnly: the approver, or who asks, has no role.
            AccessRefused: the policies do not let this person approve it.
        """
        approver = await self._member(tx, by)
        other = _member(await store.find_by_handle(tx, asker), self._realm)
        if not policy.decide(self._policies, asked.approval(approver, asker=other)).is_allowed:
            raise _refused("approve it")
        approval_id = mint(self._clock, self._entropy)
        expires_at = self._clock.now() + timedelta(seconds=APPROVAL_SECONDS)
        binding = _binding(asked, other, subject)
        await store.add_approval(tx, approval_id, approver.handle, binding, expires_at=expires_at)
        return approval_id

    async def see(
        self,
        database: Database,
        by: AccountId,
        asked: policy.Access,
        *,
        subject: AccountId,
        approval_id: str | None = None,
    ) -> int:
        """Return when a member of staff may read what they asked for; the index of its leaf.

        Raises:
            StaffOnly: no role.
            AccessRefused: the policies refuse it, or the approval is not one of exactly this; on record too.
            NotRecorded: it is not on the record yet, so nothing may be seen.
        """
        if asked.action != "access.read":
            raise _refused("do more than read it")
        async with database.write() as tx:
            verdict = await self._judge(tx, by, asked, subject=subject, approval_id=approval_id)
        if verdict.look_id is None:
            raise _refused("see it")
        index = await self._ledger.index_of(verdict.number)
        async with database.write() as tx:
            await store.set_look_index(tx, verdict.look_id, index)
        return index

    async def break_glass(self, database: Database, by: AccountId, purpose: str) -> int:
        """Begin an hour in which no second person is needed; the index of its public leaf.

        Raises:
            StaffOnly: no role.
            AccessRefused: the policies do not let this person, for this purpose.
            NotRecorded: it is not on the record yet, so it has not begun.
        """
        now = self._clock.now()
        emergency_id = mint(self._clock, self._entropy)
        expires_at = now + timedelta(seconds=EMERGENCY_SECONDS)
        async with database.write() as tx:
            member = await self._member(tx, by)
            request = self._about_realm("access.emergency", member, {"purpose": purpose})
            if not policy.decide(self._policies, request).is_allowed:
                raise _refused("break the glass")
            await store.add_emergency(tx, emergency_id, member.handle, purpose, expires_at=expires_at)
            leaf: dict[str, object] = {"actor": member.handle, "purpose": purpose}
            leaf["expires_at"] = _moment(expires_at)
            leaf["review_due_at"] = _moment(now + timedelta(seconds=REVIEW_SECONDS))
            number = await self._ledger.promise(tx, "access.emergency", leaf)
        index = await self._ledger.index_of(number)
        async with database.write() as tx:
            await store.open_emergency(tx, emergency_id, leaf_index=index)
        return index

    async def review(self, tx: Tx, by: AccountId, emergency: int, finding: Finding) -> None:
        """Say what an emergency was, named by the index of its leaf; once.

        Raises:
            StaffOnly: no role.
            AccessRefused: not by this person, not twice, or there is none.
        """
        reviewer = await self._member(tx, by)
        handle = await store.review_emergency(tx, emergency, at=self._clock.now())
        row = None if handle is None else await store.find_by_handle(tx, handle)
        if row is None:
            raise _refused("review it")
        asker = _member(row, self._realm)
        request = self._about_realm("access.review", reviewer, {"asker": asker.ref}, asker)
        if not policy.decide(self._policies, request).is_allowed:
            raise _refused("review it")
        leaf = {"emergency": emergency, "reviewer": reviewer.handle, "finding": finding}
        await self._ledger.promise(tx, "access.review", leaf)

    async def looks_at(self, tx: Tx, subject: AccountId) -> Sequence[Look]:
        """Who of the staff saw what of somebody, newest first."""
        rows = await store.looks_at(tx, subject, limit=_MOST_LOOKS)
        return [
            Look(row.looked_at, row.purpose, row.role, row.handle, row.data, row.leaf_index) for row in rows
        ]

    async def _judge(
        self, tx: Tx, by: AccountId, asked: policy.Access, *, subject: AccountId, approval_id: str | None
    ) -> _Verdict:
        """The decision and its leaf, one with the use of the approval and with what the subject is shown."""
        member, now = await self._member(tx, by), self._clock.now()
        alone = asked.alone()
        approver = None
        if approval_id is not None:
            approver = await store.find_approver(tx, approval_id, _binding(alone, member, subject), at=now)
        emergency = await store.find_emergency(tx, member.handle, asked.purpose, at=now)
        whole = replace(
            alone,
            approver=None if approver is None else _member(approver, self._realm),
            is_emergency=emergency is not None,
        )
        decision = policy.decide(self._policies, whole.request(member))
        is_approved = approval_id is None or approver is not None
        if not decision.is_allowed or not is_approved:
            reason = "policy" if is_approved else "approval"
            return _Verdict(decision, await self._deny(tx, member, decision, reason=reason), None)
        if approval_id is not None and not await store.use_approval(tx, approval_id, at=now):
            return _Verdict(decision, await self._deny(tx, member, decision, reason="approval"), None)
        leaf = _leaf(member, whole, decision) | ({} if emergency is None else {"emergency": emergency})
        body = Private({"subject": subject, "request": decision.request.decode()}, subject)
        number = await self._ledger.promise(tx, "access.read", leaf, body)
        look_id = mint(self._clock, self._entropy)
        row = store.LookRow(
            look_id, subject, now, member.handle, member.role, asked.purpose, asked.data.name, number, None
        )
        await store.add_look(tx, row)
        return _Verdict(decision, number, look_id)

    async def _deny(self, tx: Tx, member: policy.Member, decision: policy.Decision, *, reason: str) -> int:
        leaf: dict[str, object] = {"actor": member.handle, "action": "access.read", "reason": reason}
        leaf |= {"policy_digest": decision.policy_digest, "request_digest": decision.request_digest}
        return await self._ledger.promise(tx, "access.deny", leaf)

    async def _member(self, tx: Tx, account_id: AccountId) -> policy.Member:
        return _member(await store.find_by_account(tx, account_id), self._realm)

    async def _may_change(self, tx: Tx, action: str, by: AccountId | None, *, handle: str, role: str) -> str:
        """The handle of whoever gives or takes a role, who may."""
        if by is None:
            return OPERATOR
        member = await self._member(tx, by)
        subject, resource = policy.Ref("Staff", handle), policy.Ref("Role", role)
        known: tuple[policy.Entity, ...] = (member.entity(), policy.Entity(resource))
        if subject != member.ref:
            known += (replace(member, handle=handle, role=role).entity(),)
        request = policy.Request(member.ref, action, resource, known, {"subject": subject})
        if not policy.decide(self._policies, request).is_allowed:
            raise _refused("do that")
        return member.handle

    def _about_realm(
        self,
        action: str,
        member: policy.Member,
        context: dict[str, str] | dict[str, policy.Ref],
        other: policy.Member | None = None,
    ) -> policy.Request:
        resource = policy.Ref("Realm", self._realm)
        known = [member.entity(), policy.Entity(resource)]
        if other is not None and other.ref != member.ref:
            known.append(other.entity())
        return policy.Request(member.ref, action, resource, tuple(known), dict(context))


def _leaf(member: policy.Member, asked: policy.Access, decision: policy.Decision) -> dict[str, object]:
    leaf: dict[str, object] = {
        "actor": member.handle,
        "role": member.role,
        "purpose": asked.purpose,
        "data": [asked.data.name],
        "policy_digest": decision.policy_digest,
        "request_digest": decision.request_digest,
    }
    if asked.ticket is not None:
        leaf["ticket"] = asked.ticket
    if asked.approver is not None:
        leaf["approved_by"] = asked.approver.handle
    return leaf


def _binding(asked: policy.Access, asker: policy.Member, subject: AccountId) -> str:
    """What an approval is for: this request by this person, about this one; SHA-256 in hexadecimal."""
    request = hashlib.sha256(asked.alone().request(asker).canonical()).hexdigest()
    return hashlib.sha256(canonical_json({"request": request, "subject": subject})).hexdigest()


def _member(row: store.StaffRow | None, realm: str) -> policy.Member:
    if row is None:
        raise StaffOnly(
            "Only members of staff may do this. Nothing was done. Sign in as one, or ask for a role."
        )
    return policy.Member(row.handle, row.role, realm, row.employer, row.country, row.revoked_at is not None)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _refused(what: str) -> AccessRefused:
    return AccessRefused(
        f"The policies of this realm do not let you {what}, or what it takes is missing, used or "
        "expired. Nothing was shown or changed. ./reelm policy show lists what each role may do."
    )
