"""Subtitle files, read strictly and written anew: WebVTT or SubRip in, plain WebVTT out.

What could hide the words or reach outside (styles, regions, markup beyond bold, italic and underlined) is
refused with its line. What only places or names cues is left out, and said. Sources: the WebVTT
specification, sections 4 and 6; SubRip has none, and is read as its own program writes it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from reelm.media.errors import BadSubtitles, TooManyBytes

MAX_BYTES = 60_000
MAX_CUES = 1_000
MAX_CUE_CHARACTERS = 500
MAX_CUE_LINES = 6
_CLOCK = r"(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_TIMES = re.compile(rf"{_CLOCK}[ \t]+-->[ \t]+{_CLOCK}(?:[ \t]+(\S.*))?")
_TAG = re.compile(r"<[^>]*>?")
_KEPT_TAG = re.compile(r"</?([biu])>")
_ENTITY = re.compile(r"&(#?\w+);?")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "nbsp": "\u00a0", "lrm": "\u200e", "rlm": "\u200f"}


@dataclass(frozen=True, slots=True)
class Cue:
    """``text`` is written as WebVTT: escaped, with no tags but ``b``, ``i`` and ``u``, all of them closed."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Subtitles:
    """Cues in the order of their start, and what else was in the file, in words."""

    cues: tuple[Cue, ...]
    left_out: tuple[str, ...]

    @classmethod
    def read(cls, data: bytes, *, duration_ms: int) -> "Subtitles":
        """Read a file for a clip of that length; cues that end a little after it are cut there.

        Raises:
            TooManyBytes: over ``MAX_BYTES``.
            BadSubtitles: the message names the line and what to do.
        """
        if len(data) > MAX_BYTES:
            raise TooManyBytes(
                f"Subtitles have at most {MAX_BYTES:,} bytes. Nothing was saved. Leave out what is not "
                "spoken."
            )
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            number = data[: error.start].count(b"\n") + 1
            raise _bad(number, "is not in UTF-8", "Save the file as UTF-8") from None
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        is_vtt = re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]) is not None
        reading = _Reading(duration_ms, is_vtt=is_vtt)
        blocks = _blocks(lines)
        if is_vtt:
            next(blocks)  # the header, and what it says of the file
        for block in blocks:
            reading.take(block)
        return reading.result()

    def vtt(self) -> str:
        """Return plain WebVTT: times and escaped text, nothing of the file they came from."""
        cues = [f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{cue.text}\n" for cue in self.cues]
        return "\n".join(["WEBVTT\n", *cues])


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines between empty ones; ``number`` is of the first, from 1."""

    number: int
    lines: list[str]


class _Reading:
    def __init__(self, duration_ms: int, *, is_vtt: bool) -> None:
        self._duration_ms = duration_ms
        self._is_vtt = is_vtt
        self._cues: list[Cue] = []
        self._notes = self._placed = 0

    def take(self, block: _Block) -> None:
        first = block.lines[0]
        if self._is_vtt and re.match(r"NOTE([ \t]|$)", first):
            self._notes += 1
            return
        if self._is_vtt and re.fullmatch(r"(STYLE|REGION)[ \t]*", first):
            raise _bad(block.number, f"begins a {first.strip()} block, which could hide words", "Take it out")
        has_name = "-->" not in first and len(block.lines) > 1
        number, lines = (block.number + 1, block.lines[1:]) if has_name else (block.number, block.lines)
        self._add(number, lines)

    def result(self) -> Subtitles:
        if not self._cues:
            raise BadSubtitles(
                "There are no cues in the file. Nothing was saved. Send WebVTT (.vtt) or SubRip (.srt)."
            )
        counted = ((self._placed, "position"), (self._notes, "comment"))
        said = tuple(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counted if count)
        return Subtitles(tuple(self._cues), said)

    def _add(self, number: int, lines: list[str]) -> None:
        times = _TIMES.fullmatch(lines[0].strip())
        if times is None:
            raise _bad(number, "is not a time such as 00:01.500 --> 00:03.000", "Correct it")
        start_ms, end_ms = _ms(*times.groups()[:4]), _ms(*times.groups()[4:8])
        self._check_times(number, start_ms, end_ms)
        self._placed += times[9] is not None
        if not lines[1:]:
            raise _bad(number, "is a time without words", "Add them, or take it out")
        if len(self._cues) == MAX_CUES:
            raise _bad(number, f"begins more than {MAX_CUES:,} cues", "Join some")
        if len(lines) - 1 > MAX_CUE_LINES or sum(map(len, lines[1:])) > MAX_CUE_CHARACTERS:
            limits = f"{MAX_CUE_LINES} lines or {MAX_CUE_CHARACTERS} characters"
            raise _bad(number, f"begins a cue of more than {limits}", "Divide it")
        words = _words(number + 1, lines[1:], is_vtt=self._is_vtt)
        self._cues.append(Cue(start_ms, min(end_ms, self._duration_ms), words))

    def _check_times(self, number: int, start_ms: int, end_ms: int) -> None:
        if start_ms >= end_ms:
            raise _bad(number, "ends before it starts", "Correct the times")
        if self._cues and start_ms < self._cues[-1].start_ms:
            raise _bad(number, "starts before the cue above it", "Put the cues in order")
        if start_ms >= self._duration_ms:
            end = _clock(self._duration_ms)
            raise _bad(
                number, f"starts after the clip has ended, at {end}", "Take it out, or shift the times"
            )


def _blocks(lines: list[str]) -> Iterator[_Block]:
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield _Block(number - len(block), block)
            block = []


def _words(number: int, lines: list[str], *, is_vtt: bool) -> str:
    said, open_tags = [], list[str]()
    for place, line in enumerate(lines, start=number):
        if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in line):
            raise _bad(place, "contains characters that cannot be shown", "Remove them")
        said.append(_line(place, line.strip(), open_tags, is_vtt=is_vtt))
    if open_tags:
        raise _bad(number, f"opens <{open_tags[-1]}> and nothing closes it", "Close it")
    return "\n".join(said)


def _line(number: int, line: str, open_tags: list[str], *, is_vtt: bool) -> str:
    said, end = [], 0
    for tag in _TAG.finditer(line):
        said += [_escaped(number, line[end : tag.start()], is_vtt=is_vtt), tag[0]]
        end = tag.end()
        kept = _KEPT_TAG.fullmatch(tag[0])
        if kept is None:
            raise _bad(number, f"contains {tag[0][:20]}; only <b>, <i> and <u> are kept", "Take it out")
        if not tag[0].startswith("</"):
            open_tags.append(kept[1])
        elif not open_tags or open_tags.pop() != kept[1]:
            raise _bad(number, f"closes <{kept[1]}>, which is not what is open", "Correct the tags")
    return "".join([*said, _escaped(number, line[end:], is_vtt=is_vtt)])


def _escaped(number: int, text: str, *, is_vtt: bool) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1] not in _ENTITIES:
            raise _bad(number, f"contains {match[0]}, which is no character", "Write the character itself")
        return _ENTITIES[match[1]]

    text = _ENTITY.sub(plain, text) if is_vtt else text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _ms(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def _clock(ms: int) -> str:
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _bad(number: int, what: str, remedy: str) -> BadSubtitles:
    return BadSubtitles(f"Line {number} {what}. Nothing was saved. {remedy} and send it again.", line=number)
