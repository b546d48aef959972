"""What a release is described by, and whether two descriptions are about the same thing."""

from dataclasses import replace

import pytest

from reelm.realm import Release, ReleaseRefused

BARE = Release("1.0", "a" * 64)
WHOLE = Release("1.0", "a" * 64, "b" * 64, "c" * 64, "d" * 40)


@pytest.mark.parametrize("release", [BARE, WHOLE])
def test_a_release_is_read_as_it_was_written(release: Release) -> None:
    assert Release.parse(release.canonical()) == release


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"1",
        b'{"version":"1.0"}',
        BARE.canonical().replace(b"1.0", b"one point zero"),
        BARE.canonical().replace(b"a" * 64, b"A" * 64),
        BARE.canonical().replace(b'"1.0"', b"1.0"),
        BARE.canonical().replace(b"}", b',"more":"x"}'),
        BARE.canonical().replace(b"}", b',"page_digest":null}'),
        WHOLE.canonical().replace(b"d" * 40, b"d" * 41),
    ],
)
def test_what_is_no_description_is_refused(raw: bytes) -> None:
    with pytest.raises(ReleaseRefused):
        Release.parse(raw)


def test_a_release_is_the_same_whether_its_wheel_is_known_or_not() -> None:
    bare = replace(WHOLE, artifact_digest=None, commit=None)
    assert bare.is_of(WHOLE)
    assert bare.public().keys() == {"version", "code_digest", "page_digest"}
    for other in (
        replace(WHOLE, version="1.1"),
        replace(WHOLE, code_digest="0" * 64),
        replace(WHOLE, page_digest=None),
    ):
        assert not other.is_of(WHOLE)
