"""Define the open realm: every package's noun, built once per process by ``reelm.app``."""

from dataclasses import dataclass

from reelm.access import StaffAccess
from reelm.accounts import Accounts
from reelm.base import Clock, Database, Entropy
from reelm.clips import Clips
from reelm.delivery import Delivery
from reelm.events import Events
from reelm.feed import Feed
from reelm.ledger import Ledger
from reelm.media import Media
from reelm.people import People
from reelm.realm import Keys, Manifest, Version, policy
from reelm.vault import Vault
from reelm.workflows.gates import Gates


@dataclass(frozen=True)
class Identity:
    """The realm as it is declared: its manifest, the version that is on the ledger, its policies and keys."""

    manifest: Manifest
    version: Version
    published: policy.Published
    keys: Keys


@dataclass(frozen=True)
class OpenRealm:
    """The main noun of each package, open. Unlocked keys are inside: it never leaves the process."""

    clock: Clock
    entropy: Entropy
    database: Database
    identity: Identity
    events: Events
    ledger: Ledger
    vault: Vault
    media: Media
    accounts: Accounts
    access: StaffAccess
    people: People
    clips: Clips
    delivery: Delivery
    feed: Feed
    gates: Gates
