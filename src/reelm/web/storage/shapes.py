"""Name the shapes of where the data is."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from reelm.web.parameters import Count


class StorePrice(Struct, frozen=True, kw_only=True):
    """What a store costs, in decimals of ``currency`` (ISO 4217)."""

    currency: str
    per_gib_month: Annotated[str, Meta(description="declared: of 1,073,741,824 bytes kept for a month")]
    per_month: Annotated[str, Meta(description="that price times the bytes that lie there now")]


class StoreDeclaration(Struct, frozen=True, kw_only=True):
    """What the operator says of a store in the manifest; countries are ISO 3166-1 codes, or ZZ."""

    host: Annotated[str, Meta(description="who runs the machines")]
    parent: Annotated[str, Meta(description="who controls the host; its own name when nobody else does")]
    host_country: str
    tenure: Annotated[
        Literal["owned", "leased", "colocated", "cloud"],
        Meta(description="by what right the host has the machines"),
    ]
    city: str
    country: Annotated[str, Meta(description="where the machines are")]
    price: StorePrice | None


class Store(Struct, frozen=True, kw_only=True):
    """One place where fragments lie, or lay. All but ``declared`` was counted or tried by the realm."""

    id: str
    declared: Annotated[
        StoreDeclaration | None, Meta(description="null when the manifest does not name it any more")
    ]
    stage: Literal["active", "no-new", "draining", "verified", "deleted", "withdrawn"]
    is_hostile: Annotated[bool, Meta(description="left without another request to it")]
    is_answering: bool
    fragments: Annotated[int, Meta(ge=0, description="that lie there, or should")]
    bytes_held: Count
    waiting: Annotated[int, Meta(ge=0, description="fragments of those that wait for repair")]
    unchecked: Annotated[
        int, Meta(ge=0, description="fragments of those that were not read in full since they were written")
    ]
    oldest_check_at: Annotated[
        datetime | None, Meta(description="when the longest unchecked of the others was read in full")
    ]
    reads_alone: Annotated[
        int, Meta(ge=0, description="sealed objects of which it, its host, parent or site could decode alone")
    ]
    moved: Annotated[int, Meta(ge=0, description="fragments that lie elsewhere since it is being left")]
    copies_deleted: Annotated[int, Meta(ge=0, description="former copies that it deleted since then")]
    copies_owed: Annotated[int, Meta(ge=0, description="former copies that it still has, or may keep")]


class Margin(Struct, frozen=True, kw_only=True):
    """Objects that wait for repair."""

    spare: Annotated[int, Meta(description="good fragments they have more than they need; lost below 0")]
    objects: Count


class Storage(Struct, frozen=True, kw_only=True):
    """Where the data is, counted in the realm's own records."""

    counted_at: datetime
    k: Annotated[int, Meta(ge=2, description="fragments that bring an object back")]
    n: Annotated[int, Meta(ge=3, description="fragments an object is kept as")]
    is_one_site: Annotated[bool, Meta(description="all stores are folders at one site: no independence")]
    stores: list[Store]
    queue: Annotated[list[Margin], Meta(description="what waits for repair, the closest to loss first")]
    objects_at_risk: Annotated[
        int, Meta(ge=0, description="that one more loss would make unreadable, or that are unreadable now")
    ]
    objects_unreadable: Annotated[
        int, Meta(ge=0, description="of which too few fragments can be fetched until a store answers again")
    ]
    coalitions: Annotated[
        list[list[str]],
        Meta(
            description="the smallest sets of stores that together hold enough to decode some sealed object; "
            "to read it they would still need its owner's key"
        ),
    ]
