"""What tests of the auditor say of a result."""

from collections.abc import Callable
from typing import TypeAlias

from reelm_audit.ledger import Audited
from reelm_audit.verdict import Verdict

Audit: TypeAlias = Callable[..., Audited]


def verdicts(audited: Audited) -> dict[str, Verdict]:
    """By the name of the claim."""
    return {claim.id.removeprefix("ledger."): claim.verdict for claim in audited.claims}


def failed(audited: Audited) -> set[str]:
    """The claims that failed."""
    return {name for name, verdict in verdicts(audited).items() if verdict is Verdict.FAILED}
