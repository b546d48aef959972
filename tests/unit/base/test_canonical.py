import json

import pytest

from reelm.base import canonical_json, names_someone


def test_what_is_escaped_is_escaped_as_in_the_rfc() -> None:
    """RFC 8785, section 3.2.2."""
    value = {"b": '\u20ac$\u000f\nA\'B"\\\\"/', "a": [None, True, False, -1, 0]}
    expected = '{"a":[null,true,false,-1,0],"b":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_json(value).decode() == expected
    everything = "".join(map(chr, range(0x500)))
    assert canonical_json(everything).decode() == json.dumps(everything, ensure_ascii=False)


def test_names_are_in_order_at_every_depth() -> None:
    assert canonical_json({"b": {"d": 1, "c": 2}, "a": ({"z": 1, "y": 2},)}) == (
        b'{"a":[{"y":2,"z":1}],"b":{"c":2,"d":1}}'
    )


@pytest.mark.parametrize(
    "value",
    [1.0, {"a": 0.5}, 1 << 53, -(1 << 53), b"", {"\u00e9": 1}, {"": 1}, {1: 1}, [{1, 2}], "\ud800", object()],
)
def test_what_has_more_than_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ, and nobody depends on them
        canonical_json(value)


@pytest.mark.parametrize(
    "text", ["ana@example.org", "ana%40example.org", "at 192.0.2.7.", "2001:db8::7", "2001:db8::7."]
)
def test_an_address_names_someone(text: str) -> None:
    assert names_someone(text)


@pytest.mark.parametrize("text", ["", "@mira", "12:30:45", "v1.2.3.4-rc", "127.0.0.1", "a.b.c.d.e", "50%40"])
def test_what_only_looks_like_an_address_does_not(text: str) -> None:
    assert not names_someone(text)
