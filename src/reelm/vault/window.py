"""Which chunks a range of bytes needs, and in what portions they are read."""

from collections.abc import Iterator
from dataclasses import dataclass

from reelm.vault.errors import WrongRange
from reelm.vault.format import Shape


@dataclass(frozen=True, slots=True)
class Window:
    """Chunks that follow each other and are read together."""

    first_chunk: int
    count: int


def clip(length_bytes: int, start: int, length: int | None) -> range:
    """The part of the object that was asked for; ends with the object at the latest.

    Raises:
        WrongRange: it starts behind the end, or a number is negative.
    """
    if not 0 <= start <= length_bytes or (length is not None and length < 0):
        raise WrongRange(
            f"The object has {length_bytes} bytes; a range starts between 0 and that and is not negative. "
            "Nothing was read.",
            length_bytes=length_bytes,
        )
    return range(start, length_bytes if length is None else min(start + length, length_bytes))


def split(shape: Shape, part: range, *, window_bytes: int) -> Iterator[Window]:
    """The windows that cover a part; an empty part still takes one, so that what cannot be read says so."""
    first = min(part.start // shape.chunk_bytes, shape.chunk_count - 1)
    last = max(first, (part.stop - 1) // shape.chunk_bytes)
    step = max(1, window_bytes // shape.chunk_bytes)
    for chunk in range(first, last + 1, step):
        yield Window(chunk, min(step, last + 1 - chunk))
