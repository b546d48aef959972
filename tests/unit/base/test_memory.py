from reelm.base import keep_freed_memory


def test_it_can_be_asked_for_twice_and_anywhere() -> None:
    """Every realm that is opened asks; on another allocator it does nothing."""
    keep_freed_memory()
    keep_freed_memory()
