"""Name the places in a realm's data folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """Every file and folder of one realm, by name. Making them is the job of who writes there."""

    data: Path

    @property
    def settings(self) -> Path:
        return self.data / "settings.toml"

    @property
    def manifest(self) -> Path:
        return self.data / "manifest.toml"

    @property
    def signatures(self) -> Path:
        """Signatures of the next version of the manifest, until there are enough."""
        return self.data / "manifest.signatures"

    @property
    def policies(self) -> Path:
        """The folder of ``*.cedar`` files: what staff may do and what may leave the realm."""
        return self.data / "policies"

    @property
    def release(self) -> Path:
        """The release in the ledger as it was described to the realm; absent for one that has no wheel."""
        return self.data / "release.json"

    @property
    def root_key(self) -> Path:
        return self.data / "keys" / "root.key"

    def store_key(self, store: str) -> Path:
        """The credentials of one bucket: two lines, the access key's id and its secret."""
        return self.data / "keys" / "stores" / f"{store}.key"

    @property
    def epoch_keys(self) -> Path:
        """The folder of epoch keys; the same on every machine of a realm."""
        return self.data / "keys" / "epochs"

    @property
    def records(self) -> Path:
        return self.data / "records.sqlite"

    @property
    def jobs(self) -> Path:
        return self.data / "jobs.sqlite"

    @property
    def events(self) -> Path:
        """The log: what happened in the realm, in order."""
        return self.data / "events.sqlite"

    @property
    def stores(self) -> Path:
        """The fragment folders of an embedded realm, unless its manifest says otherwise."""
        return self.data / "stores"

    @property
    def ledger(self) -> Path:
        """The public ledger; any web server may serve it, and any copy of it can be checked."""
        return self.data / "ledger"

    @property
    def witnesses(self) -> Path:
        """The witnesses of the ledger: the witness, group and quorum lines of a tlog-policy."""
        return self.data / "witnesses.policy"

    @property
    def witness_homes(self) -> Path:
        """A demo's own witnesses, a folder each: they are no part of the realm."""
        return self.data / "witnesses"

    @property
    def spool(self) -> Path:
        """Uploads and encodings on their way; may be emptied while nothing runs."""
        return self.data / "spool"

    @property
    def cache(self) -> Path:
        """Copies of what the stores hold; may be deleted at any time."""
        return self.data / "cache"

    @property
    def run(self) -> Path:
        """Locks, process ids and heartbeats of what runs now."""
        return self.data / "run"

    @property
    def wake(self) -> Path:
        """Sockets of the processes that wait for facts."""
        return self.run / "wake"

    @property
    def logs(self) -> Path:
        return self.data / "logs"
