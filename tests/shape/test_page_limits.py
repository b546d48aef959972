"""The page knows the limits of texts, so that nobody waits for a refusal; here they are held together."""

import re
from pathlib import Path

from reelm.accounts import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from reelm.clips import words as clip_words
from reelm.people import words

PAGE = Path(__file__).parents[2] / "ui" / "src" / "lib" / "limits.ts"


def test_the_page_and_the_realm_agree_on_the_length_of_texts() -> None:
    said = {name: int(value) for name, value in re.findall(r"const (\w+) = (\d+);", PAGE.read_text())}
    assert said == {
        "CAPTION_MAX_CHARACTERS": clip_words.CAPTION.longest,
        "ALT_TEXT_MAX_CHARACTERS": clip_words.ALT_TEXT.longest,
        "COMMENT_MAX_CHARACTERS": clip_words.COMMENT.longest,
        "DISPLAY_NAME_MAX_CHARACTERS": words.DISPLAY_NAME.longest,
        "BIO_MAX_CHARACTERS": words.BIO.longest,
        "PASSWORD_MIN_CHARACTERS": PASSWORD_MIN_LENGTH,
        "PASSWORD_MAX_CHARACTERS": PASSWORD_MAX_LENGTH,
    }
