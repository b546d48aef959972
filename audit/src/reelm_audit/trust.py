"""Whom an audit believes: the log's key and the witnesses, named by a person or kept from the first audit."""

from dataclasses import dataclass

from reelm_audit.errors import Absent, Malformed, Misused
from reelm_audit.source import Source
from reelm_audit.state import State
from reelm_audit.tlog.keys import VerifierKey
from reelm_audit.tlog.policy import NONE, POLICY_MAX_BYTES, Policy
from reelm_audit.verdict import Claim, Verdict, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Key and policy in use.

    Attributes:
        key: whose signature under a checkpoint counts.
        is_key_named: whether a person named it, now or at an earlier audit.
        policy: whose cosignatures count.
        policy_bytes: as it is kept.
        is_policy_named: whether a person named it; a realm's own choice of witnesses proves less.
        is_policy_changed: whether the realm has chosen other witnesses since the last audit.
        since_seconds: since when the key is kept; None at the first audit.
    """

    key: VerifierKey
    is_key_named: bool
    policy: Policy
    policy_bytes: bytes | None
    is_policy_named: bool
    is_policy_changed: bool
    since_seconds: int | None

    def claim(self) -> Claim:
        """How the key came to be believed."""
        if self.is_key_named:
            verdict, found = Verdict.PROVEN, "It is the key that you named."
        elif self.since_seconds is None:
            verdict = Verdict.PROMISED
            found = "No key was named, so the key that the log offers was taken and is kept from now on."
        else:
            verdict = Verdict.PROMISED
            found = f"It is the key that the log offered at the first audit, on {moment(self.since_seconds)}."
        return Claim(
            id="ledger.key",
            says="The ledger is signed with this realm's key",
            verdict=verdict,
            found=found,
            how="A key is worth as much as the place where it was found. Name one with --key.",
            details=(str(self.key),),
        )


def choose(source: Source, kept: State | None, *, key: VerifierKey | None, policy: bytes | None) -> Trust:
    """What the user names, else what is kept, else what the log offers.

    Raises:
        Misused: the named key is not the kept one, or there is no key at all.
        Malformed: the named policy is none.
    """
    is_kept = kept is not None and kept.is_policy_named
    offered = kept.policy if kept is not None and is_kept else _offered(source)
    chosen = policy if policy is not None else offered
    parsed = _parsed(chosen) if policy is None else Policy.parse(policy)
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
        key=believed,
        is_key_named=named is not None or (kept is not None and kept.is_key_named),
        policy=parsed,
        policy_bytes=chosen,
        is_policy_named=policy is not None or is_kept,
        is_policy_changed=policy is None and kept is not None and kept.policy != offered,
        since_seconds=None if kept is None else kept.first_seconds,
    )


def _only_log(policy: Policy) -> VerifierKey | None:
    return policy.logs[0][0] if len(policy.logs) == 1 else None


def _offered(source: Source) -> bytes | None:
    try:
        return source.read("policy", max_bytes=POLICY_MAX_BYTES)
    except Absent:
        return None


def _parsed(raw: bytes | None) -> Policy:
    """A policy that nobody named is used as far as it can be read."""
    if raw is None:
        return Policy(NONE)
    try:
        return Policy.parse(raw)
    except Malformed:
        return Policy(NONE)
