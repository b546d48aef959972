"""Name the shapes of signing up, signing in, and who is signed in."""

from typing import Annotated

from msgspec import Meta, Struct

from reelm.web.parameters import Count, IdText
from reelm.web.uploads.shapes import UploadLimits


class Account(Struct, frozen=True, kw_only=True):
    """The signed-in account, as only its owner sees it."""

    id: IdText
    handle: str
    display_name: str
    email: str


class Realm(Struct, frozen=True, kw_only=True):
    """Whose realm this is, and what it accepts."""

    name: str
    operator: str
    limits: UploadLimits


class Session(Struct, frozen=True, kw_only=True):
    """Who is signed in, if anyone."""

    account: Account | None
    realm: Realm
    page_token: Annotated[
        str,
        Meta(description="the header x-csrftoken of every request that changes something; of this session"),
    ]
    wrong_sign_ins: Annotated[
        Count,
        Meta(
            description="in the answer to signing in: wrong passwords that were tried since the time before"
        ),
    ]


class Join(Struct, frozen=True, kw_only=True):
    """A new account."""

    email: str
    password: Annotated[str, Meta(description="10 to 128 characters")]
    handle: Annotated[str, Meta(description="3 to 24 of a-z, 0-9, _ and .")]
    display_name: str | None = None


class SignIn(Struct, frozen=True, kw_only=True):
    """Proof of who someone is."""

    email: str
    password: str
