"""Make the sample content of `./reelm demo`: clips that ffmpeg draws and plays, and the people who post them.

Nothing here is footage of anybody, and nothing is downloaded.

Nouns: a ``Recipe`` makes one source file with ``render``; ``PEOPLE``, ``FOLLOWS``, ``LIKES`` and ``COMMENTS``
refer to people by handle and to clips by recipe name.
"""

from reelm_demo.clips import RECIPES, Recipe
from reelm_demo.people import COMMENTS, FOLLOWS, LIKES, PEOPLE, Person, Remark
from reelm_demo.render import render

__all__ = [
    "COMMENTS",
    "FOLLOWS",
    "LIKES",
    "PEOPLE",
    "RECIPES",
    "Person",
    "Recipe",
    "Remark",
    "render",
]
