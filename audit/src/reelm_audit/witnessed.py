"""The claims that rest on witnesses: the same log for everybody, and not an old one."""

from collections.abc import Mapping
from dataclasses import dataclass

from reelm_audit.dates import FUTURE_SECONDS
from reelm_audit.errors import Untrusted
from reelm_audit.independence import dependent
from reelm_audit.signed import Signed
from reelm_audit.state import State
from reelm_audit.tlog.policy import NONE, Policy
from reelm_audit.trust import Trust
from reelm_audit.verdict import Claim, failing, moment, told

_SHARED, _FRESH = "ledger.shared", "ledger.fresh"
_HOW = "Cosignatures were verified here. Witnesses see that a log only grows, not that it is true."
_CHOSEN = "The realm itself chose these witnesses; name a policy of your own to have it proven."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The newest checkpoint that witnesses may have cosigned.

    Attributes:
        signed: it, or the log's own where there is none.
        is_there: whether the log has one at all.
        fault: why it cannot be read, if so.
        unread: why it could not be asked for, if so.
    """

    signed: Signed
    is_there: bool
    fault: str | None = None
    unread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """A checkpoint and what its cosignatures are held against.

    Attributes:
        trust: whose cosignatures count.
        own: the hosts that are the realm's; a witness there is no stranger.
        is_manifest_known: whether these are also of what the realm declares, and not of its name alone.
        cosigned: what may be cosigned.
        kept: the last audit.
        is_contradicted: whether the log has been shown otherwise to this auditor, or to its witnesses.
        now_seconds: the time of this audit.
        max_age_seconds: how long ago the quorum may have seen it.
    """

    trust: Trust
    own: frozenset[str]
    is_manifest_known: bool
    cosigned: Cosigned
    kept: State | None
    is_contradicted: bool
    now_seconds: int
    max_age_seconds: int

    def claims(self) -> list[Claim]:
        policy = self.trust.policy
        if trouble := self._trouble():
            return [told(_SHARED, *trouble), self._unknown()]
        if policy.quorum == NONE:
            found = "No witnesses are asked for, so the realm could show another ledger to somebody else."
            return [told(_SHARED, "nobody", found), told(_FRESH, "nobody", found)]
        try:
            witnessed = policy.witnessed(self.cosigned.signed.note)
        except Untrusted as untrusted:
            return [told(_SHARED, "forged", str(untrusted)), self._unknown()]
        seconds = policy.quorum_seconds(witnessed)
        if seconds is not None:
            return [self._shared(witnessed), self._fresh(seconds, self._worth(witnessed))]
        if self._is_beginning():
            found = "The realm asks witnesses of its own choice, and none of them has cosigned yet."
            return [told(_SHARED, "not-yet", found), told(_FRESH, "not-yet", found)]
        found = f"{len(witnessed)} of the witnesses have cosigned it, which is too few."
        return [told(_SHARED, "too-few", found), self._unknown()]

    def _trouble(self) -> tuple[str, str] | None:
        """Return why cosignatures need not be looked at: the finding, and what was found."""
        if self.is_contradicted:
            return "contradicted", "It was shown otherwise before, or to others: there are two histories."
        if self.cosigned.unread is not None:
            return "unread", self.cosigned.unread
        return None if self.cosigned.fault is None else ("forged", self.cosigned.fault)

    def _is_beginning(self) -> bool:
        """Return whether a realm may still be waiting for its first cosignatures."""
        was_cosigned = self.kept is not None and self.kept.cosigned is not None
        return not (self.cosigned.is_there or was_cosigned or self.trust.is_policy_named)

    def _worth(self, witnessed: Mapping[str, int]) -> str:
        """Return whose they are: strangers' that a person named, the realm's own, or of its choice."""
        policy = self.trust.policy
        of_the_realm = dependent(policy, self.own)
        strangers = {name: seconds for name, seconds in witnessed.items() if name not in of_the_realm}
        if policy.quorum_seconds(strangers) is None:
            return "own"
        return "independent" if self.trust.is_policy_named else "chosen"

    def _shared(self, witnessed: Mapping[str, int]) -> Claim:
        worth = self._worth(witnessed)
        found = f"{len(witnessed)} witnesses have seen the same first {self.cosigned.signed.size:,} entries."
        if worth == "own":
            found += " Without those that stand at the realm's own places, or at none, they are too few."
        if worth == "chosen":
            found += f" {_CHOSEN}"
        if worth == "independent" and not self.is_manifest_known:
            found += " Their places were held against the realm's name alone: its manifest was not at hand."
        details = tuple(f"{name}: {moment(seconds)}" for name, seconds in sorted(witnessed.items()))
        return told(_SHARED, worth, found, how=_HOW, details=details)

    def _fresh(self, seconds: int, worth: str) -> Claim:
        faults = []
        if self.now_seconds - seconds > self.max_age_seconds:
            faults.append(f"Its witnesses saw it last on {moment(seconds)}, which is too long ago.")
        if seconds - self.now_seconds > FUTURE_SECONDS:
            faults.append(f"Its witnesses say that they saw it on {moment(seconds)}, which is still to come.")
        if self._was_seen_later(self.trust.policy, seconds):
            faults.append("Its witnesses had seen it later at the last audit; an old state is shown again.")
        how = f"At most {self.max_age_seconds / 3600:,.1f} hours may have passed; set with --max-age-hours."
        if faults:
            return failing(_FRESH, "old", faults, how=how)
        finding = "seen" if worth == "independent" else worth
        return told(_FRESH, finding, f"Its witnesses saw it on {moment(seconds)}.", how=how)

    def _unknown(self) -> Claim:
        return told(_FRESH, "unread", "Without enough cosignatures nothing is known of its age.")

    def _was_seen_later(self, policy: Policy, seconds: int) -> bool:
        if self.kept is None or self.kept.cosigned is None:
            return False
        try:
            then = policy.quorum_seconds(policy.witnessed(self.kept.cosigned))
        except Untrusted:  # kept under another policy
            return False
        return then is not None and seconds < then
