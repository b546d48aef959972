"""Define what can go wrong with stored bytes.

::

    VaultError
    ├── FragmentRefused      one fragment fails a check; ``fault`` says which (docs/spec/rvf1.md, "Checks")
    ├── FragmentMissing      a store answers, and has no such fragment
    ├── StoreFailed          a store does not answer, or its disk reports an error
    │   └── StoreFull        it has no space left
    ├── StoreRefused         a folder or address that is not, or must not become, this store
    ├── StoreKeyMissing      a bucket's credentials are not where they should be
    ├── StoreKeyUnsafe       a bucket's credentials may be read by others, or are no credentials
    ├── TooFewPlaces         no placement keeps the promise; nothing was changed
    │   └── RenewalNeeded    only because of what the places held before; the object must be stored anew
    ├── NotDurable           too few stores took their fragment; nothing was kept
    │   ├── StoresAway       because they do not answer
    │   └── StoresFull       because they have no room
    ├── NotEnoughFragments   fewer than k good fragments can be reached now
    ├── ObjectMissing        no such object
    ├── ObjectBroken         good fragments that do not add up to the object
    ├── KeyRefused           the given key does not open the object
    ├── KeyNeeded            a sealed suite without a key
    ├── ClassNeedsSeal       data of this class may not be stored without sealing
    ├── WrongRange           a range outside the object
    ├── Superseded           another put with the same reference took over
    ├── ProviderUnknown      there never was such a provider
    ├── WrongStage           a provider is too far on its way out for that
    └── DeletionUnfinished   unreadable already, but a store still holds fragments
"""

from enum import StrEnum

from reelm.base import Broken, Conflict, Forbidden, Invalid, NotFound, ReelmError, Unavailable


class FailedCheck(StrEnum):
    """The check that refused, named as in docs/spec/rvf1.md; the checks run in this order."""

    TRUNCATED = "truncated"
    MAGIC = "magic"
    HEADER_LENGTH = "header-length"
    FORMAT = "format"
    SUITE = "suite"
    SHAPE = "shape"
    LOCKS = "locks"
    HEADER_HASH = "header-hash"
    IDENTITY = "identity"
    LENGTH = "length"
    TRAILER = "trailer"
    FRAGMENT_ROOT = "fragment-root"
    OBJECT_ROOT = "object-root"
    LEAF = "leaf"
    TOO_FEW = "too-few"
    DISAGREE = "disagree"
    KEY = "key"
    COMMITMENT = "commitment"
    TRUE_LENGTH = "true-length"
    SEAL = "seal"
    CHUNK = "chunk"


class VaultError(ReelmError):
    code = "vault.error"
    title = "The vault could not do that"


class FragmentRefused(VaultError, Broken):
    """A fragment's bytes are not what they must be; it is treated as lost."""

    code = "vault.fragment-refused"
    title = "A stored fragment is damaged"

    def __init__(self, fault: FailedCheck, detail: str) -> None:
        super().__init__(
            f"{detail} The fragment is not used; the others are asked instead.", fault=fault.value
        )
        self.fault = fault


class FragmentMissing(VaultError, Broken):
    code = "vault.fragment-missing"
    title = "A stored fragment is missing"


class StoreFailed(VaultError, Unavailable):
    code = "vault.store-failed"
    title = "A store does not work right now"


class StoreFull(StoreFailed):
    code = "vault.store-full"
    title = "A store has no space left"


class StoreRefused(VaultError, Broken):
    code = "vault.store-refused"
    title = "A folder or address cannot be used as this store"


class StoreKeyMissing(VaultError, Broken):
    code = "vault.store-key-missing"
    title = "A store's credentials are missing"


class StoreKeyUnsafe(VaultError, Broken):
    code = "vault.store-key-unsafe"
    title = "A store's credentials cannot be used"


class TooFewPlaces(VaultError, Unavailable):
    code = "vault.too-few-places"
    title = "Too few places to store safely"


class RenewalNeeded(TooFewPlaces):
    code = "vault.renewal-needed"
    title = "An object must be stored anew"


class NotDurable(VaultError, Unavailable):
    code = "vault.not-durable"
    title = "Too few stores took the data"


class StoresAway(NotDurable):
    code = "vault.stores-away"
    title = "Too few stores answer"


class StoresFull(NotDurable):
    code = "vault.stores-full"
    title = "The stores have no room"


class NotEnoughFragments(VaultError, Unavailable):
    code = "vault.not-enough-fragments"
    title = "Too few providers answer with good data"


class ObjectMissing(VaultError, NotFound):
    code = "vault.object-missing"
    title = "No such object"


class ObjectBroken(VaultError, Broken):
    """Every fragment passed its own checks and together they are not the object."""

    code = "vault.object-broken"
    title = "A stored object is damaged"

    def __init__(self, fault: FailedCheck, detail: str) -> None:
        super().__init__(detail, fault=fault.value)
        self.fault = fault


class KeyRefused(VaultError, Forbidden):
    code = "vault.key-refused"
    title = "This key does not open the object"

    def __init__(self, fault: FailedCheck, detail: str) -> None:
        super().__init__(detail, fault=fault.value)
        self.fault = fault


class KeyNeeded(VaultError, Invalid):
    code = "vault.key-needed"
    title = "A key is needed"


class ClassNeedsSeal(VaultError, Invalid):
    code = "vault.class-needs-seal"
    title = "This data must be sealed"


class WrongRange(VaultError, Invalid):
    code = "vault.wrong-range"
    title = "The range is outside the object"


class Superseded(VaultError, Conflict):
    code = "vault.superseded"
    title = "Another writer took over"


class ProviderUnknown(VaultError, NotFound):
    code = "vault.provider-unknown"
    title = "No such provider"


class WrongStage(VaultError, Conflict):
    code = "vault.wrong-stage"
    title = "The provider was left already"


class DeletionUnfinished(VaultError, Unavailable):
    code = "vault.deletion-unfinished"
    title = "Deleted, but not yet everywhere"
