"""Name the shapes of leases on encodings, and of what comes of them."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from reelm.web.parameters import Count, IdText, Ratio


class Volunteer(Struct, frozen=True, kw_only=True):
    """An encoder that asks for work."""

    version: Annotated[str, Meta(max_length=40, description="of the program; has to be the realm's own")]


class Lease(Struct, frozen=True, kw_only=True):
    """One encoding, lent for as long as it is renewed."""

    id: IdText
    probe: Annotated[dict[str, Any], Meta(description="what the source is, as the realm found it")]
    cut: Annotated[dict[str, Any], Meta(description="what is taken of it")]
    keys: Annotated[
        dict[str, str], Meta(description="the rungs to make, each with its AES-128 key in Base64")
    ]
    source_bytes: Count
    lease_seconds: Annotated[int, Meta(ge=1, description="it ends after so long without a word of progress")]


class Work(Struct, frozen=True, kw_only=True):
    """What there is to do, if anything."""

    lease: Lease | None


class EncodingProgress(Struct, frozen=True, kw_only=True):
    """How far an encoding is."""

    ratio: Ratio


class SentPiece(Struct, frozen=True, kw_only=True):
    """One piece of a rendition that was sent."""

    length_bytes: Annotated[int, Meta(ge=1, le=2**31)]
    iv: Annotated[str, Meta(max_length=24, description="16 bytes in Base64")]


class EncodingDelivery(Struct, frozen=True, kw_only=True):
    """The pieces of each rung, in order; the first is the initialisation part."""

    renditions: Annotated[dict[str, Annotated[list[SentPiece], Meta(max_length=4096)]], Meta(max_length=8)]
