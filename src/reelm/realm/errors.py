"""Name what can be wrong with a realm's keys and its manifest.

::

    Conflict
    ├── ManifestSuperseded  somebody else put a version in the ledger meanwhile
    ├── SigningKeyExists    a signing key is already there; it is never overwritten
    ├── RootKeyExists    a root key is already there; it is never overwritten
    ├── KeyExists        the owner already has a user key
    └── RotationRuns     another process is rotating the keys
    Gone
    └── KeyDestroyed     the user key was destroyed on purpose; what it sealed is gone for good
    Invalid
    ├── ManifestChanged  the manifest is not what is in the ledger, or not signed by enough keys
    ├── PoliciesChanged  the policies are not those in the ledger
    ├── ReleaseUnlogged  the code or the page is not of the release in the ledger
    ├── ReleaseRefused   a description of a release that is none, or of another one
    ├── SignatureRefused a key that has nothing to sign here
    ├── SigningKeyUnsafe a signing key cannot be used as it is, or cannot be made
    ├── ManifestError    the manifest has faults; ``faults`` lists every one of them
    ├── PoliciesRefused  a policy set is faulty, or gives somebody too much; ``faults`` lists everything
    ├── SchemeInvalid    a root cannot be split as asked
    └── ShareRefused     a custodian's words are not right, or not of these shares
    Broken
    ├── RootKeyMissing   there is no root key file
    ├── RootKeyUnsafe    the root key file cannot be used as it is (mode, size, kind)
    ├── RootKeyMismatch  the root key is not the one these records were made with
    ├── EpochKeyMissing  the file of an epoch key is not on this machine
    ├── EpochKeyUnsafe   the file of an epoch key cannot be used as it is, or cannot be written
    ├── RingBroken       the key ring is damaged, and old records need it
    ├── KeyMissing       an owner without a user key, which was never destroyed either
    └── SealBroken       sealed bytes were changed, cut, or sealed with another key or for another purpose
"""

from collections.abc import Sequence

from reelm.base import Broken, Conflict, Gone, Invalid
from reelm.realm.model import Fault


class RootKeyExists(Conflict):
    code = "realm.root-key-exists"
    title = "There is already a root key"


class ManifestError(Invalid):
    """A manifest has faults.

    Attributes:
        faults: every one of them, by line.
    """

    code = "realm.manifest-invalid"
    title = "The manifest has faults"

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = "".join(f"\n  {fault}" for fault in self.faults)
        super().__init__(
            f"{source} has {count}. The realm was not started. "
            f"Correct the lines below and start again.{lines}",
            source=source,
            fault_count=len(faults),
        )


class ManifestChanged(Invalid):
    code = "realm.manifest-changed"
    title = "The manifest is not the one in the ledger"


class ManifestSuperseded(Conflict):
    code = "realm.manifest-superseded"
    title = "There is a newer version of the manifest"


class SignatureRefused(Invalid):
    code = "realm.signature-refused"
    title = "This key has nothing to sign here"


class SigningKeyExists(Conflict):
    code = "realm.signing-key-exists"
    title = "There is already a signing key"


class SigningKeyUnsafe(Invalid):
    code = "realm.signing-key-unsafe"
    title = "The signing key cannot be used"


class PoliciesChanged(Invalid):
    code = "realm.policies-changed"
    title = "The policies are not those in the ledger"


class ReleaseUnlogged(Invalid):
    code = "realm.release-unlogged"
    title = "This release is not the one in the ledger"


class ReleaseRefused(Invalid):
    code = "realm.release-refused"
    title = "Not a description of this release"


class PoliciesRefused(Invalid):
    """A policy set has faults, or gives somebody too much.

    Attributes:
        faults: every one of them, with file and policy.
    """

    code = "realm.policies-refused"
    title = "The policies have faults"

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = "".join(f"\n  {fault}" for fault in faults)
        super().__init__(
            f"The policies have {count}. Nothing was changed: what was in effect still is. "
            f"Correct the lines below and try again.{lines}",
            fault_count=len(faults),
        )


class RootKeyMissing(Broken):
    code = "realm.root-key-missing"
    title = "The root key file is missing"


class RootKeyUnsafe(Broken):
    code = "realm.root-key-unsafe"
    title = "The root key file cannot be used"


class RootKeyMismatch(Broken):
    code = "realm.root-key-mismatch"
    title = "The root key does not fit these records"


class KeyExists(Conflict):
    code = "realm.key-exists"
    title = "The owner already has a key"


class RotationRuns(Conflict):
    code = "realm.rotation-runs"
    title = "The keys are being rotated"


class EpochKeyMissing(Broken):
    code = "realm.epoch-key-missing"
    title = "The key of an epoch is missing"


class EpochKeyUnsafe(Broken):
    code = "realm.epoch-key-unsafe"
    title = "The key of an epoch cannot be used"


class RingBroken(Broken):
    code = "realm.ring-broken"
    title = "The key ring cannot be used"


class SchemeInvalid(Invalid):
    code = "realm.scheme-invalid"
    title = "The root key cannot be split like this"


class ShareRefused(Invalid):
    code = "realm.share-refused"
    title = "A share was refused"


class KeyMissing(Broken):
    code = "realm.key-missing"
    title = "The owner has no key"


class KeyDestroyed(Gone):
    code = "realm.key-destroyed"
    title = "The key was destroyed"


class SealBroken(Broken):
    code = "realm.seal-broken"
    title = "Sealed data cannot be opened"
