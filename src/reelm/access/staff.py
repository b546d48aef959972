"""Let staff read and export data of people, by decisions that are public before the data is handed out.

Nobody sees protected data by being somebody. Each access is a decision of the policies on a purpose, a ticket
and, where it takes two people, somebody else's approval of exactly this. Its leaf is on the ledger before
the data is handed out, and whom it is about is shown it. A crash in between leaves an access on the ledger of
which nothing was seen; never the other way round.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from reelm.access import store
from reelm.access.errors import AccessRefused, RoleTaken, RoleUnknown, StaffOnly
from reelm.access.exports import Exports
from reelm.access.model import (
    AccessDecision,
    AccessRequest,
    Export,
    Finding,
    StaffRead,
    StaffRole,
    binding_of,
    leaf_of,
    moment,
)
from reelm.base import AccountId, Clock, Database, Entropy, Tx, mint
from reelm.ledger import Ledger, Private
from reelm.realm import Keys, PolicySet, policy

APPROVAL_SECONDS = 900
EMERGENCY_SECONDS = 3600
REVIEW_SECONDS = 72 * 3600
# Who grants the first role: the person at the machine.
OPERATOR = "operator"
_MOST_READS = 100


class StaffAccess:
    """The roles of staff, and their access to people's data. Safe to share between tasks.

    Attributes:
        exports: marks exported files and recognises them.
    """

    def __init__(
        self, policies: PolicySet, ledger: Ledger, keys: Keys, *, realm: str, clock: Clock, entropy: Entropy
    ) -> None:
        self.exports = Exports(keys)
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
            RoleUnknown: no policy lets the role do anything.
            RoleTaken: they, or the handle, have a role already.
        """
        granted_by = await self._may_change(tx, "staff.grant", by, handle=member.handle, role=member.role)
        if member.role not in self._policies.powers:
            raise RoleUnknown(
                f"No policy of this realm lets a role {member.role} do anything. Nothing was changed. "
                f"The roles are {', '.join(sorted(self._policies.powers))}."
            )
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

    async def members(self, tx: Tx) -> Sequence[policy.Member]:
        """Return everybody who has or had a role, by handle."""
        return [_member_of(row, self._realm) for row in await store.all_staff(tx)]

    async def role_of(self, tx: Tx, account_id: AccountId) -> StaffRole:
        """Return somebody's role, and what the policies let them do at most.

        Raises:
            StaffOnly: they never had a role.
        """
        member = await self._member(tx, account_id)
        powers: frozenset[str] = frozenset()
        if not member.is_revoked:
            powers = self._policies.powers.get(member.role, powers)
        return StaffRole(member, tuple(sorted(powers)))

    async def approve(
        self,
        database: Database,
        by: AccountId,
        asker: str,
        asked: policy.Access,
        *,
        subjects: Collection[AccountId],
    ) -> str:
        """Approve that somebody else has exactly this, once, within a quarter of an hour.

        Returns:
            The id of the approval.

        Raises:
            StaffOnly: the approver, or who asks, has no role.
            AccessRefused: the policies do not let this person approve it; on the ledger too.
        """
        approval_id = mint(self._clock, self._entropy)
        expires_at = self._clock.now() + timedelta(seconds=APPROVAL_SECONDS)
        async with database.write() as tx:
            approver = await self._member(tx, by)
            other = _member_of(await store.find_by_handle(tx, asker), self._realm)
            decision = policy.decide(self._policies, asked.approval(approver, asker=other))
            if decision.is_allowed:
                binding = binding_of(asked, other, subjects)
                await store.add_approval(tx, approval_id, approver.handle, binding, expires_at=expires_at)
            else:
                await self._deny(tx, approver, "access.approve", decision)
        if not decision.is_allowed:
            raise _refused("approve it")
        return approval_id

    async def read(
        self,
        database: Database,
        by: AccountId,
        asked: policy.Access,
        *,
        subject: AccountId,
        approval_id: str | None = None,
    ) -> int:
        """Wait until a member of staff may read what they asked for.

        Returns:
            The index of the leaf that says so.

        Raises:
            StaffOnly: no role.
            AccessRefused: the policies refuse it, or the approval is of something else; on the ledger too.
            NotInLedger: it is not on the ledger yet, so nothing may be seen.
        """
        if asked.action != "access.read":
            raise _refused("do more than read it")
        return await self._obtain(database, by, AccessRequest(asked, (subject,), approval_id))

    async def export(
        self,
        database: Database,
        by: AccountId,
        asked: policy.Access,
        *,
        subjects: Collection[AccountId],
        approval_id: str | None = None,
    ) -> Export:
        """Wait until a member of staff may export what they asked for about these people, as a file.

        Being allowed to read it is not enough: exporting is another action.

        Raises:
            StaffOnly, AccessRefused, NotInLedger: as for ``read``; nothing may be exported then.
        """
        if asked.action != "access.export" or not subjects:
            raise _refused("take that")
        export_id = mint(self._clock, self._entropy)
        request = AccessRequest(asked, tuple(sorted(set(subjects))), approval_id, export_id)
        return Export(export_id, await self._obtain(database, by, request))

    async def break_glass(self, database: Database, by: AccountId, purpose: str) -> int:
        """Begin an hour in which no second person is needed.

        Returns:
            The index of its public leaf.

        Raises:
            StaffOnly: no role.
            AccessRefused: the policies do not let this person, for this purpose; on the ledger too.
            NotInLedger: it is not on the ledger yet, so it has not begun.
        """
        emergency_id = mint(self._clock, self._entropy)
        async with database.write() as tx:
            member = await self._member(tx, by)
            request = self._about_realm("access.emergency", member, {"purpose": purpose})
            decision = policy.decide(self._policies, request)
            if decision.is_allowed:
                number = await self._break(tx, emergency_id, member, purpose)
            else:
                await self._deny(tx, member, "access.emergency", decision)
        if not decision.is_allowed:
            raise _refused("break the glass")
        index = await self._ledger.outbox.index_of(number)
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
        asker = _member_of(row, self._realm)
        request = self._about_realm("access.review", reviewer, {"asker": asker.ref}, asker)
        if not policy.decide(self._policies, request).is_allowed:
            raise _refused("review it")
        leaf = {"emergency": emergency, "reviewer": reviewer.handle, "finding": finding}
        await self._ledger.promise(tx, "access.review", leaf)

    async def reads_of(self, tx: Tx, subject: AccountId) -> Sequence[StaffRead]:
        """Return the accesses of staff to somebody's data, newest first."""
        rows = await store.reads_of(tx, subject, limit=_MOST_READS)
        return [
            StaffRead(row.looked_at, row.action, row.purpose, row.role, row.handle, row.data, row.leaf_index)
            for row in rows
        ]

    async def _obtain(self, database: Database, by: AccountId, request: AccessRequest) -> int:
        """Wait until a request is granted and on the ledger; return the index of its leaf."""
        async with database.write() as tx:
            verdict = await self._judge(tx, by, request)
        if not verdict.is_granted:
            raise _refused("have it")
        index = await self._ledger.outbox.index_of(verdict.number)
        async with database.write() as tx:
            await store.set_leaf_index(tx, verdict.number, index)
        return index

    async def _judge(self, tx: Tx, by: AccountId, request: AccessRequest) -> AccessDecision:
        """Decide; the leaf, the use of the approval and what subjects are shown are one transaction."""
        member, now = await self._member(tx, by), self._clock.now()
        alone, approval_id = request.asked.alone(), request.approval_id
        approver = None
        if approval_id is not None:
            binding = binding_of(alone, member, request.subjects)
            approver = await store.find_approver(tx, approval_id, binding, at=now)
        emergency = await store.find_emergency(tx, member.handle, alone.purpose, at=now)
        whole = replace(
            alone,
            approver=None if approver is None else _member_of(approver, self._realm),
            is_emergency=emergency is not None,
        )
        decision = policy.decide(self._policies, whole.request(member))
        is_approved = approval_id is None or approver is not None
        if not decision.is_allowed or not is_approved:
            reason = "policy" if is_approved else "approval"
            return AccessDecision(False, await self._deny(tx, member, alone.action, decision, reason=reason))
        if approval_id is not None and not await store.use_approval(tx, approval_id, at=now):
            return AccessDecision(
                False, await self._deny(tx, member, alone.action, decision, reason="approval")
            )
        leaf = leaf_of(member, whole, decision)
        if emergency is not None and request.export_id is None:
            leaf["emergency"] = emergency
        return AccessDecision(True, await self._grant(tx, member, request, leaf, decided=decision.request))

    async def _grant(
        self,
        tx: Tx,
        member: policy.Member,
        request: AccessRequest,
        leaf: dict[str, object],
        *,
        decided: bytes,
    ) -> int:
        """Promise the leaf, and show each of its subjects the access; return the number of the leaf."""
        asked, now = request.asked, self._clock.now()
        body: dict[str, object] = {"request": decided.decode()}
        if request.export_id is None:
            (subject,) = request.subjects
            private = Private({**body, "subject": subject}, subject)
            number = await self._ledger.promise(tx, asked.action, leaf, private)
        else:
            leaf["rows"] = len(request.subjects)
            private = Private({**body, "export": request.export_id})
            number = await self._ledger.promise(tx, asked.action, leaf, private)
            export = store.ExportRow(
                request.export_id, now, member.handle, asked.purpose, asked.data.name, number, None
            )
            await store.add_export(tx, export)
        said = (now, asked.action, member.handle, member.role, asked.purpose, asked.data.name, number, None)
        await store.add_reads(
            tx,
            [
                store.StaffReadRow(mint(self._clock, self._entropy), subject, *said)
                for subject in request.subjects
            ],
        )
        return number

    async def _break(self, tx: Tx, emergency_id: str, member: policy.Member, purpose: str) -> int:
        now = self._clock.now()
        expires_at = now + timedelta(seconds=EMERGENCY_SECONDS)
        await store.add_emergency(tx, emergency_id, member.handle, purpose, expires_at=expires_at)
        leaf: dict[str, object] = {"actor": member.handle, "purpose": purpose}
        leaf["expires_at"] = moment(expires_at)
        leaf["review_due_at"] = moment(now + timedelta(seconds=REVIEW_SECONDS))
        return await self._ledger.promise(tx, "access.emergency", leaf)

    async def _deny(
        self,
        tx: Tx,
        member: policy.Member,
        action: str,
        decision: policy.Decision,
        *,
        reason: str = "policy",
    ) -> int:
        leaf: dict[str, object] = {"actor": member.handle, "action": action, "reason": reason}
        leaf |= {"policy_digest": decision.policy_digest, "request_digest": decision.request_digest}
        return await self._ledger.promise(tx, "access.deny", leaf)

    async def _member(self, tx: Tx, account_id: AccountId) -> policy.Member:
        return _member_of(await store.find_by_account(tx, account_id), self._realm)

    async def _may_change(self, tx: Tx, action: str, by: AccountId | None, *, handle: str, role: str) -> str:
        """Return the handle of whoever gives or takes a role, if they may."""
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


def _member_of(row: store.StaffRow | None, realm: str) -> policy.Member:
    if row is None:
        raise StaffOnly(
            "Only members of staff may do this. Nothing was done. Sign in as one, or ask for a role."
        )
    return policy.Member(row.handle, row.role, realm, row.employer, row.country, row.revoked_at is not None)


def _refused(what: str) -> AccessRefused:
    return AccessRefused(
        f"The policies of this realm do not let you {what}, or what it takes is missing, used or "
        "expired. Nothing was shown or changed. ./reelm policy show lists what each role may do."
    )
