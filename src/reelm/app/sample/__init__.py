"""Demo content: clips that ffmpeg draws and plays by itself, and the people who post them.

Nothing here is footage of anybody, and nothing is downloaded.

Nouns: a ``Recipe`` makes one source file with ``render``; ``PEOPLE``, ``FOLLOWS``, ``LIKES`` and ``COMMENTS``
refer to people by handle and to clips by recipe name.
"""

from reelm.app.sample.clips import RECIPES, Recipe
from reelm.app.sample.people import COMMENTS, FOLLOWS, LIKES, PEOPLE, Person, Remark
from reelm.app.sample.render import SampleFailed, render

__all__ = [
    "COMMENTS",
    "FOLLOWS",
    "LIKES",
    "PEOPLE",
    "RECIPES",
    "Person",
    "Recipe",
    "Remark",
    "SampleFailed",
    "render",
]
