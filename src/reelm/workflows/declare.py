"""Declare: manifest, policies and code are on the public record before anything is done by them."""

from dataclasses import dataclass

from reelm.base import Clock, Tx
from reelm.ledger import Ledger
from reelm.realm import Version
from reelm.workflows.realm import OpenRealm

_MANIFEST = "manifest.publish"


@dataclass(frozen=True, slots=True)
class Release:
    """The code that is about to run, by its digests."""

    version: str
    code_digest: str
    page_digest: str


@dataclass(frozen=True, slots=True)
class Declaring:
    """Puts a version of the manifest on the public record, as ``record.put_on_record`` asks for.

    Every version has its own leaf, also one that no process ever ran by. The same version is said once more
    only when the realm begins to keep the entries of its ledger for another time.
    """

    retention_days: int
    clock: Clock

    async def __call__(self, tx: Tx, version: Version) -> None:
        leaf, realm = _manifest(version, self.retention_days), version.manifest["realm"]["id"]
        await Ledger.promise_announcement(tx, _MANIFEST, leaf, realm=realm, at=self.clock.now())


async def declare(release: Release, *, at: OpenRealm) -> None:
    """Put what is new of manifest, policies and release on the record; nothing when all is there.

    Raises:
        NotRecorded: they are not on the record yet, so that nothing may run by them.
    """
    await at.ledger.announce(_MANIFEST, _manifest(at.version, at.retention_days))
    await at.ledger.announce("policy.publish", _policies(at))
    await at.ledger.announce(
        "release.deploy",
        {
            "version": release.version,
            "code_digest": release.code_digest,
            "page_digest": release.page_digest,
        },
    )


def _manifest(version: Version, retention_days: int) -> dict[str, object]:
    leaf: dict[str, object] = {"version": version.number, "digest": version.digest}
    signers = version.signed_by(version.signers)
    if signers:
        leaf["signers"] = list(signers)
    if retention_days:
        leaf["retention_days"] = retention_days
    return leaf


def _policies(at: OpenRealm) -> dict[str, object]:
    return {
        "version": at.published.number,
        "policy_digest": at.published.policy_set.digest,
        "schema_digest": at.published.policy_set.schema_digest,
    }
