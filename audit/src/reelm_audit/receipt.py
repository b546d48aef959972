"""The check of one receipt: is this entry in the realm's log, and what does it say?"""

import hmac
import json
from collections.abc import Mapping
from pathlib import Path

from reelm_audit.errors import AuditError, Malformed, Unusable
from reelm_audit.independence import dependent, own_hosts
from reelm_audit.leaf import Leaf, Reader, canonical
from reelm_audit.ledger import Audited
from reelm_audit.tlog.keys import VerifierKey, check_signed
from reelm_audit.tlog.merkle import leaf_hash
from reelm_audit.tlog.policy import NONE, Policy
from reelm_audit.tlog.proof import PROOF_MAX_BYTES, Proof
from reelm_audit.verdict import Claim, Verdict, judged, moment

_DOMAIN = b"reelm/ledger/private/1"
_INCLUDED = "This entry is in the realm's ledger"
_SHARED = "Everybody is shown the ledger with this entry in it"
_OPENED = "What was committed to in private is what you were shown"


def audit_receipt(
    path: Path, *, key: VerifierKey | None, policy: Policy, leaves: Reader, opening: Path | None = None
) -> Audited:
    """Check a ``.tlog-proof`` file, without asking anybody.

    Args:
        path: the receipt.
        key: the log's; None for the only log of the policy.
        policy: whose cosignatures count.
        leaves: reads the entry.
        opening: a file with the private body, where the holder has one.

    Raises:
        Unusable: a file cannot be read, or there is no key.
    """
    key = key or (policy.logs[0][0] if len(policy.logs) == 1 else None)
    if key is None:
        raise Unusable(
            "Whose receipt this should be is not known. Name the log's key with --key or --policy."
        )
    out = Audited(origin=key.name)
    try:
        proof = Proof.parse(read_file(path, PROOF_MAX_BYTES))
        if proof.extra is None:
            raise Malformed("The receipt does not hold the entry that it is for.")
        checkpoint = proof.check(leaf_hash(proof.extra))
        check_signed(proof.note, key)
        if checkpoint.origin != key.name:
            raise Malformed(f"The receipt is of {checkpoint.origin}, not of {key.name}.")
        leaf = leaves.read(proof.extra, proof.index)
    except Unusable:
        raise
    except AuditError as fault:
        out.claims.append(
            Claim(id="receipt.included", says=_INCLUDED, verdict=Verdict.FAILED, found=f"{fault}")
        )
        return out
    found = f"It is entry {proof.index:,} of {checkpoint.size:,}, under the log's signature."
    how = "The entry was hashed here and followed up to the root that the log signed."
    out.claims += [
        judged("receipt.included", _INCLUDED, faults=(), found=found, how=how),
        _shared(proof, policy),
    ]
    if opening is not None:
        out.claims.append(_opened(leaf, opening))
    out.facts += [("Kind", leaf.kind), ("Realm", leaf.realm), ("Time, as the realm says", leaf.time)]
    out.facts += [(name, _plain(value)) for name, value in leaf.public.items()]
    return out


def _shared(proof: Proof, policy: Policy) -> Claim:
    try:
        witnessed = policy.witnessed(proof.note)
    except AuditError as fault:
        return Claim(id="receipt.shared", says=_SHARED, verdict=Verdict.FAILED, found=f"{fault}")
    if policy.quorum == NONE:
        found, verdict = (
            "No policy of witnesses was named, so this rests on the log's word.",
            Verdict.PROMISED,
        )
    elif policy.quorum_seconds(witnessed) is None:
        found = (
            f"{len(witnessed)} witnesses have cosigned it, which is too few. A newer receipt may have more."
        )
        verdict = Verdict.PROMISED
    elif policy.quorum_seconds(_strangers(policy, witnessed, proof)) is None:
        found = (
            f"{len(witnessed)} witnesses have cosigned it; without those at the realm's own places too few."
        )
        verdict = Verdict.PROMISED
    else:
        found, verdict = f"{len(witnessed)} witnesses have cosigned it.", Verdict.PROVEN
    lines = tuple(f"{name}: {moment(seconds)}" for name, seconds in sorted(witnessed.items()))
    return Claim(id="receipt.shared", says=_SHARED, verdict=verdict, found=found, details=lines)


def _strangers(policy: Policy, witnessed: Mapping[str, int], proof: Proof) -> dict[str, int]:
    """The cosignatures of witnesses that do not stand at a place of the realm's own."""
    own = dependent(policy, own_hosts(proof.note.text.partition("\n")[0], None))
    return {name: seconds for name, seconds in witnessed.items() if name not in own}


def _opened(leaf: Leaf, path: Path) -> Claim:
    """Source: docs/spec/ledger.md, "Private body"."""
    try:
        value = json.loads(read_file(path, 1 << 20))
        signed = b"\0".join((_DOMAIN, value["kind"].encode(), canonical(value["body"])))
        made = hmac.digest(bytes.fromhex(value["key"]), signed, "sha256").hex()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unusable(f"{path} does not hold what was committed to: body, key and kind.") from None
    is_same = (
        value["kind"] == leaf.kind and leaf.private is not None and hmac.compare_digest(made, leaf.private)
    )
    faults = () if is_same else ("What you were shown is not what this entry committed to.",)
    found = "The private body and its key give the commitment that is in the entry."
    return judged("receipt.opened", _OPENED, faults=faults, found=found, how="HMAC-SHA-256, recomputed here.")


def read_file(path: Path, max_bytes: int) -> bytes:
    """A file that the user named. Raises ``Unusable``."""
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except OSError as fault:
        raise Unusable(f"{path} cannot be read: {fault.strerror}.") from None
    if len(raw) > max_bytes:
        raise Unusable(f"{path} is larger than such a file can be.")
    return raw


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
