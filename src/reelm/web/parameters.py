"""Name what handlers are given, and the values that shapes of several nouns hold.

Handlers translate; they decide nothing.
"""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta

from reelm.base import ID_PATTERN
from reelm.web.caller import Caller
from reelm.web.limits import Limits
from reelm.workflows import OpenRealm

Realm = NamedDependency[SkipValidation[OpenRealm]]
Asking = NamedDependency[SkipValidation[Caller]]
Limit = NamedDependency[SkipValidation[Limits]]
IdPath = Annotated[str, PathParameter(pattern=ID_PATTERN, description="26 lower-case letters and digits")]
HandlePath = Annotated[str, PathParameter(description="a creator's handle, in any case")]
TagPath = Annotated[str, PathParameter(description="a hashtag without its #, in any case")]
CursorQuery = Annotated[
    str | None, QueryParameter(name="cursor", max_length=4096, description="from the page before")
]

IdText = Annotated[str, Meta(description="26 lower-case letters and digits, sorting by creation time")]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
