"""The requests that staff make, as the schema of this version has them."""

from dataclasses import dataclass, replace

from reelm.base import DataClass
from reelm.realm.policy.model import Entity, Ref, Request, Value


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff, as a policy sees one: by a pseudonymous handle, in the one role that they have.

    ``country`` is where their employer is, as in the manifest.
    """

    handle: str
    role: str
    realm: str
    employer: str
    country: str
    is_revoked: bool = False

    @property
    def ref(self) -> Ref:
        return Ref("Staff", self.handle)

    def entity(self) -> Entity:
        attributes: dict[str, Value] = {
            "country": self.country,
            "employer": self.employer,
            "realm": self.realm,
            "revoked": self.is_revoked,
        }
        return Entity(self.ref, attributes, (Ref("Role", self.role),))


@dataclass(frozen=True, slots=True)
class Data:
    """A kind of data that is kept about a person, such as ``email``; never the data itself."""

    name: str
    klass: DataClass
    realm: str
    is_sensitive: bool = False

    @property
    def ref(self) -> Ref:
        return Ref("Data", self.name)

    def entity(self) -> Entity:
        attributes: dict[str, Value] = {"realm": self.realm, "sensitive": self.is_sensitive}
        return Entity(self.ref, attributes, (Ref("DataClass", self.klass),))


@dataclass(frozen=True, slots=True)
class Access:
    """An access that somebody asks for, and why; ``action`` is ``access.read`` or ``access.export``."""

    action: str
    data: Data
    purpose: str
    ticket: str | None = None
    approver: Member | None = None
    is_emergency: bool = False

    def request(self, member: Member) -> Request:
        """Return the request as asked by a member of staff."""
        context: dict[str, Value] = {"emergency": self.is_emergency, "purpose": self.purpose}
        if self.ticket is not None:
            context["ticket"] = self.ticket
        entities: tuple[Entity, ...] = (member.entity(), self.data.entity())
        if self.approver is not None:
            context["approver"] = self.approver.ref
            entities += (self.approver.entity(),) if self.approver.ref != member.ref else ()
        return Request(member.ref, self.action, self.data.ref, entities, context)

    def approval(self, member: Member, *, asker: Member) -> Request:
        """Return the request for somebody else's approval of it."""
        context: dict[str, Value] = {"asker": asker.ref, "purpose": self.purpose}
        entities: tuple[Entity, ...] = (member.entity(), self.data.entity())
        entities += (asker.entity(),) if asker.ref != member.ref else ()
        return Request(member.ref, "access.approve", self.data.ref, entities, context)

    def alone(self) -> "Access":
        """Return the same request without a second person, which is what a second person approves."""
        return replace(self, approver=None, is_emergency=False)
