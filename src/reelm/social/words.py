r"""The rules for what people write: handles, names, bios, captions, comments, hashtags. Pure.

Lengths count Unicode characters after normalisation to NFC. Line ends become ``\n``; other control characters
and lone surrogates are refused, because no database, feed or screen agrees on what they are.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from reelm.social.errors import BadHandle, BadText, CaptionTooLong, TextTooLong

HANDLE_SHAPE = re.compile(r"[a-z0-9_.]{3,24}")
TAG_LENGTH = 50
TAG_COUNT = 30

# Names that would read as the realm itself, or that are pages of the site.
# fmt: off
RESERVED_HANDLES = frozenset({
    "about", "abuse", "account", "accounts", "admin", "administrator", "all", "anonymous", "api", "app",
    "assets", "auth", "billing", "blog", "bot", "c", "clip", "clips", "contact", "deleted", "discover",
    "docs", "download", "everyone", "explore", "feed", "following", "health", "help", "here", "hls",
    "home", "hostmaster", "inbox", "info", "jobs", "legal", "live", "local", "login", "logout", "mail",
    "me", "media", "messages", "metrics", "mod", "moderation", "moderator", "news", "noreply",
    "notifications", "null", "official", "operator", "owner", "policy", "posters", "postmaster", "press",
    "privacy", "profile", "realm", "reelm", "register", "root", "safety", "search", "security",
    "segments", "session", "sessions", "settings", "share", "signin", "signup", "site", "staff", "static",
    "status", "support", "system", "tag", "tags", "team", "terms", "test", "trending", "trust",
    "undefined", "unknown", "upload", "uploads", "user", "users", "verified", "video", "videos",
    "webmaster", "www", "you",
})
# fmt: on

# Embedding, overrides and isolates make one line of text look like another.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one kind of text may be. ``shortest`` 0 means that it may be empty."""

    what: str
    shortest: int
    longest: int
    has_lines: bool = True
    too_long: type[TextTooLong] = TextTooLong


DISPLAY_NAME = Limits("display name", 1, 50, has_lines=False)
BIO = Limits("bio", 0, 300)
CAPTION = Limits("caption", 0, 2_200, too_long=CaptionTooLong)
ALT_TEXT = Limits("alt text", 0, 1_000)
COMMENT = Limits("comment", 1, 500)


def read_handle(text: str) -> str:
    """A handle as it is stored: lower case.

    Raises:
        BadHandle: not 3 to 24 of a-z, 0-9, _ and single dots inside, or a reserved word.
    """
    handle = text.lower()
    has_name = any(character.isalnum() for character in handle)
    is_dotted_badly = handle.startswith(".") or handle.endswith(".") or ".." in handle
    if not HANDLE_SHAPE.fullmatch(handle) or not has_name or is_dotted_badly:
        raise BadHandle(
            "A handle has 3 to 24 characters: letters a to z, digits, underscores, and single dots inside. "
            "Nothing was saved. Choose another one."
        )
    if handle in RESERVED_HANDLES:
        raise BadHandle("This handle is kept for the realm itself. Nothing was saved. Choose another one.")
    return handle


def read_text(text: str, limits: Limits) -> str:
    r"""A text as it is stored: NFC, ``\n`` for line ends, no white space around it.

    Raises:
        BadText: control characters, lone surrogates, hidden direction marks in one line, or nothing to see.
        TextTooLong: more characters than the limit.
    """
    # Normalising shrinks a text at most fourfold, so this length is refused before any work is done on it.
    if len(text) > 4 * limits.longest:
        raise _too_long(limits)
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(clean) > limits.longest:
        raise _too_long(limits)
    if not all(_may_be_kept(character, limits) for character in clean):
        raise BadText(
            f"The {limits.what} contains characters that cannot be shown, such as control characters. "
            "Nothing was saved. Remove them and try again."
        )
    if limits.shortest and not any(_can_be_seen(character) for character in clean):
        raise BadText(f"The {limits.what} is empty. Nothing was saved. Write something and try again.")
    return clean


@lru_cache(maxsize=1_024)  # the same clips are shown to many viewers
def read_tags(caption: str) -> tuple[str, ...]:
    """The hashtags of a caption: case-folded, in order, each once, at most 30, of at most 50 characters."""
    tags: dict[str, None] = {}
    for match in _HASH.finditer(caption):
        tag = read_tag(_leading_word(caption, match.end()))
        if tag is not None:
            tags[tag] = None
    return tuple(tags)[:TAG_COUNT]


def read_tag(text: str) -> str | None:
    """A tag as it is stored, or None where the text is no tag."""
    if len(text) > TAG_LENGTH:
        return None
    tag = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    is_tag = 0 < len(tag) <= TAG_LENGTH and _leading_word(tag, 0) == tag and any(map(str.isalnum, tag))
    return tag if is_tag else None


# Also the full-width hash of East Asian keyboards. After a letter, a slash or an ampersand
# it belongs to a word, an address or an HTML entity.
_HASH = re.compile("(?<![\\w/&#\uff03])[#\uff03]")


def _leading_word(text: str, start: int) -> str:
    # One character more than a tag may have is enough to see that it is too long.
    end = start
    while end < len(text) and end - start <= TAG_LENGTH and _is_word(text[end], is_first=end == start):
        end += 1
    return text[start:end]


def _is_word(character: str, *, is_first: bool) -> bool:
    # Vowel signs of Indic scripts are marks, which \w leaves out; no word starts with one.
    return (
        character.isalnum()
        or character == "_"
        or (not is_first and unicodedata.category(character)[0] == "M")
    )


def _may_be_kept(character: str, limits: Limits) -> bool:
    if character == "\n":
        return limits.has_lines
    if character in _BIDI_CONTROLS:
        return limits.has_lines
    return unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}


def _can_be_seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in {"C", "Z"}


def _too_long(limits: Limits) -> TextTooLong:
    return limits.too_long(
        f"The {limits.what} has more than {limits.longest} characters. Nothing was saved. Shorten it.",
        limit=limits.longest,
    )
