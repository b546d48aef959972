"""Signed notes: a text and who signed it. Source: c2sp.org/signed-note."""

from collections.abc import Iterable
from dataclasses import dataclass

from reelm_audit.errors import Malformed
from reelm_audit.tlog import base64

NOTE_MAX_BYTES = 256 << 10
SIGNATURES_MAX = 64
_DASH = "\u2014 "


def check_name(name: str) -> str:
    """The name, when it can be a key's: not empty, no Unicode spaces, no plus."""
    if not name or any(letter.isspace() or letter == "+" for letter in name):
        raise Malformed(f"{name!r} cannot be the name of a key.")
    return name


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note; ``signature`` is without the key's id."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {base64.encode(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """From a line without its newline."""
        name, space, text = line.removeprefix(_DASH).rpartition(" ")
        if not line.startswith(_DASH) or not space:
            raise Malformed("A line below a signed note is not a signature.")
        raw = base64.decode(text, what="A signature")
        if len(raw) < 5:
            raise Malformed("A signature is too short.")
        return cls(check_name(name), raw[:4], raw[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """``text`` with its last newline."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, raw: bytes) -> "Note":
        """Raises ``Malformed``."""
        if len(raw) > NOTE_MAX_BYTES:
            raise Malformed(f"A signed note has more than {NOTE_MAX_BYTES} bytes.")
        try:
            whole = raw.decode()
        except UnicodeDecodeError:
            raise Malformed("A signed note is not UTF-8.") from None
        if any(letter < " " and letter != "\n" for letter in whole):
            raise Malformed("A signed note has a control character in it.")
        text, gap, below = whole.rpartition("\n\n")
        if not gap or not below.endswith("\n"):
            raise Malformed("A signed note has no signatures below an empty line, or no last newline.")
        return cls(text + "\n", parse_signatures(below))

    def __bytes__(self) -> bytes:
        return f"{self.text}\n{''.join(each.line() for each in self.signatures)}".encode()

    def with_signatures(self, added: Iterable[Signature]) -> "Note":
        return Note(self.text, (*self.signatures, *added))


def parse_signatures(text: str) -> tuple[Signature, ...]:
    """Signature lines, each with its newline; at least one."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise Malformed(f"A signed note has more than {SIGNATURES_MAX} signatures.")
    return tuple(Signature.parse(line) for line in lines)
