"""Decide about a new object, before its first byte is written: keys, shares, places, names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reelm.base import DataClass, Entropy, ObjectId, Secret, read_id, write_id
from reelm.vault.digest import DIGEST_BYTES
from reelm.vault.format import WRAPPED_BYTES, Common, FragmentShape
from reelm.vault.keys import ContentKey, VaultKeys, fragment_name
from reelm.vault.model import FragmentState, ObjectState, ProviderPlace, Suite, VaultConfig
from reelm.vault.placement import Residency, choose_places, within
from reelm.vault.ports import Wrapper
from reelm.vault.share import SECRET_BYTES, split
from reelm.vault.store import FragmentRecord, ObjectRecord

FIRST_GENERATION = 1


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """The plan for sealing one object; the shares are zeros where there is nothing to seal."""

    common: Common
    key: ContentKey | None
    shares: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PutRequest:
    """The description of an object that its caller gives besides its bytes; see ``Vault.put``."""

    reference: str | None
    klass: DataClass
    owner: str | None = None
    residency: Residency = None


def make_plan(  # noqa: PLR0913 - everything an object's header says, named at the call
    suite: Suite,
    wrapper: Wrapper | None,
    *,
    realm_id: bytes,
    object_id: ObjectId,
    chunk_log2: int,
    config: VaultConfig,
    entropy: Entropy,
) -> ObjectPlan:
    """Draw the two secrets of an object, lock one under the owner's key, share the other, and return both."""
    k, n, raw_id = config.k, config.n, read_id(object_id)
    if not suite.is_sealed or wrapper is None:
        blank = Common(suite, realm_id, raw_id, FIRST_GENERATION, k, n, chunk_log2, 0, bytes(WRAPPED_BYTES))
        return ObjectPlan(blank, None, (bytes(SECRET_BYTES),) * n)
    dek, shared = Secret(entropy.draw(SECRET_BYTES)), Secret(entropy.draw(SECRET_BYTES))
    shares = split(shared, n=n, coefficients=entropy.draw((k - 1) * SECRET_BYTES))
    wrapped = wrapper.wrap(dek)
    if len(wrapped) != WRAPPED_BYTES:
        raise ValueError(f"a wrapped data key is {WRAPPED_BYTES} bytes")
    common = Common(suite, realm_id, raw_id, FIRST_GENERATION, k, n, chunk_log2, wrapper.epoch, wrapped)
    return ObjectPlan(common, ContentKey(common, dek=dek, shared=shared), shares)


def make_intent(
    plan: ObjectPlan,
    request: PutRequest,
    places: Sequence[ProviderPlace],
    *,
    keys: VaultKeys,
    entropy: Entropy,
    at: datetime,
) -> ObjectRecord:
    """Return the record to commit first: where each fragment will lie, and under which name.

    Raises:
        TooFewPlaces: no safe placement.
    """
    common = plan.common
    allowed = within(places, request.residency)
    order = sorted(range(len(allowed)), key=lambda _: entropy.draw(8))
    chosen = choose_places(allowed, k=common.k, n=common.n, order=order)
    return ObjectRecord(
        object_id=ObjectId(write_id(common.object_id)),
        generation=common.generation,
        reference=request.reference,
        shape=FragmentShape(common.suite, common.k, common.n, common.chunk_log2, 0),
        length_bytes=0,
        object_root=bytes(DIGEST_BYTES),
        data_class=request.klass,
        key_epoch=common.key_epoch,
        state=ObjectState.INTENT,
        created_at=at,
        fragments=tuple(
            FragmentRecord(
                index=index,
                provider=place.provider,
                name=fragment_name(
                    keys.name,
                    place.provider,
                    object_id=common.object_id,
                    generation=common.generation,
                    index=index,
                ),
                root=bytes(DIGEST_BYTES),
                state=FragmentState.INTENDED,
            )
            for index, place in enumerate(chosen)
        ),
        owner=request.owner,
        residency=request.residency,
    )
