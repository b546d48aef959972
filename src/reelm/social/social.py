"""The one noun the other packages work with."""

from reelm.social.candidates import Candidates
from reelm.social.clips import Clips
from reelm.social.drafts import Drafts
from reelm.social.people import People
from reelm.social.publishing import Publishing
from reelm.social.reactions import Reactions
from reelm.social.sounds import Sounds


class Social(People, Clips, Drafts, Reactions, Sounds, Publishing, Candidates):
    """People and clips, one part per job; built from a clock, entropy and a ``Config``.

    Every method takes the unit of work it belongs to and never opens one. One that raises may have written
    before: let the error end the unit of work, and nothing of it stays.
    """
