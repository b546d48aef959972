"""The claims that rest on witnesses: the same log for everybody, and not an old one."""

from dataclasses import dataclass, replace

from reelm_audit.errors import Untrusted
from reelm_audit.signed import Signed
from reelm_audit.state import State
from reelm_audit.tlog.policy import NONE, Policy
from reelm_audit.trust import Trust
from reelm_audit.verdict import Claim, Verdict, judged, moment

FUTURE_SECONDS = 300
_SHARED = "Everybody is shown the same ledger"
_FRESH = "The ledger is not frozen"
_NOBODY = "No witnesses are asked for, so the realm could show another ledger to somebody else."
_CHANGED = " The realm has changed whom it asks since the last audit."
_OWN_CHOICE = " The realm itself chose these witnesses; name a policy of your own to have it proven."


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """A checkpoint and what its cosignatures are held against.

    Attributes:
        trust: whose cosignatures count.
        cosigned: the newest checkpoint that may be cosigned.
        fault: why it cannot be read, if so.
        kept: the last audit.
        now_seconds: the time of this audit.
        max_age_seconds: how long ago the quorum may have seen it.
    """

    trust: Trust
    cosigned: Signed
    fault: str | None
    kept: State | None
    now_seconds: int
    max_age_seconds: int

    def claims(self) -> list[Claim]:
        policy = self.trust.policy
        if self.fault is not None:
            return [_failed(self.fault)]
        if policy.quorum == NONE:
            found = _NOBODY + (_CHANGED if self.trust.is_policy_changed else "")
            shared = Claim(id="ledger.shared", says=_SHARED, verdict=Verdict.PROMISED, found=found)
            return [shared, replace(shared, id="ledger.fresh", says=_FRESH)]
        try:
            witnessed = policy.witnessed(self.cosigned.note)
        except Untrusted as untrusted:
            return [_failed(str(untrusted))]
        seconds = policy.quorum_seconds(witnessed)
        if seconds is None:
            return [_failed(f"{len(witnessed)} of the witnesses have cosigned it, which is too few.")]
        return [self._shared(witnessed), self._fresh(seconds)]

    def _shared(self, witnessed: dict[str, int]) -> Claim:
        is_named = self.trust.is_policy_named
        found = f"{len(witnessed)} witnesses have seen the same first {self.cosigned.size:,} entries."
        found += _CHANGED if self.trust.is_policy_changed else ""
        return Claim(
            id="ledger.shared",
            says=_SHARED,
            verdict=Verdict.PROVEN if is_named else Verdict.PROMISED,
            found=found if is_named else found + _OWN_CHOICE,
            how="Cosignatures were verified here. Witnesses see that a log only grows, not that it is true.",
            details=tuple(f"{name}: {moment(seconds)}" for name, seconds in sorted(witnessed.items())),
        )

    def _fresh(self, seconds: int) -> Claim:
        faults = []
        if self.now_seconds - seconds > self.max_age_seconds:
            faults.append(f"Its witnesses saw it last on {moment(seconds)}, which is too long ago.")
        if seconds - self.now_seconds > FUTURE_SECONDS:
            faults.append(f"Its witnesses say that they saw it on {moment(seconds)}, which is still to come.")
        if self._was_seen_later(self.trust.policy, seconds):
            faults.append("Its witnesses had seen it later at the last audit; an old state is shown again.")
        found = f"Its witnesses saw it on {moment(seconds)}."
        how = f"At most {self.max_age_seconds / 3600:,.1f} hours may have passed; set with --max-age-hours."
        claim = judged("ledger.fresh", _FRESH, faults=faults, found=found, how=how)
        is_own_word = claim.verdict is Verdict.PROVEN and not self.trust.is_policy_named
        return replace(claim, verdict=Verdict.PROMISED) if is_own_word else claim

    def _was_seen_later(self, policy: Policy, seconds: int) -> bool:
        if self.kept is None or self.kept.cosigned is None:
            return False
        try:
            then = policy.quorum_seconds(policy.witnessed(self.kept.cosigned))
        except Untrusted:  # kept under another policy
            return False
        return then is not None and seconds < then


def _failed(found: str) -> Claim:
    return Claim(id="ledger.shared", says=_SHARED, verdict=Verdict.FAILED, found=found)
