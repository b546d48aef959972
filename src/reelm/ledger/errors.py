"""Name what can go wrong with the ledger.

::

    LedgerError
    ├── KindUnknown      there is no such kind of leaf
    ├── LeafRefused      fields that the kind does not have, lacks, or spells otherwise
    │   └── LeafTells    a public part that says what only the private part may
    ├── LeafTooLarge     over the limit of a leaf
    ├── LeafMissing      no leaf with that index is under the checkpoint
    ├── ProofRefused     a receipt that proves nothing
    ├── PolicyRefused    not a witness policy, or no such quorum
    ├── Pruned           the entry was removed under the declared retention
    ├── LogBusy          another process sequences this log
    ├── LogSuperseded    another process took the log over; this one signs nothing any more
    ├── LogBroken        files and records that contradict each other, or a signature
    ├── NotInLedger      it is not known whether the leaf is in the ledger
    └── WitnessFailed    a witness did not answer, or not as agreed
"""

from reelm.base import Broken, Conflict, Gone, Invalid, NotFound, ReelmError, TooLarge, Unavailable


class LedgerError(ReelmError):
    code = "ledger.error"


class KindUnknown(LedgerError, Invalid):
    code = "ledger.kind-unknown"
    title = "No such kind of leaf"


class LeafRefused(LedgerError, Invalid):
    code = "ledger.leaf-refused"
    title = "Not the fields of this kind of leaf"


class LeafTells(LeafRefused):
    code = "ledger.leaf-tells"
    title = "Protected data in a public leaf"


class LeafTooLarge(LedgerError, TooLarge):
    code = "ledger.leaf-too-large"
    title = "Too large for a leaf"


class LeafMissing(LedgerError, NotFound):
    code = "ledger.leaf-missing"
    title = "No such leaf"


class ProofRefused(LedgerError, Invalid):
    code = "ledger.proof-refused"
    title = "Not a proof"


class PolicyRefused(LedgerError, Invalid):
    code = "ledger.policy-refused"
    title = "Not a witness policy"


class Pruned(LedgerError, Gone):
    code = "ledger.pruned"
    title = "Removed under the declared retention"


class LogBusy(LedgerError, Conflict):
    code = "ledger.busy"
    title = "Another process sequences this log"


class LogSuperseded(LedgerError, Unavailable):
    code = "ledger.superseded"
    title = "Another process took the log over"
    is_retryable = True


class LogBroken(LedgerError, Broken):
    code = "ledger.broken"
    title = "The log contradicts itself"


class NotInLedger(LedgerError, Unavailable):
    code = "ledger.not-recorded"
    title = "It may not be in the ledger"
    is_retryable = True


class WitnessFailed(LedgerError, Unavailable):
    code = "ledger.witness-failed"
    title = "A witness did not answer as agreed"
    is_retryable = True
