"""The open realm: every package's noun, built once per process by ``reelm.app``."""

from dataclasses import dataclass

from reelm.accounts import Accounts, Exports, Staff
from reelm.base import Clock, Database, Entropy
from reelm.delivery import Delivery, Origin
from reelm.events import Events
from reelm.feed import Feed
from reelm.ledger import Cosigning, Ledger, Sequencer
from reelm.media import Encoders, Media
from reelm.realm import Keys, Manifest, Version, policy
from reelm.social import Social
from reelm.vault import Upkeep, Vault
from reelm.workflows.turns import Turns


@dataclass(frozen=True)
class OpenRealm:
    """What a story works with. Unlocked keys are inside: it never leaves the process."""

    manifest: Manifest
    version: Version
    published: policy.Published
    clock: Clock
    entropy: Entropy
    database: Database
    keys: Keys
    vault: Vault
    upkeep: Upkeep
    media: Media
    encoders: Encoders
    accounts: Accounts
    staff: Staff
    exports: Exports
    social: Social
    delivery: Delivery
    origin: Origin
    feed: Feed
    ledger: Ledger
    events: Events
    sequencer: Sequencer
    cosigning: Cosigning
    # For how many days entries of the ledger are kept; 0 for good.
    retention_days: int
    turns: Turns
    remux_turns: Turns
