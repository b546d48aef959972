import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.clips.words import TAG_COUNT, read_tag, read_tags

any_text = st.text(st.characters(exclude_categories=()), max_size=80)


# The page reads the same file: what is a link there is a tag here.
CAPTIONS = json.loads(Path(__file__).with_name("captions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CAPTIONS, ids=lambda case: ascii(case["caption"][:20]))
def test_hashtags_are_read_from_the_caption(case: dict[str, Any]) -> None:
    assert list(read_tags(case["caption"])) == case["tags"]
    assert list(dict.fromkeys(map(read_tag, case["written"]))) == case["tags"]


def test_a_tag_that_grows_beyond_its_length_when_it_is_folded_is_none() -> None:
    assert read_tags("#" + "ß" * 26) == ()


def test_a_caption_has_at_most_thirty_tags() -> None:
    caption = " ".join(f"#t{number}" for number in range(50))
    assert read_tags(caption) == tuple(f"t{number}" for number in range(TAG_COUNT))


@given(any_text)
def test_every_tag_of_a_caption_can_be_asked_for(caption: str) -> None:
    for tag in read_tags(unicodedata.normalize("NFC", caption)):
        assert read_tag(tag) == tag
