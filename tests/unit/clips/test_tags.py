import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.clips.words import TAG_COUNT, TAG_LENGTH, read_tag, read_tags

any_text = st.text(st.characters(exclude_categories=()), max_size=80)


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("no tags", ()),
        ("#One and #two, #ONE", ("one", "two")),
        ("#straße #ÉTÉ #e\u0301te\u0301", ("strasse", "été")),
        ("#हिन्दी #日本語 \uff03東京", ("हिन्दी", "日本語", "東京")),
        ("#a#b", ("a",)),
        ("##a", ()),
        ("a#b https://example.org/#c &#39; x", ()),
        ("(#in) #under_score #2026!", ("in", "under_score", "2026")),
        ("#___ # #🎉", ()),
        ("#" + "x" * TAG_LENGTH, ("x" * TAG_LENGTH,)),
        ("#" + "x" * (TAG_LENGTH + 1), ()),
        ("#" + "ß" * 26, ()),
        ("#می\u200cپرسم #スター・ウォーズ", ("می\u200cپرسم", "スター・ウォーズ")),
        ("#نیم\u200cفصل\u200cبیستم, #क्\u200cष", ("نیم\u200cفصل\u200cبیستم", "क्\u200cष")),
        ("#東京・ #a\u200c #・b #\u200cb #a・・b #a\u200c\u200cb", ("東京", "a")),
        ("#一・二・三、#四", ("一・二・三", "四")),
        ("#" + "x" * TAG_LENGTH + "・y", ()),
        ("#" + "x" * TAG_LENGTH + "・", ("x" * TAG_LENGTH,)),
        ("#a\u200db #a·b", ("a",)),
    ],
)
def test_hashtags_are_read_from_the_caption(caption: str, tags: tuple[str, ...]) -> None:
    assert read_tags(caption) == tags


def test_a_caption_has_at_most_thirty_tags() -> None:
    caption = " ".join(f"#t{number}" for number in range(50))
    assert read_tags(caption) == tuple(f"t{number}" for number in range(TAG_COUNT))


@given(any_text)
def test_every_tag_of_a_caption_can_be_asked_for(caption: str) -> None:
    for tag in read_tags(unicodedata.normalize("NFC", caption)):
        assert read_tag(tag) == tag
