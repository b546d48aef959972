"""Handing shares of the root key to custodians and taking them back, on a terminal or as files.

Never more than one share is on the screen, and none is left there.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reelm.app import NoTerminal, ShareFileFailed
from reelm.base import Entropy
from reelm.cli.console import say
from reelm.realm import WORD_COUNT, Recovery, RootKey, Scheme, Share, ShareRefused, expand

_CHECKED_WORDS = 3
_COLUMNS = 3
# Wipes the screen and what a terminal keeps for scrolling back.
_CLEAR = "\x1b[2J\x1b[3J\x1b[H"


@dataclass(frozen=True, slots=True)
class Paper:
    """The text that every custodian's paper has besides the words.

    Attributes:
        fingerprint: the root key's.
        at: when it was split.
    """

    scheme: Scheme
    fingerprint: str
    at: datetime

    def page(self, share: Share, name: str) -> str:
        """Return what one custodian writes down or gets printed."""
        number = self.scheme.groups.index(share.group) + 1
        group = f", group {number} ({share.group.name})" if _has_groups(self.scheme) else ""
        return "\n".join(
            (
                f"Share of {name}{group}",
                f"Root key {self.fingerprint}, split on {self.at:%Y-%m-%d %H:%M} UTC",
                "",
                *grid(share.listed()),
            )
        )


def split(scheme: Scheme, root: RootKey, at: datetime, entropy: Entropy) -> None:
    """Show each custodian their words, one after the other, and check that they were written down.

    Raises:
        NoTerminal: nobody sits in front of this; the words must not end in a log.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal(
            "The words of custodians are only shown on a terminal. Nothing was split. "
            "Run this on a terminal, or add --out FOLDER to write one file per custodian."
        )
    shares, paper = scheme.split(root), Paper(scheme, root.fingerprint, at)
    try:
        clear()
        say(_introduction(scheme, root))
        ask("Press Enter to begin. ")
        names = [_name(share, scheme) for share in shares]
        for number, (share, name) in enumerate(zip(shares, names, strict=True), start=1):
            clear()
            say(f"Custodian {number} of {len(shares)}: please call {name}. Everybody else looks away.")
            ask(f"Press Enter when {name} is alone in front of this screen. ")
            _hand_out(paper.page(share, name), share, name, entropy)
    finally:
        clear()


def combine() -> RootKey:
    """Ask for shares until there are enough.

    Raises:
        NoTerminal: the input ended before that.
        ShareRefused: the shares do not give a root key.
    """
    recovery, number = Recovery(), 1
    say(f"Type the {WORD_COUNT} words of a share, in order, as many to a line as you like.")
    say('Four letters of a word are enough, numbers are ignored, and a line with only "-" takes a word back.')
    try:
        while not recovery.is_complete:
            say(f"Still needed: {', '.join(recovery.missing())}.")
            _take(recovery, number)
            clear()
            say(f"Share {number} is right.")
            number += 1
    finally:
        clear()
    return recovery.root()


def write_files(folder: Path, scheme: Scheme, root: RootKey, at: datetime) -> list[Path]:
    """Write one file per custodian that only this user may read, for printing; return their names.

    Raises:
        ShareFileFailed: a file is there already or cannot be written; those written before it are removed.
    """
    written: list[Path] = []
    paper = Paper(scheme, root.fingerprint, at)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for share in scheme.split(root):
            path = folder / f"{share.group.name}-{share.number}-of-{share.group.count}.txt"
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            written.append(path)
            with os.fdopen(file, "w", encoding="utf-8") as text:
                text.write(paper.page(share, _called(share, scheme)) + "\n")
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise ShareFileFailed(
            f"{error.filename or folder} could not be written ({error.strerror}). No share was left behind. "
            "Choose an empty folder on a disk of your own."
        ) from error
    return written


def grid(words: Sequence[str]) -> list[str]:
    """Numbered words in columns, to be read from top to bottom."""
    height = -(-len(words) // _COLUMNS)
    cells = [f"{number:>2} {word:<10}" for number, word in enumerate(words, start=1)]
    return ["   ".join(cells[row::height]).rstrip() for row in range(height)]


def afterwards(scheme: Scheme, root: RootKey) -> str:
    """Return what everybody has to know once the shares are handed out."""
    return "\n".join(
        (
            f"The root key with the fingerprint {root.fingerprint} is split: {_rule(scheme)}",
            "The fingerprint may be published. It tells custodians that their words belong to this realm.",
            "To put the key together:  ./reelm keys combine",
            f"To rehearse that:         ./reelm keys combine --check {root.fingerprint}",
            "An earlier split stays valid as long as its papers exist: collect and burn them.",
        )
    )


def ask(prompt: str) -> str:
    """Read one line from whoever sits there.

    Raises:
        NoTerminal: the input ended.
    """
    try:
        return input(prompt)
    except EOFError:
        raise NoTerminal("The input ended. Nothing was saved. Start again when everybody is there.") from None


def clear() -> None:
    """Leave nothing on the screen; pipes and files get nothing."""
    if sys.stdout.isatty():
        sys.stdout.write(_CLEAR)
        sys.stdout.flush()


def _hand_out(shown: str, share: Share, name: str, entropy: Entropy) -> None:
    while True:
        clear()
        say(shown)
        say("")
        ask(f"Write every word down with its number. Press Enter when {name} has done so. ")
        clear()
        if _is_written_down(share, name, entropy):
            return
        ask("That is not what was shown. Press Enter to see the words again. ")


def _is_written_down(share: Share, name: str, entropy: Entropy) -> bool:
    say(f"{name}, please read from your paper.")
    words = share.listed()
    return all(_means(ask(f"Word {number}: "), words[number - 1]) for number in _some(len(words), entropy))


def _means(typed: str, word: str) -> bool:
    try:
        return expand(typed) == word
    except ShareRefused:
        return False


def _some(count: int, entropy: Entropy) -> list[int]:
    """Draw a few different numbers from 1 to count."""
    rest = list(range(1, count + 1))
    return sorted(rest.pop(entropy.draw(1)[0] % len(rest)) for _ in range(_CHECKED_WORDS))


def _take(recovery: Recovery, number: int) -> None:
    """Ask for one share until it is right."""
    words = _type(number)
    while True:
        try:
            recovery.add(words)
        except ShareRefused as refused:
            say(refused.detail)
            words = _corrected(words) or _type(number)
        else:
            return


def _type(number: int) -> list[str]:
    words: list[str] = []
    while len(words) < WORD_COUNT:
        for typed in _tokens(ask(f"share {number}, word {len(words) + 1} of {WORD_COUNT}: ")):
            if typed == "-":
                del words[-1:]
                continue
            try:
                words.append(expand(typed))
            except ShareRefused as refused:  # what followed on the line is typed again too
                say(f"Word {len(words) + 1}: {refused.detail}")
                break
    return words[:WORD_COUNT]


def _corrected(words: list[str]) -> list[str] | None:
    """Return the words with one replaced, or None to type them all again."""
    while typed := ask(
        'To correct a word type its number and the word, as in "17 academic"; Enter starts over: '
    ):
        place, _, word = typed.strip().partition(" ")
        try:
            if place.isdecimal() and 1 <= int(place) <= len(words):
                return [*words[: int(place) - 1], expand(word), *words[int(place) :]]
        except ShareRefused as refused:
            say(refused.detail)
    return None


def _tokens(line: str) -> Iterator[str]:
    """Return the words of a line, without the numbers of the grid."""
    for part in line.split():
        bare = part.strip(".,;:()0123456789")
        if bare:
            yield bare


def _name(share: Share, scheme: Scheme) -> str:
    usual = _called(share, scheme)
    return ask(f"Name of {usual} (Enter: leave it): ").strip() or usual


def _called(share: Share, scheme: Scheme) -> str:
    kind = share.group.name if _has_groups(scheme) else "custodian"
    return f"{kind} {share.number} of {share.group.count}"


def _has_groups(scheme: Scheme) -> bool:
    return len(scheme.groups) > 1


def _rule(scheme: Scheme) -> str:
    each = [f"{group.threshold} of {group.count} {group.name}" for group in scheme.groups]
    if not _has_groups(scheme):
        return f"any {each[0]} can put it together."
    return f"{scheme.threshold} of these {len(each)} groups can put it together: {'; '.join(each)}."


def _introduction(scheme: Scheme, root: RootKey) -> str:
    return "\n".join(
        (
            f"The root key with the fingerprint {root.fingerprint} is about to be split:",
            _rule(scheme),
            "",
            f"Each custodian in turn sees {WORD_COUNT} words, writes them on paper and reads some of them",
            "back. Fewer custodians than that learn nothing. This command saves nothing.",
            "Stop screen sharing and recording, and let nobody look over a shoulder. Ctrl-C ends it: burn",
            "what was written down until then, because a new start makes other shares.",
            "",
        )
    )
