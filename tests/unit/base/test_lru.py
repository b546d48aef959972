"""What a bounded cache keeps, and what it forgets first."""

from reelm.base import LruCache


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    cache = LruCache[str, int](2)
    assert cache.put("a", 1) == []
    assert cache.put("b", 2) == []
    assert cache.get("a") == 1
    assert cache.put("c", 3) == ["b"]
    assert (cache.peek("a"), cache.peek("b"), cache.peek("c"), len(cache)) == (1, None, 3, 2)


def test_peeking_does_not_count_as_use() -> None:
    cache = LruCache[str, int](2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.peek("a") == 1
    assert cache.put("c", 3) == ["a"]


def test_weights_bound_the_sum_and_the_newest_stays_whatever_it_weighs() -> None:
    cache = LruCache[str, str](10)
    cache.put("a", "x", weight=4)
    cache.put("b", "y", weight=4)
    assert cache.put("c", "z", weight=3) == ["a"]
    assert cache.put("d", "huge", weight=50) == ["b", "c"]
    assert (cache.get("d"), len(cache)) == ("huge", 1)


def test_putting_again_replaces_the_weight_and_popping_frees_it() -> None:
    cache = LruCache[str, int](5)
    cache.put("a", 1, weight=5)
    assert cache.put("a", 2, weight=1) == []
    assert cache.put("b", 3, weight=4) == []
    assert (cache.pop("b"), cache.pop("b"), cache.get("a")) == (3, None, 2)
    assert cache.put("c", 4, weight=4) == []
