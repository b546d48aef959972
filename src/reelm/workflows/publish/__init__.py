"""Make an upload a clip that plays, and let its creator change it and take it back.

``post`` makes an upload a clip, ``publish`` is the durable workflow that makes it play and ``abandon`` ends
one that stopped without a word. ``publish_now`` and ``publish_ripe`` publish drafts, whose
files ``stow_drafts`` keeps in the vault. ``choose_sound`` gives
a clip the sound of another one, ``subtitle`` gives it subtitles, and ``remove`` takes it back.
"""

from reelm.workflows.publish.post import Posting, post, publish_now, publish_ripe, remove
from reelm.workflows.publish.publish import abandon, publish, publish_job
from reelm.workflows.publish.sound import choose_sound
from reelm.workflows.publish.stow import forget_file, stow_drafts
from reelm.workflows.publish.subtitle import (
    NoLanguage,
    TooManyLanguages,
    remove_subtitles,
    store_subtitles,
    subtitle,
)

__all__ = [
    "NoLanguage",
    "Posting",
    "TooManyLanguages",
    "abandon",
    "choose_sound",
    "forget_file",
    "post",
    "publish",
    "publish_job",
    "publish_now",
    "publish_ripe",
    "remove",
    "remove_subtitles",
    "store_subtitles",
    "stow_drafts",
    "subtitle",
]
