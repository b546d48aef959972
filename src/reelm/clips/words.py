"""Read what people write about clips: captions, alt texts, comments, and the hashtags of a caption. Pure."""

import re
import unicodedata
from functools import lru_cache

from reelm.clips.errors import CaptionTooLong
from reelm.people import TextLimits

TAG_LENGTH = 50
TAG_COUNT = 30

CAPTION = TextLimits("caption", "caption", 0, 2_200, too_long=CaptionTooLong)
ALT_TEXT = TextLimits("alt text", "alt_text", 0, 1_000)
COMMENT = TextLimits("comment", "text", 1, 500)


@lru_cache(maxsize=1_024)  # the same clips are shown to many viewers
def read_tags(caption: str) -> tuple[str, ...]:
    """Return the hashtags of a caption: case-folded, in order, each once, at most 30."""
    tags: dict[str, None] = {}
    for match in _HASH.finditer(caption):
        tag = read_tag(_leading_word(caption, match.end()))
        if tag is not None:
            tags[tag] = None
    return tuple(tags)[:TAG_COUNT]


def read_tag(text: str) -> str | None:
    """Return a tag as it is stored, or None where the text is no tag."""
    if len(text) > TAG_LENGTH:
        return None
    tag = _fold(text)
    is_tag = 0 < len(tag) <= TAG_LENGTH and _leading_word(tag, 0) == tag and any(map(str.isalnum, tag))
    return tag if is_tag else None


def _fold(text: str) -> str:
    """Return what all spellings of one tag have in common: width, case, decoration.

    Source: Unicode Standard, 3.13, NFKC_Casefold, which also drops what is not seen; here only variation
    selectors and the Arabic stretch go, since joiners change words. A dotted capital I is an i to everybody
    who types the tag without it.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_DECORATION).replace("i\u0307", "i")
    return unicodedata.normalize("NFKC", folded)


_DECORATION = dict.fromkeys([0x0640, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])

# Also the full-width hash of East Asian keyboards. After a letter, a slash or an ampersand
# it belongs to a word, an address or an HTML entity.
_HASH = re.compile("(?<![\\w/&#\uff03])[#\uff03]")
# Within a tag, never around it: joiners of Persian and Indic scripts, the dots of Catalan and of katakana.
_JOINERS = frozenset("\u200c\u200d\u00b7\u30fb\uff65")


def _leading_word(text: str, start: int) -> str:
    # One character more than a tag may have is enough to see that it is too long.
    end = start
    while end < len(text) and end - start <= TAG_LENGTH and _continues(text, start, end):
        end += 1
    return text[start:end]


def _continues(text: str, start: int, at: int) -> bool:
    if text[at] in _JOINERS:
        return start < at < len(text) - 1 and _is_word(text[at + 1], is_first=False)
    return _is_word(text[at], is_first=at == start)


def _is_word(character: str, *, is_first: bool) -> bool:
    # Vowel signs of Indic scripts are marks, which \w leaves out; no word starts with one.
    return (
        character.isalnum()
        or character == "_"
        or (not is_first and unicodedata.category(character)[0] == "M")
    )
