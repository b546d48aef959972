"""Put manifest, policies and code on the ledger before anything is done by them."""

from dataclasses import dataclass

from reelm.base import Clock, Tx
from reelm.ledger import Ledger
from reelm.realm import Release, ReleaseRefused, ReleaseUnlogged, Version
from reelm.workflows.realm import OpenRealm

_MANIFEST = "manifest.publish"
_PUBLISHED = "release.publish"


@dataclass(frozen=True, slots=True)
class Declaring:
    """Puts a version of the manifest on the ledger, as ``record.put_on_record`` asks for.

    Every version has its own leaf, also one that no process ever ran by. The same version is said once more
    only when the realm begins to keep the entries of its ledger for another time.
    """

    retention_days: int
    clock: Clock

    async def __call__(self, tx: Tx, version: Version) -> None:
        leaf, realm = _manifest(version, self.retention_days), version.manifest["realm"]["id"]
        await Ledger.promise_announcement(tx, _MANIFEST, leaf, realm=realm, at=self.clock.now())


async def declare(running: Release, published: Release | None, *, realm: OpenRealm) -> None:
    """Put what is new of manifest and policies on the ledger, and that this release runs from now on.

    Args:
        running: the code and page that are about to run.
        published: what is kept of the release in the ledger; None when it was put there without a wheel.
        realm: the realm, which does nothing yet.

    Raises:
        ReleaseUnlogged: what is about to run is not the release in the ledger.
        NotInLedger: they are not on the ledger yet, so that nothing may run by them.
    """
    await realm.ledger.announcements.announce(
        _MANIFEST, _manifest(realm.identity.version, realm.ledger.retention_days)
    )
    await realm.ledger.announcements.announce("policy.publish", _policies(realm))
    await _hold_to_record(running, published or running, realm=realm)
    deployed = {"version": running.version, "code_digest": running.code_digest}
    if running.page_digest is not None:
        deployed["page_digest"] = running.page_digest
    await realm.ledger.announcements.announce("release.deploy", deployed)


async def publish_release(release: Release, running: Release, *, realm: OpenRealm) -> int:
    """Put a release on the ledger, so that it may run. Safe to repeat.

    Returns:
        The index of its leaf.

    Raises:
        ReleaseRefused: it describes something else than what is about to run.
        NotInLedger: it is not on the ledger yet; repeat it.
    """
    if not release.is_of(running):
        raise ReleaseRefused(
            f"The release described is version {release.version} with code {release.code_digest}, and what "
            f"would run here is version {running.version} with code {running.code_digest}, or the page is "
            "another one. Nothing was put in the ledger. Install the wheel that it describes, and try again."
        )
    return await realm.ledger.announcements.announce(_PUBLISHED, release.public())


async def _hold_to_record(running: Release, kept: Release, *, realm: OpenRealm) -> None:
    """Put a new realm's first release on the ledger; refuse a later one that is not there."""
    is_new = not await realm.ledger.announcements.has_said(_PUBLISHED)
    is_logged = is_new or await realm.ledger.announcements.has_said(_PUBLISHED, kept.public())
    if not is_logged or not kept.is_of(running):
        raise ReleaseUnlogged(
            f"Version {running.version} with code {running.code_digest} and page {running.page_digest} is "
            "not the release in the ledger. The realm was not started. If this is a release that you mean to "
            "run, put it in the ledger with ./reelm release publish --data FOLDER, the realm's folder, and "
            "start again. If you changed nothing, somebody else did: compare the files with the release's."
        )
    if is_new:
        await realm.ledger.announcements.announce(_PUBLISHED, kept.public())


def _manifest(version: Version, retention_days: int) -> dict[str, object]:
    leaf: dict[str, object] = {"version": version.number, "digest": version.digest}
    signers = version.signed_by(version.signers)
    if signers:
        leaf["signers"] = list(signers)
    if retention_days:
        leaf["retention_days"] = retention_days
    return leaf


def _policies(realm: OpenRealm) -> dict[str, object]:
    return {
        "version": realm.identity.published.number,
        "policy_digest": realm.identity.published.policy_set.digest,
        "schema_digest": realm.identity.published.policy_set.schema_digest,
    }
