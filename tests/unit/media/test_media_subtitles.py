"""Subtitle files: what is kept, what is refused and on which line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import ReelmError
from reelm.media import Subtitles
from reelm.media.errors import BadSubtitles, TooManyBytes
from reelm.media.subtitles import MAX_BYTES, MAX_CUES

VTT = """WEBVTT - a film

NOTE who speaks is not known

one
00:00.500 --> 00:02.000 align:start position:10%
Fish &amp; <i>chips</i>
for two

00:00:02.000 --> 00:00:99.000
"""
SRT = """\ufeff1\r
00:00:00,500 --> 00:00:02,000\r
Fish & chips > soup\r
\r
2\r
00:00:02,000 --> 00:00:12,000\r
<b>Now</b>\r
"""
LASTS_MS = 10_000


def read(text: str) -> str:
    return Subtitles.read(text.encode(), duration_ms=LASTS_MS).vtt()


def cue(*lines: str, times: str = "00:01.000 --> 00:02.000") -> str:
    return "\n".join(["WEBVTT", "", times, *lines, ""])


def test_webvtt_is_written_anew_without_names_places_and_comments() -> None:
    found = Subtitles.read(VTT.replace("00:00:99.000", "00:00:09.000\nMore").encode(), duration_ms=LASTS_MS)
    assert found.left_out == ("1 position", "1 comment")
    assert found.vtt() == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nFish &amp; <i>chips</i>\nfor two\n\n"
        "00:00:02.000 --> 00:00:09.000\nMore\n"
    )


def test_subrip_becomes_webvtt_and_ends_with_the_clip() -> None:
    assert read(SRT) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nFish &amp; chips &gt; soup\n\n"
        "00:00:02.000 --> 00:00:10.000\n<b>Now</b>\n"
    )


def test_what_was_written_is_read_as_the_same() -> None:
    assert read(read(SRT)) == read(SRT)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (VTT, 10, "is not a time"),
        ("WEBVTT\n\nSTYLE\n::cue { color: transparent }\n", 3, "could hide words"),
        ("WEBVTT\n\nREGION\nid:a\n", 3, "could hide words"),
        (cue("<script>alert(1)</script>"), 4, "contains <script>"),
        (cue("one", "<c.hidden>two</c>"), 5, "contains <c.hidden>"),
        (cue("<img src=x onerror=alert(1)"), 4, "contains <img"),
        (cue("<i>never closed"), 4, "nothing closes it"),
        (cue("<i>crossed<b></i></b>"), 4, "closes <i>"),
        (cue("&#60;script&#62;"), 4, "contains &#60;"),
        (cue("bell \x07"), 4, "cannot be shown"),
        (cue("x" * 501), 3, "more than 6 lines or 500"),
        (cue(*"abcdefg"), 3, "more than 6 lines or 500"),
        (cue(), 3, "a time without words"),
        (cue("x", times="00:02.000 --> 00:01.000"), 3, "ends before it starts"),
        (cue("x", times="00:10.000 --> 00:11.000"), 3, "starts after the clip has ended, at 00:00:10.000"),
        (cue("x", times="00:61.000 --> 00:62.000"), 3, "is not a time"),
        (cue("x") + "\n00:00.500 --> 00:02.000\ny\n", 6, "starts before the cue above it"),
        ("Dear reader,\n", 1, "is not a time"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(BadSubtitles, match=says) as refused:
        read(text)
    assert refused.value.facts["line"] == line
    assert refused.value.detail.startswith(f"Line {line} ")


def test_files_without_cues_or_with_too_much_are_refused() -> None:
    for text in ("", "WEBVTT", "WEBVTT\n\nNOTE nothing\n"):
        with pytest.raises(BadSubtitles, match="no cues"):
            read(text)
    with pytest.raises(TooManyBytes):
        read("x" * (MAX_BYTES + 1))
    with pytest.raises(BadSubtitles, match="more than 1,000 cues"):
        read("WEBVTT\n\n" + "00:01.000 --> 00:02.000\nx\n\n" * (MAX_CUES + 1))
    with pytest.raises(BadSubtitles, match="not in UTF-8") as refused:
        Subtitles.read(b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff\n", duration_ms=LASTS_MS)
    assert refused.value.facts["line"] == 4


@given(
    st.text(alphabet="WEBVT 0123456789:.,-><&;/biu\n\r\tx", max_size=200).map(lambda end: f"WEBVTT\n\n{end}")
)
def test_whatever_is_kept_is_plain(text: str) -> None:
    try:
        written = read(text)
    except ReelmError:
        return
    assert read(written) == written
    for tag in ("<b>", "</b>", "<i>", "</i>", "<u>", "</u>", "-->"):
        written = written.replace(tag, "")
    assert "<" not in written
