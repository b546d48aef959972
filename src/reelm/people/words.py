r"""Read what people write: handles, names, bios, and the texts of packages above. Pure.

Lengths count Unicode characters after normalisation to NFC. Line ends become ``\n``; other control characters
and lone surrogates are refused, because no database, feed or screen agrees on what they are.
"""

import re
import unicodedata
from dataclasses import dataclass

from reelm.people.errors import BadHandle, BadText, TextTooLong

HANDLE_SHAPE = re.compile(r"[a-z0-9_.]{3,24}")

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

# Default_Ignorable_Code_Point, as far as it is not of category C, and the empty Braille pattern.
# Source: Unicode Character Database 16.0, DerivedCoreProperties.txt.
_NEVER_SEEN = (
    ("\u034f", "\u034f"),
    ("\u115f", "\u1160"),
    ("\u17b4", "\u17b5"),
    ("\u180b", "\u180f"),
    ("\u2800", "\u2800"),
    ("\u3164", "\u3164"),
    ("\ufe00", "\ufe0f"),
    ("\uffa0", "\uffa0"),
    ("\U000e0100", "\U000e01ef"),
)

# Embeddings, overrides and isolates make one line of text look like another.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What ends those that may stay, which are all but the overrides (UAX #9, section 2).
_ENDS = dict.fromkeys("\u202a\u202b", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")


@dataclass(frozen=True, slots=True)
class TextLimits:
    """The limits of one kind of text. ``shortest`` 0 means that it may be empty."""

    what: str
    field: str
    shortest: int
    longest: int
    has_lines: bool = True
    too_long: type[TextTooLong] = TextTooLong


def read_handle(text: str) -> str:
    """Return a handle as it is stored: lower case.

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


def read_text(text: str, limits: TextLimits) -> str:
    r"""Return a text as it is stored: NFC, ``\n`` for line ends, no white space around it.

    Raises:
        BadText: control characters, lone surrogates, hidden direction marks in one line, or nothing to see.
        TextTooLong: more characters than the limit.
    """
    # Normalising shrinks a text at most fourfold, so this length is refused before any work is done on it.
    if len(text) > 4 * limits.longest:
        raise _too_long(limits)
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if limits.has_lines:
        clean = "\n".join(map(_with_own_direction, clean.split("\n"))).strip()
    if len(clean) > limits.longest:
        raise _too_long(limits)
    if not all(_may_be_kept(character, limits) for character in clean):
        raise BadText(
            f"The {limits.what} contains characters that cannot be shown, such as control characters. "
            "Nothing was saved. Remove them and try again.",
            field=limits.field,
        )
    if limits.shortest and not any(_can_be_seen(character) for character in clean):
        raise BadText(
            f"The {limits.what} is empty. Nothing was saved. Write something and try again.",
            field=limits.field,
        )
    return clean


def _may_be_kept(character: str, limits: TextLimits) -> bool:
    if character == "\n":
        return limits.has_lines
    if character in _BIDI_CONTROLS:
        return limits.has_lines
    return unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}


def _with_own_direction(line: str) -> str:
    """Return a line that turns nothing around it, and no word of its own back to front.

    Overrides go, and so does whatever is opened and not ended in this line, or ended and not opened: what
    stands beside the line (a name, a number, a link) then keeps its own direction.
    """
    if _BIDI_CONTROLS.isdisjoint(line):
        return line
    opened: list[tuple[int, str]] = []
    dropped: set[int] = set()
    for at, character in enumerate(line):
        if end := _ENDS.get(character):
            opened.append((at, end))
        elif opened and opened[-1][1] == character:
            opened.pop()
        elif character in _BIDI_CONTROLS:
            dropped.add(at)
    dropped |= {at for at, _ in opened}
    return "".join(character for at, character in enumerate(line) if at not in dropped)


def _can_be_seen(character: str) -> bool:
    if any(first <= character <= last for first, last in _NEVER_SEEN):
        return False
    return unicodedata.category(character)[0] not in {"C", "Z"}


def _too_long(limits: TextLimits) -> TextTooLong:
    return limits.too_long(
        f"The {limits.what} has more than {limits.longest} characters. Nothing was saved. Shorten it.",
        field=limits.field,
        limit=limits.longest,
    )
