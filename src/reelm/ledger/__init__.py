"""Write what the realm did into a public ledger that not even its operator can rewrite unnoticed.

Each act is a leaf of one append-only log, in the files of a C2SP tlog-tiles log, which any web server can
serve. It is in the ledger when it is under a signed, durable checkpoint, and not before; an act that must not
happen unlogged waits for that. What must not be public is only committed to.

Nouns: ``Ledger``, over the ``LogEnvironment`` it works with; the ``Receipt`` that proves a leaf to anyone; a
``Private`` part; the ``Sequencer`` that one process runs; a ``Policy`` of witnesses. The bytes are specified
in docs/spec/ledger.md.
"""

from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.cosign import Cosigning, Panel
from reelm.ledger.errors import (
    KindUnknown,
    LeafMissing,
    LeafRefused,
    LeafTells,
    LeafTooLarge,
    LedgerError,
    LogBroken,
    LogBusy,
    LogSuperseded,
    NotInLedger,
    PolicyRefused,
    ProofRefused,
    Pruned,
    WitnessFailed,
)
from reelm.ledger.kinds import schemas
from reelm.ledger.leaf import Leaf, read_leaf
from reelm.ledger.ledger import Ledger, LedgerStatus
from reelm.ledger.log import LogEnvironment, Sequencer
from reelm.ledger.model import LogConfig, LoggedLeaf, Private
from reelm.ledger.ports import Disk, Witnessing
from reelm.ledger.quorum import Policy
from reelm.ledger.receipt import Receipt

__all__ = [
    "Checkpoint",
    "Cosigning",
    "Disk",
    "KindUnknown",
    "Leaf",
    "LeafMissing",
    "LeafRefused",
    "LeafTells",
    "LeafTooLarge",
    "Ledger",
    "LedgerError",
    "LedgerStatus",
    "LogBroken",
    "LogBusy",
    "LogConfig",
    "LogEnvironment",
    "LogSuperseded",
    "LoggedLeaf",
    "NotInLedger",
    "Panel",
    "Policy",
    "PolicyRefused",
    "Private",
    "ProofRefused",
    "Pruned",
    "Receipt",
    "Sequencer",
    "WitnessFailed",
    "Witnessing",
    "read_leaf",
    "schemas",
]
