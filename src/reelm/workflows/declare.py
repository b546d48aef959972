"""Declare: manifest, policies and code are on the public record before anything is done by them."""

from dataclasses import dataclass

from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class Release:
    """The code that is about to run, by its digests."""

    version: str
    code_digest: str
    page_digest: str


async def declare(release: Release, *, at: OpenRealm) -> None:
    """Put what is new of manifest, policies and release on the record; nothing when all is there.

    Raises:
        NotRecorded: they are not on the record yet, so that nothing may run by them.
    """
    await at.ledger.announce("manifest.publish", _manifest(at))
    await at.ledger.announce("policy.publish", _policies(at))
    await at.ledger.announce(
        "release.deploy",
        {
            "version": release.version,
            "code_digest": release.code_digest,
            "page_digest": release.page_digest,
        },
    )


def _manifest(at: OpenRealm) -> dict[str, object]:
    leaf: dict[str, object] = {"version": at.version.number, "digest": at.version.digest}
    signers = at.version.signed_by(at.version.signers)
    if signers:
        leaf["signers"] = list(signers)
    if at.retention_days:
        leaf["retention_days"] = at.retention_days
    return leaf


def _policies(at: OpenRealm) -> dict[str, object]:
    return {
        "version": at.published.number,
        "policy_digest": at.published.policy_set.digest,
        "schema_digest": at.published.policy_set.schema_digest,
    }
