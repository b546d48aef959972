import re
from dataclasses import asdict
from pathlib import Path

import pytest

from reelm.clips.words import CAPTION, COMMENT, read_tags
from reelm.media import Media, MediaConfig, plan
from reelm.people.model import DISPLAY_NAME
from reelm.people.words import read_handle, read_text
from reelm_demo import COMMENTS, FOLLOWS, LIKES, PEOPLE, RECIPES, render
from reelm_demo.render import graph
from support.machine.determinism import ManualClock, SeededEntropy

HANDLES = {person.handle for person in PEOPLE}
CLIPS = {recipe.name for recipe in RECIPES}


def test_there_is_enough_to_swipe_through() -> None:
    assert len(RECIPES) >= 24
    assert len(PEOPLE) >= 12
    assert len(CLIPS) == len(RECIPES)
    assert len(HANDLES) == len(PEOPLE)
    assert len({recipe.caption for recipe in RECIPES}) == len(RECIPES)
    assert len({recipe.scene for recipe in RECIPES}) == len(RECIPES)


def test_every_clip_has_an_author_a_length_and_hashtags() -> None:
    for recipe in RECIPES:
        assert recipe.author in HANDLES
        assert 6 <= recipe.seconds <= 20
        assert re.search(r"#\w+", recipe.caption)
        assert re.fullmatch(r"[a-z0-9-]+", recipe.name)


def test_every_word_is_one_that_the_realm_accepts() -> None:
    for person in PEOPLE:
        assert read_handle(person.handle) == person.handle
        assert read_text(person.display_name, DISPLAY_NAME) == person.display_name
        written = asdict(person.profile).items()
        assert person.profile.read() == {name: text for name, text in written if text is not None}
    for recipe in RECIPES:
        assert read_text(recipe.caption, CAPTION) == recipe.caption
        assert read_tags(recipe.caption)
    for remark in COMMENTS:
        assert read_text(remark.text, COMMENT) == remark.text


def test_nobody_follows_likes_or_answers_what_is_not_there() -> None:
    for handle, followed in FOLLOWS.items():
        assert {handle, *followed} <= HANDLES
        assert handle not in followed
        assert len(set(followed)) == len(followed)
    assert set(LIKES) == CLIPS
    for likers in LIKES.values():
        assert set(likers) <= HANDLES
        assert len(set(likers)) == len(likers)
    for remark in COMMENTS:
        assert remark.clip in CLIPS
        assert remark.handle in HANDLES
        assert remark.text.strip()


def test_the_words_include_what_layouts_get_wrong() -> None:
    words = " ".join(
        [*(remark.text for remark in COMMENTS), *(person.profile.bio or "" for person in PEOPLE)]
    )
    assert re.search("[\u0600-\u06ff]", words)
    assert re.search("[\U0001f300-\U0001faff]", words)
    assert max(map(len, words.split())) > 30
    assert any(not person.profile.bio for person in PEOPLE)


def test_clips_are_drawn_and_played_without_files_or_fonts() -> None:
    for recipe in RECIPES:
        assert not re.search(r"\b(a?movie|drawtext|subtitles|ass)=", graph(recipe))


@pytest.mark.slow
async def test_a_sample_is_a_source_like_any_other(tmp_path: Path) -> None:
    path = await render(RECIPES[0], tmp_path)
    assert await render(RECIPES[0], tmp_path) == path
    media = Media(MediaConfig(spool=tmp_path / "spool"), clock=ManualClock(), entropy=SeededEntropy())
    probe = await media.probe(path)
    assert probe.audio is not None
    assert abs(probe.duration_ms - RECIPES[0].seconds * 1000) < 50
    assert [rung.name for rung in plan(probe).rungs] == ["480p", "720p"]
