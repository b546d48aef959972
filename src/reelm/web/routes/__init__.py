"""The HTTP interface, a file per noun. Handlers translate; they decide nothing."""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from reelm.base import ID_PATTERN
from reelm.web.caller import Caller, SessionCookie
from reelm.web.inventory import Inventory
from reelm.web.limits import Limits
from reelm.web.traffic import Traffic
from reelm.workflows import OpenRealm

Realm = NamedDependency[SkipValidation[OpenRealm]]
Asking = NamedDependency[SkipValidation[Caller]]
Counted = NamedDependency[SkipValidation[Traffic]]
Kept = NamedDependency[SkipValidation[Inventory]]
Limit = NamedDependency[SkipValidation[Limits]]
CookieRule = NamedDependency[SkipValidation[SessionCookie]]
IdPath = Annotated[str, PathParameter(pattern=ID_PATTERN, description="26 lower-case letters and digits")]
HandlePath = Annotated[str, PathParameter(description="a creator's handle, in any case")]
TagPath = Annotated[str, PathParameter(description="a hashtag without its #, in any case")]
CursorQuery = Annotated[
    str | None, QueryParameter(name="cursor", max_length=4096, description="from the page before")
]

__all__ = [
    "Asking",
    "CookieRule",
    "Counted",
    "CursorQuery",
    "HandlePath",
    "IdPath",
    "Kept",
    "Limit",
    "Realm",
    "TagPath",
]
