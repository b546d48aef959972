"""Whom to believe: logs, witnesses, and how many of those must agree. Source: c2sp.org/tlog-policy.

Names are opaque bytes in a policy; here they are text of which each letter is one byte (latin-1).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reelm_audit.errors import Malformed, Untrusted
from reelm_audit.tlog.checkpoint import decimal
from reelm_audit.tlog.keys import Kind, VerifierKey, check_signed
from reelm_audit.tlog.note import Note

NONE = "none"
POLICY_MAX_BYTES = 1 << 20
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Group:
    """Has witnessed when ``need`` of its members have."""

    need: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A trust policy.

    Attributes:
        logs: keys, each with the address of its log where there is one.
        witnesses: by their name in the policy.
        addresses: of those witnesses that have one, by the same name.
        groups: by name.
        quorum: the name of a witness or group, or ``none``.
    """

    quorum: str = NONE
    logs: tuple[tuple[VerifierKey, str | None], ...] = ()
    witnesses: Mapping[str, VerifierKey] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: bytes) -> "Policy":
        """Raises ``Malformed``, with the number of the line."""
        if len(raw) > POLICY_MAX_BYTES or _CONTROL.search(raw):
            raise Malformed("A trust policy is too large or has control characters in it.")
        if not raw.endswith(b"\n"):
            raise Malformed("A trust policy does not end with a newline.")
        reader = _Reader()
        for number, line in enumerate(raw.decode("latin-1").split("\n"), start=1):
            words = re.findall(r"[^ \t]+", line)
            if words and not words[0].startswith("#"):
                try:
                    reader.read(words)
                except Malformed as fault:
                    raise Malformed(f"Line {number} of the trust policy: {fault}") from None
        return reader.policy()

    def witnessed(self, note: Note) -> dict[str, int]:
        """Which witnesses cosigned a note, and when (POSIX seconds).

        Raises:
            Untrusted: a cosignature in the name of a known witness does not hold.
        """
        found = {}
        for name, key in self.witnesses.items():
            if any(key.has_made(each) for each in note.signatures):
                found[name] = check_signed(note, key) or 0
        return found

    def quorum_seconds(self, witnessed: Mapping[str, int]) -> int | None:
        """The latest moment at which enough witnesses had cosigned that or later; 0 for no quorum.

        A single new cosignature among old ones does not make a checkpoint fresh: what counts is the oldest
        one that the quorum cannot do without.

        Returns:
            None when too few have cosigned.
        """
        return 0 if self.quorum == NONE else self._seconds(self.quorum, witnessed)

    def _seconds(self, name: str, witnessed: Mapping[str, int]) -> int | None:
        if name not in self.groups:
            return witnessed.get(name)
        group = self.groups[name]
        times = (self._seconds(member, witnessed) for member in group.members)
        latest_first = sorted((seconds for seconds in times if seconds is not None), reverse=True)
        return latest_first[group.need - 1] if len(latest_first) >= group.need else None

    def asks_no_less_than(self, other: "Policy") -> bool:
        """Return whether every witness of another policy is in this one, and no fewer have to agree."""
        mine = {key.public: name for name, key in self.witnesses.items()}
        if other.quorum == NONE:
            return True
        if self.quorum == NONE or any(key.public not in mine for key in other.witnesses.values()):
            return False
        return self.least() >= other.least()

    def least(self, name: str | None = None) -> int:
        """The fewest witnesses that meet the quorum, or a group of that name."""
        group = self.groups.get(name or self.quorum)
        return 1 if group is None else sum(sorted(map(self.least, group.members))[: group.need])

    def check(self, note: Note) -> dict[str, int]:
        """The witnesses of a note that is signed by one of the logs and cosigned by enough of them.

        Raises:
            Untrusted: it is not.
        """
        keys = [key for key, _ in self.logs if key.name == note.text.partition("\n")[0]]
        signers = [key for key in keys if any(key.has_made(each) for each in note.signatures)]
        if not signers:
            raise Untrusted("None of the logs of the trust policy has signed this.")
        for key in signers:
            check_signed(note, key)
        witnessed = self.witnessed(note)
        if self.quorum_seconds(witnessed) is None:
            raise Untrusted("Too few of the witnesses of the trust policy have cosigned this.")
        return witnessed


class _Reader:
    """Lines in, a policy out."""

    def __init__(self) -> None:
        self._logs: list[tuple[VerifierKey, str | None]] = []
        self._witnesses: dict[str, VerifierKey] = {}
        self._groups: dict[str, Group] = {}
        self._addresses: dict[str, str] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._log(_vkey(vkey), url)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(name, _vkey(vkey))
                self._addresses.update(zip([name], url, strict=False))
            case ["group", name, need, first, *rest]:
                self._group(name, need, [first, *rest])
            case ["quorum", name]:
                if self._quorum is not None:
                    raise Malformed("there is a second quorum.")
                self._quorum = NONE if name == NONE else self._defined(name)
            case _:
                raise Malformed(f"it is no valid line of {words[0]!r}.")

    def policy(self) -> Policy:
        if self._quorum is None:
            raise Malformed("A trust policy has no quorum line.")
        return Policy(self._quorum, tuple(self._logs), self._witnesses, self._groups, self._addresses)

    def _log(self, key: VerifierKey, url: list[str]) -> None:
        if any(key.public == known.public for known, _ in self._logs):
            raise Malformed("this log's key is there twice.")
        self._logs.append((key, url[0] if url else None))

    def _witness(self, name: str, key: VerifierKey) -> None:
        if key.kind is Kind.ED25519:
            raise Malformed("a witness's key makes no cosignatures.")
        if any(key.public == known.public for known in self._witnesses.values()):
            raise Malformed("this witness's key is there twice.")
        self._witnesses[self._new(name)] = key

    def _group(self, name: str, need: str, members: list[str]) -> None:
        for member in members:
            if self._defined(member) in self._members:
                raise Malformed(f"{member} is a member twice.")
            self._members.add(member)
        count = {"all": len(members), "any": 1}.get(need) or decimal(need, what="the threshold")
        if not 1 <= count <= len(members):
            raise Malformed(f"{count} of {len(members)} members can never be.")
        self._groups[self._new(name)] = Group(count, tuple(members))

    def _new(self, name: str) -> str:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise Malformed(f"the name {name} is taken.")
        return name

    def _defined(self, name: str) -> str:
        if name not in self._witnesses and name not in self._groups:
            raise Malformed(f"{name} is not defined above it.")
        return name


def _vkey(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text.encode("latin-1").decode())
    except UnicodeDecodeError:
        raise Malformed("the name of a key is not UTF-8.") from None
