"""The root key among custodians: split into shares of words, and put together from enough of them.

Shares are SLIP-39 mnemonics (extendable, no passphrase): 33 words that many programs and devices can combine
should Reelm be gone. The arithmetic is ``shamir-mnemonic``'s; docs/adr/slip39.md says why. This module is all
that knows it.

Source: SLIP-0039, Shamir's Secret-Sharing for Mnemonic Codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from shamir_mnemonic import MnemonicError, generate_mnemonics  # type: ignore[import-untyped]  # ships no types
from shamir_mnemonic import Share as Slip39Share
from shamir_mnemonic.recovery import RecoveryState  # type: ignore[import-untyped]  # as above
from shamir_mnemonic.wordlist import WORDLIST  # type: ignore[import-untyped]  # as above

from reelm.base import Secret
from reelm.realm.errors import SchemeInvalid, ShareRefused
from reelm.realm.root import KEY_BYTES, RootKey

WORD_COUNT = 33
_PREFIX_LETTERS = 4
_MOST = 16
_BY_PREFIX: dict[str, str] = {word[:_PREFIX_LETTERS]: word for word in WORDLIST}


@dataclass(frozen=True, slots=True)
class Group:
    """Custodians of one kind, ``threshold`` of whom count as the group.

    Attributes:
        count: how many there are, 1 to 16. With a threshold of 1 all of them get the same words, because the
            format has no 1-of-many.
    """

    name: str
    threshold: int
    count: int


@dataclass(frozen=True, slots=True)
class Share:
    """One custodian's words.

    Attributes:
        group: which group it is of.
        number: which custodian of the group, from 1.
        words: 33 of them; they do not show in ``repr``.
    """

    group: Group
    number: int
    words: Secret

    def listed(self) -> tuple[str, ...]:
        return tuple(self.words.reveal().decode().split())


@dataclass(frozen=True, slots=True)
class Scheme:
    """The rule by which shares give the root key: ``threshold`` of the groups, each with its own threshold.

    Raises:
        SchemeInvalid: it cannot be done, or would not be what it looks like.
    """

    threshold: int
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.groups) <= _MOST:
            raise _bad(f"There must be 1 to {_MOST} groups, not {len(self.groups)}.")
        if not 1 <= self.threshold <= len(self.groups):
            raise _bad(f"{self.threshold} of {len(self.groups)} groups cannot be asked for.")
        if len({group.name for group in self.groups}) != len(self.groups):
            raise _bad("Two groups have the same name.")
        for group in self.groups:
            if not 1 <= group.count <= _MOST:
                raise _bad(f"{group.name} must have 1 to {_MOST} custodians, not {group.count}.")
            if not 1 <= group.threshold <= group.count:
                raise _bad(f"{group.threshold} of {group.count} {group.name} cannot be asked for.")

    def split(self, root: RootKey) -> tuple[Share, ...]:
        """Make a share for every custodian, group by group; only shares of one split fit together.

        Randomness is the operating system's, not a passed-in one: the library takes none.
        """
        asked = [(group.threshold, group.count if group.threshold > 1 else 1) for group in self.groups]
        made = generate_mnemonics(self.threshold, asked, root.reveal().reveal())
        return tuple(
            Share(group, number + 1, Secret(mnemonics[number % len(mnemonics)].encode()))
            for group, mnemonics in zip(self.groups, made, strict=True)
            for number in range(group.count)
        )


def expand(typed: str) -> str:
    """Return the word somebody meant: given whole, or by its first four letters, in any case.

    Raises:
        ShareRefused: no such word.
    """
    word = typed.strip().lower()
    found = _BY_PREFIX.get(word[:_PREFIX_LETTERS])
    if found is not None and found.startswith(word):
        return found
    close = get_close_matches(word, WORDLIST, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise ShareRefused(f"{typed!r} is not a word of any share. {hint}Look at the paper and type it again.")


class Recovery:
    """Shares coming in one by one until there are enough."""

    def __init__(self) -> None:
        self._state = RecoveryState()

    def add(self, words: Sequence[str]) -> None:
        """Take one share.

        Raises:
            ShareRefused: a word is wrong, the share is of another split, or it was given already.
        """
        share = _read(words)
        if self._state.matches(share):
            known = [other for other in self._state.groups[share.group_index] if other.index == share.index]
            if share in known:
                raise ShareRefused(
                    "This share was given already. Nothing was changed. Ask another custodian."
                )
            if known:
                raise _of_another_split()
        try:
            self._state.add_share(share)
        except MnemonicError:
            raise _of_another_split() from None

    @property
    def is_complete(self) -> bool:
        return bool(self._state.is_complete())

    def missing(self) -> tuple[str, ...]:
        """Return what is still needed, a line each; nothing when it is complete."""
        parameters = self._state.parameters
        if self.is_complete:
            return ()
        if parameters is None:
            return ("the first share",)
        lines, begun = [], 0
        for index in range(parameters.group_count):
            given, threshold = self._state.group_status(index)
            if 0 < given < threshold:
                begun += 1
                lines.append(f"{_count(threshold - given, 'more share')} of {_group(index, parameters)}")
        others = parameters.group_threshold - self._state.groups_complete() - begun
        if others > 0:
            lines.append(f"shares of {_count(others, 'more group')}")
        return tuple(lines)

    def recover(self, passphrase: bytes = b"") -> Secret:
        """Return what was split; the passphrase is for shares that were made elsewhere.

        Raises:
            ShareRefused: there are too few shares, or they do not belong together.
        """
        try:
            return Secret(self._state.recover(passphrase))
        except MnemonicError:
            raise ShareRefused(
                "These shares are too few or do not belong together, although each is right by itself. "
                "Nothing was restored. Start again with shares of one split."
            ) from None

    def root(self) -> RootKey:
        """Return the root key, once it is complete.

        Raises:
            ShareRefused: the shares do not give a root key.
        """
        secret = self.recover()
        if len(secret.reveal()) != KEY_BYTES:
            raise ShareRefused("These are shares of something else than the root key of a realm.")
        return RootKey(secret)


def _read(words: Sequence[str]) -> Slip39Share:
    try:
        return Slip39Share.from_mnemonic(" ".join(expand(word) for word in words))
    except MnemonicError:
        raise ShareRefused(
            "These words do not fit together: at least one of them is wrong, missing, or in the wrong place. "
            "The share was left out. Compare each word with the paper and type the share again."
        ) from None


def _group(index: int, parameters: Any) -> str:
    return "the custodians" if parameters.group_count == 1 else f"group {index + 1}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _of_another_split() -> ShareRefused:
    return ShareRefused(
        "The words are right, but this share is of another split than those before, so they do not fit "
        "together. It was left out. Compare the dates on the papers."
    )


def _bad(reason: str) -> SchemeInvalid:
    return SchemeInvalid(f"{reason} Nothing was split. Choose other numbers and run the command again.")
