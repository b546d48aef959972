"""Name the shapes of source files on their way in."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from reelm.web.parameters import Count, IdText
from reelm.web.problems import Problem


class UploadLimits(Struct, frozen=True, kw_only=True):
    """What a source file may be, so that a page can refuse one before it is sent."""

    max_bytes: Count
    min_duration_ms: Count
    max_duration_ms: Count
    min_short_side: Count
    max_pixels: Count


class Upload(Struct, frozen=True, kw_only=True):
    """A source file that was checked and can be published until ``expires_at``."""

    id: IdText
    duration_ms: Count
    width: Count
    height: Count
    has_audio: bool
    audio_left_out: Annotated[bool, Meta(description="it has sound, which cannot be decoded")]
    plays_as_it_is: Annotated[bool, Meta(description="untrimmed, it is live without being encoded first")]
    size_bytes: Count
    expires_at: datetime


class Arrival(Struct, frozen=True, kw_only=True):
    """A file that comes in pieces; once it is whole, ``upload`` or ``refusal`` says what became of it."""

    id: IdText
    length_bytes: Count
    offset_bytes: Annotated[int, Meta(ge=0, description="every byte before it is stored durably")]
    expires_at: datetime
    upload: Upload | None
    refusal: Problem | None
