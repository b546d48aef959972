"""Whom an audit believes: the log's key and the witnesses, named by a person or kept from the first audit."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from reelm_audit.errors import Absent, Malformed, Misused, Unreachable
from reelm_audit.independence import host_of, is_here
from reelm_audit.source import Source, is_web
from reelm_audit.state import State
from reelm_audit.tlog.keys import VerifierKey
from reelm_audit.tlog.policy import NONE, POLICY_MAX_BYTES, Policy
from reelm_audit.verdict import Claim, moment, told


@dataclass(frozen=True, slots=True)
class Offer:
    """The policy that a realm publishes; ``trouble`` is why it could not be asked for, if so."""

    raw: bytes | None
    trouble: str | None = None

    @property
    def policy(self) -> Policy | None:
        """None when there is none, or it cannot be read."""
        try:
            return None if self.raw is None else Policy.parse(self.raw)
        except Malformed:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Key and policy in use.

    Attributes:
        location: where the log is read from.
        key: whose signature under a checkpoint counts.
        is_key_named: whether a person named it, now or at an earlier audit.
        policy: whose cosignatures count.
        policy_bytes: as it is kept.
        is_policy_named: whether a person named it; a realm's own choice of witnesses proves less.
        offer: what the realm publishes.
        offered_before: what it published at the last audit; None when that was nothing.
        since_seconds: since when the key is kept; None at the first audit.
    """

    location: str
    key: VerifierKey
    is_key_named: bool
    policy: Policy
    policy_bytes: bytes | None
    is_policy_named: bool
    offer: Offer
    offered_before: bytes | None
    since_seconds: int | None

    def claims(self) -> list[Claim]:
        """Return how the key came to be believed, what log it is, and which witnesses the realm asks."""
        return [self._key(), self._address(), self._witnesses()]

    def _key(self) -> Claim:
        how = "A key is worth as much as the place where it was found. Name one with --key."
        offered = None if self.offer.policy is None else _only_log(self.offer.policy)
        if offered is not None and offered != self.key:
            finding = "changed"
            found = f"The realm now offers another key, {offered}, than the one that is believed."
        elif self.is_key_named:
            finding, found = "named", "It is the key that you named."
        elif self.since_seconds is None:
            finding = "offered"
            found = "No key was named, so the key that the log offers was taken and is kept from now on."
        else:
            finding = "kept"
            found = f"It is the key that the log offered at the first audit, on {moment(self.since_seconds)}."
        return told("ledger.key", finding, found, how=how, details=(str(self.key),))

    def _address(self) -> Claim:
        name, host = host_of(self.key.name), _host(self.location)
        if self.is_key_named:
            finding, found = "named", f"It is {self.key.name}, whose key you named."
        elif not is_web(self.location) or is_here(host):
            finding = "copy"
            found = f"It says that it is {self.key.name}; a copy has no address to hold that against."
        elif name == host:
            finding, found = "same", f"It is called {self.key.name}, after the address that it was read from."
        else:
            finding = "other"
            found = (
                f"It is called {self.key.name} and was read from {host}. It may be another realm's ledger. "
                "If that is meant to be a mirror, name the key with --key."
            )
        return told("ledger.address", finding, found)

    def _witnesses(self) -> Claim:
        offered, before = self.offer.policy, Offer(self.offered_before).policy
        if self.offer.trouble is not None:
            return told("ledger.witnesses", "unread", self.offer.trouble)
        if self.offer.raw is not None and offered is None:
            found = "What the realm publishes as its policy of witnesses cannot be read as one."
            return told("ledger.witnesses", "unreadable", found)
        if before is not None and before.quorum != NONE:
            if offered is None or not offered.asks_no_less_than(before):
                found = "Since the last audit it has dropped witnesses, or lets fewer of them be enough."
                return told("ledger.witnesses", "dropped", found)
            found = f"All {len(before.witnesses)} of the last audit are among those that it asks."
            return told("ledger.witnesses", "same", found)
        if offered is None or offered.quorum == NONE:
            return told("ledger.witnesses", "none", "It asks no witness, now as before.")
        return told(
            "ledger.witnesses", "first", f"It asks {len(offered.witnesses)}. They are kept from now on."
        )


def _host(location: str) -> str:
    return (urlsplit(location).hostname or "").lower() if is_web(location) else ""


def choose(source: Source, kept: State | None, *, key: VerifierKey | None, policy: bytes | None) -> Trust:
    """What the user names, else what is kept, else what the log offers.

    Raises:
        Misused: the named key is not the kept one, or there is no key at all.
        Malformed: the named policy is none.
    """
    is_kept = kept is not None and kept.is_policy_named
    offer = _offer(source)
    before = None if kept is None else kept.offered
    believable = offer.raw if _is_no_less(offer, before) else before
    chosen = policy if policy is not None else (kept.policy if kept is not None and is_kept else believable)
    parsed = Policy.parse(policy) if policy is not None else (Offer(chosen).policy or Policy(NONE))
    named = key or _only_log(parsed if policy is not None else Policy())
    if kept is not None:
        if named is not None and named != kept.key:
            raise Misused(
                f"The key named is not the one of earlier audits, {kept.key}. Nothing was audited. If the "
                "realm was handed over, keep its old state and begin a new one with --state."
            )
        believed = kept.key
    else:
        believed_now = named or _only_log(parsed)
        if believed_now is None:
            raise Misused(
                "Whose log this should be is not known. Name its key with --key, or a policy with one log."
            )
        believed = believed_now
    return Trust(
        location=source.location,
        key=believed,
        is_key_named=named is not None or (kept is not None and kept.is_key_named),
        policy=parsed,
        policy_bytes=chosen,
        is_policy_named=policy is not None or is_kept,
        offer=offer,
        offered_before=before,
        since_seconds=None if kept is None else kept.first_seconds,
    )


def _is_no_less(offer: Offer, before: bytes | None) -> bool:
    """Return whether what a realm offers now can take the place of what it offered before."""
    then = Offer(before).policy
    return then is None or (offer.policy is not None and offer.policy.asks_no_less_than(then))


def _only_log(policy: Policy) -> VerifierKey | None:
    return policy.logs[0][0] if len(policy.logs) == 1 else None


def _offer(source: Source) -> Offer:
    try:
        return Offer(source.read("policy", max_bytes=POLICY_MAX_BYTES))
    except Absent:
        return Offer(None)
    except Unreachable as fault:
        return Offer(None, trouble=str(fault))
