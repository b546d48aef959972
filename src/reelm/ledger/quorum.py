"""Whom to believe: the logs and witnesses of a trust policy, and how many must agree.

Source: c2sp.org/tlog-policy.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reelm.base import Algorithm, Note, NoteRefused, VerifierKey, check_signed
from reelm.ledger.checkpoint import Checkpoint, cosigned_seconds
from reelm.ledger.errors import PolicyRefused

NONE = "none"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COSIGNERS = (Algorithm.ED25519_COSIGNATURE, Algorithm.MLDSA44_COSIGNATURE)


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who watches logs; ``url`` is where it takes checkpoints, if it is known."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that is believed when enough witnesses are."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class WitnessGroup:
    """Members of which ``need`` must have witnessed."""

    need: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, and the rule that decides when a checkpoint is believed."""

    logs: tuple[PolicyLog, ...] = ()
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, WitnessGroup] = field(default_factory=dict)
    quorum: str = NONE

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Raises ``PolicyRefused``, naming the line."""
        if _CONTROL.search(text):
            raise PolicyRefused("The witness policy has control characters in it. Write it anew.")
        reader = _PolicyReader()
        for number, line in enumerate(text.split("\n"), start=1):
            words = re.split(r"[ \t]+", line.strip(" \t"))
            if words[0] and not words[0].startswith("#"):
                reader.read(number, words)
        return reader.policy()

    def is_met(self, witnessed: Collection[str]) -> bool:
        """Return whether these witnesses, each by its name in the policy, are enough."""
        return self.quorum == NONE or self._counts(self.quorum, witnessed)

    def _counts(self, name: str, witnessed: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in witnessed
        return sum(self._counts(member, witnessed) for member in group.members) >= group.need

    def witnessed(self, note: Note) -> dict[str, int]:
        """Return which witnesses cosigned, and when.

        Raises:
            NoteRefused: a signature that claims to be of a known witness is wrong.
        """
        return {
            witness.name: cosigned_seconds(note, signature, witness.key)
            for witness in self.witnesses.values()
            for signature in note.signatures
            if signature.is_of(witness.key)
        }

    def check(self, note: Note) -> Checkpoint:
        """Return the checkpoint, when one of the logs signed it and enough witnesses cosigned it.

        Raises:
            NoteRefused: no known log signed it, a signature is wrong, or the quorum is not met.
        """
        checkpoint = Checkpoint.parse(note.text)
        keys = [log.key for log in self.logs if log.key.name == checkpoint.origin]
        if not keys:
            raise NoteRefused(
                f"{checkpoint.origin} is none of the logs of the policy. It is not believed. "
                "Check that policy and checkpoint are of the same realm."
            )
        for key in [key for key in keys if any(each.is_of(key) for each in note.signatures)] or keys:
            check_signed(note, key)
        if not self.is_met(self.witnessed(note)):
            raise NoteRefused(
                f"Too few witnesses have seen this checkpoint of {checkpoint.origin}. "
                "It is not believed. Fetch one that is cosigned, or wait for the witnesses."
            )
        return checkpoint


_Line: TypeAlias = Callable[[list[str]], None]


class _PolicyReader:
    def __init__(self) -> None:
        self._logs: list[PolicyLog] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, WitnessGroup] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def read(self, number: int, words: list[str]) -> None:
        readers: dict[str, _Line] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._set_quorum,
        }
        try:
            readers.get(words[0], _refuse)(words[1:])
        except (ValueError, NoteRefused) as error:
            raise PolicyRefused(
                f"Line {number} of the witness policy: {error}. Correct it.", line=number
            ) from error

    def policy(self) -> Policy:
        if self._quorum is None:
            raise PolicyRefused(
                'The witness policy has no quorum. Add the line "quorum none" or a better one.'
            )
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum)

    def _log(self, words: list[str]) -> None:
        key, url = _key_and_url(words)
        if key.algorithm is not Algorithm.ED25519:
            raise ValueError("the key of a log signs with Ed25519")
        if any(log.key.public == key.public for log in self._logs):
            raise ValueError("another log has the same key")
        self._logs.append(PolicyLog(key, url))

    def _witness(self, words: list[str]) -> None:
        name = self._new(words)
        key, url = _key_and_url(words[1:])
        if key.algorithm not in _COSIGNERS:
            raise ValueError("the key of a witness makes cosignatures")
        if any(witness.key.public == key.public for witness in self._witnesses.values()):
            raise ValueError("another witness has the same key")
        self._witnesses[name] = Witness(name, key, url)

    def _group(self, words: list[str]) -> None:
        name = self._new(words)
        if len(words) < 3:
            raise ValueError("a group has a name, a number and members")
        members = words[2:]
        for member in members:
            self._check_defined(member)
            if member in self._members:
                raise ValueError(f"{member} is a member already")
            self._members.add(member)
        self._groups[name] = WitnessGroup(_need(words[1], len(members)), tuple(members))

    def _set_quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self._quorum is not None:
            raise ValueError("there is one quorum, of one name")
        if words[0] != NONE:
            self._check_defined(words[0])
        self._quorum = words[0]

    def _new(self, words: list[str]) -> str:
        if not words or words[0] == NONE or words[0] in self._witnesses or words[0] in self._groups:
            raise ValueError("the name is missing or taken")
        return words[0]

    def _check_defined(self, name: str) -> None:
        if name not in self._witnesses and name not in self._groups:
            raise ValueError(f"{name} is not defined above")


def _refuse(_: list[str]) -> None:
    raise ValueError("it begins with none of log, witness, group and quorum")


def _key_and_url(words: list[str]) -> tuple[VerifierKey, str | None]:
    if len(words) not in {1, 2}:
        raise ValueError("a key and at most one address are expected")
    return VerifierKey.parse(words[0]), words[1] if len(words) == 2 else None


def _need(word: str, count: int) -> int:
    if word in {"any", "all"}:
        return 1 if word == "any" else count
    if not re.fullmatch("[1-9][0-9]{0,8}", word) or int(word) > count:
        raise ValueError("a group needs any, all, or a number of its members")
    return int(word)
