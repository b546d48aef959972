import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.clips import CaptionTooLong
from reelm.clips.words import CAPTION, COMMENT
from reelm.people import BadHandle, BadText, TextLimits, TextTooLong
from reelm.people.model import BIO, DISPLAY_NAME
from reelm.people.words import RESERVED_HANDLES, read_handle, read_text

any_text = st.text(st.characters(exclude_categories=()), max_size=80)


@pytest.mark.parametrize("handle", ["ana", "a.b", "_x_", "007", "a" * 24, "mira.k_9"])
def test_a_handle_of_the_right_shape_is_kept(handle: str) -> None:
    assert read_handle(handle) == handle


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "ab",
        "a" * 25,
        "a b",
        "a-b",
        ".ana",
        "ana.",
        "a..b",
        "___",
        "...",
        "anä",
        "ana\n",
        "ana\x00",
        "\u0430na",
    ],
)
def test_any_other_handle_is_refused(handle: str) -> None:
    with pytest.raises(BadHandle):
        read_handle(handle)


def test_a_handle_is_lower_case_however_it_is_typed() -> None:
    assert read_handle("AnA") == "ana"


@pytest.mark.parametrize("handle", ["admin", "Reelm", "API", "upload", "settings"])
def test_reserved_words_are_no_handles(handle: str) -> None:
    with pytest.raises(BadHandle, match="kept for the realm"):
        read_handle(handle)


def test_reserved_words_are_written_as_handles_are_stored() -> None:
    assert all(word == word.lower() for word in RESERVED_HANDLES)


@given(any_text)
def test_a_handle_that_is_accepted_is_accepted_again_unchanged(text: str) -> None:
    try:
        handle = read_handle(text)
    except BadHandle:
        return
    assert read_handle(handle) == handle
    assert handle.isascii()


@given(any_text, st.sampled_from([DISPLAY_NAME, BIO, CAPTION, COMMENT]))
def test_a_text_that_is_accepted_is_clean_and_is_accepted_again_unchanged(
    text: str, limits: TextLimits
) -> None:
    try:
        clean = read_text(text, limits)
    except (BadText, TextTooLong):
        return
    assert read_text(clean, limits) == clean
    assert len(clean) <= limits.longest
    assert unicodedata.is_normalized("NFC", clean)
    clean.encode()  # fails on a surrogate
    assert "\x00" not in clean
    assert "\r" not in clean


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\x7fb", "a\x85b", "\ud800", "ok \udfff", "a\tb"])
def test_control_characters_and_lone_surrogates_are_refused(text: str) -> None:
    with pytest.raises(BadText):
        read_text(text, CAPTION)


def test_lines_end_in_one_way_and_only_where_there_are_lines() -> None:
    assert read_text("one\r\ntwo\rthree\n", CAPTION) == "one\ntwo\nthree"
    with pytest.raises(BadText):
        read_text("one\ntwo", DISPLAY_NAME)
    with pytest.raises(BadText):
        read_text("one\u2028two", CAPTION)


def test_a_name_cannot_hide_another_direction() -> None:
    with pytest.raises(BadText):
        read_text("ana\u202egpj", DISPLAY_NAME)
    assert read_text("\u2067\u05e9\u05dc\u05d5\u05dd\u2069", CAPTION)


def test_families_of_emoji_survive() -> None:
    family = "👩\u200d👧\u200d👦 ❤️"
    assert read_text(family, COMMENT) == family
    assert read_text(family, DISPLAY_NAME) == family


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\u200b",
        "\u2060\u200d",
        *"\u3164\u2800\u115f\u1160\uffa0\u034f\ufe0f\u17b4\u17b5",
        "\u3164 \ufe0f",
    ],
)
def test_a_name_or_comment_with_nothing_to_see_is_refused(text: str) -> None:
    with pytest.raises(BadText):
        read_text(text, DISPLAY_NAME)
    with pytest.raises(BadText):
        read_text(text, COMMENT)
    assert read_text(text, CAPTION) == text.strip()


def test_limits_count_characters_after_normalisation() -> None:
    assert len(read_text("e\u0301" * CAPTION.longest, CAPTION)) == CAPTION.longest
    with pytest.raises(CaptionTooLong) as caught:
        read_text("e" * (CAPTION.longest + 1), CAPTION)
    assert caught.value.facts == {"limit": 2_200}


def test_a_caption_of_ten_megabytes_is_too_long_at_once() -> None:
    with pytest.raises(CaptionTooLong):
        read_text("x" * 10_000_000, CAPTION)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("pay \u202eecila@ now", "pay ecila@ now"),
        ("\u202dx\u202c", "x"),
        ("left \u2066open", "left open"),
        ("shut\u2069 twice\u202c", "shut twice"),
        ("\u2067\u05d0\u2069 and \u202babc\u202c", "\u2067\u05d0\u2069 and \u202babc\u202c"),
        ("\u2067a\u202bb\u2069", "ab"),
        ("\u2067one\ntwo\u2069", "one\ntwo"),
        ("\u05e9\u05dc\u05d5\u05dd \u200f#\u05d0", "\u05e9\u05dc\u05d5\u05dd \u200f#\u05d0"),
    ],
    ids=["override", "override ended", "open", "ended", "whole", "crossed", "over lines", "marks stay"],
)
def test_a_text_of_lines_turns_nothing_around_it_nor_a_word_back_to_front(written: str, kept: str) -> None:
    assert read_text(written, BIO) == kept


def test_a_text_of_direction_controls_alone_is_empty() -> None:
    with pytest.raises(BadText):
        read_text("\u202e\u202c\n\u2066", replace(BIO, shortest=1))
