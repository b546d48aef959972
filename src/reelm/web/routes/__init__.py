"""The HTTP interface, a file per noun. Handlers translate; they decide nothing."""

from typing import Annotated

from litestar.params import Dependency, Parameter

from reelm.base import ID_PATTERN
from reelm.web.caller import Caller, SessionCookie
from reelm.web.limits import Limits
from reelm.web.traffic import Traffic
from reelm.workflows import OpenRealm

At = Annotated[OpenRealm, Dependency(skip_validation=True)]
Asking = Annotated[Caller, Dependency(skip_validation=True)]
Counted = Annotated[Traffic, Dependency(skip_validation=True)]
Limit = Annotated[Limits, Dependency(skip_validation=True)]
CookieRule = Annotated[SessionCookie, Dependency(skip_validation=True)]
IdPath = Annotated[str, Parameter(pattern=ID_PATTERN, description="26 lower-case letters and digits")]
CursorQuery = Annotated[
    str | None, Parameter(query="cursor", max_length=8192, description="from the page before")
]

__all__ = ["Asking", "At", "CookieRule", "Counted", "CursorQuery", "IdPath", "Limit"]
