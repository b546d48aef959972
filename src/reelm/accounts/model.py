"""State the rules of accounts: e-mail addresses, passwords, and how long a session lasts."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NoReturn

from reelm.accounts.common_passwords import COMMON_PASSWORDS
from reelm.accounts.errors import BadEmail, WeakPassword
from reelm.base import AccountId, SealedBytes

PASSWORD_MIN_LENGTH = 10
PASSWORD_MAX_LENGTH = 128
EMAIL_MAX_BYTES = 254  # RFC 5321, 4.5.3.1.3: a path of 256 with its angle brackets
SESSION_SECONDS = 30 * 24 * 3600
TOUCH_SECONDS = 24 * 3600
TOKEN_BYTES = 32

_LOCAL_MAX_BYTES = 64
# Longer text is cut before any work is done on it: no rule here lets it pass, whatever is in it.
_LONGEST_TYPED = 1_000
_ATEXT = "!#$%&'*+-/=?^_`{|}~"
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Account:
    """A person or organisation that signs in. ``email`` is as typed; it is never in the repr."""

    id: AccountId
    email: str = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """The sealed hash that a password is checked against; made by ``Accounts.credential``."""

    account_id: AccountId
    password_sealed: SealedBytes = field(repr=False)


class _Hidden:
    """Text that hides from ``repr``, ``str``, ``format`` and pickling; ``reveal()`` is the only way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled")


class PasswordHash(_Hidden):
    """An argon2id hash in its usual text form; made by ``Accounts.hash_password``."""

    __slots__ = ()


class SessionToken(_Hidden):
    """The proof of a session: 43 characters that fit in a cookie or a URL. ``reveal()`` gives the text."""

    __slots__ = ()

    @property
    def is_well_formed(self) -> bool:
        """Return whether it could be one of ours; anything else needs no look-up."""
        return _TOKEN.fullmatch(self._text) is not None


def clean_email(text: str) -> str:
    """Return the address as it is kept: NFC, without spaces around it.

    Accepts what RFC 5321 and RFC 6531 call a dot-string before the ``@`` (no quoted forms) and a host name
    with at least one dot after it. Whether the address exists is for a confirmation message to find out.

    Raises:
        BadEmail: anything else.
    """
    email = unicodedata.normalize("NFC", text[:_LONGEST_TYPED]).strip()
    local, _, domain = email.rpartition("@")
    if not (_is_local_part(local) and _is_domain(domain) and _size(email) <= EMAIL_MAX_BYTES):
        raise BadEmail(
            "That is not an e-mail address. Nothing was saved. Check it: it looks like name@example.org."
        )
    return email


def email_identity(email: str) -> bytes:
    """Return what two spellings of an address share: NFC, lower case, no spaces around."""
    typed = unicodedata.normalize("NFC", email[:_LONGEST_TYPED])
    folded = unicodedata.normalize("NFC", typed.strip().lower())
    return folded.encode("utf-8", "surrogatepass")


def clean_password(text: str) -> bytes:
    """Return a password's bytes, the same from every keyboard: NFC in UTF-8 (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")


def is_password_length(text: str) -> bool:
    if len(text) > _LONGEST_TYPED:
        return False
    return PASSWORD_MIN_LENGTH <= len(unicodedata.normalize("NFC", text)) <= PASSWORD_MAX_LENGTH


def check_password(text: str, *, email: str | None) -> None:
    """Refuse what is guessed first; length counts, composition does not (NIST SP 800-63B, 5.1.1.2).

    Raises:
        WeakPassword: says why, and what would do.
    """
    if not is_password_length(text):
        raise WeakPassword(
            f"A password has {PASSWORD_MIN_LENGTH} to {PASSWORD_MAX_LENGTH} characters. Nothing was saved. "
            "Choose another, for example four words.",
            min_length=PASSWORD_MIN_LENGTH,
            max_length=PASSWORD_MAX_LENGTH,
        )
    plain = unicodedata.normalize("NFC", text).lower()
    if email is not None and plain.encode("utf-8", "surrogatepass") == email_identity(email):
        raise WeakPassword("The password is the e-mail address itself. Nothing was saved. Choose another.")
    if plain in COMMON_PASSWORDS or _is_pattern(plain):
        raise WeakPassword(
            "This password is among the first that are tried. Nothing was saved. "
            "Choose another, for example four words that do not belong together."
        )


def session_end(at: datetime) -> datetime:
    return at + timedelta(seconds=SESSION_SECONDS)


def touch_before(at: datetime) -> datetime:
    """Return the moment before which a session must have been seen to be worth a write."""
    return at - timedelta(seconds=TOUCH_SECONDS)


def _is_local_part(local: str) -> bool:
    if not local or _size(local) > _LOCAL_MAX_BYTES or "" in local.split("."):
        return False
    return all(_is_letter(char) or char in _ATEXT for char in local.replace(".", ""))


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    well_formed = len(labels) > 1 and all(_LABEL.fullmatch(label) and "_" not in label for label in labels)
    # An all-digit top level would be a network address, which takes no mail.
    return well_formed and not labels[-1].isdigit()


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _is_pattern(plain: str) -> bool:
    """Return whether it is a short piece repeated, or a run such as 1234567890, forwards or backwards."""
    if any(plain == (plain[:size] * len(plain))[: len(plain)] for size in (1, 2, 3)):
        return True
    steps = {ord(right) - ord(left) for left, right in pairwise(plain)}
    return steps in ({1}, {-1})
