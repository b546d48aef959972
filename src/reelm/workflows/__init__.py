"""The stories of the product, told across packages. Read this folder first.

``declare`` puts manifest, policies and code on the public record before anything is done by them. ``join``
makes an account, ``receive`` takes an upload, ``arrive`` takes one in pieces, ``post`` makes it a clip,
``schedule`` publishes drafts, ``publish`` makes the clip play, ``watch`` hands out playlists and keys,
``subtitle`` gives a clip subtitles, ``sound`` that of another clip, ``remove`` takes it back, ``tidy``
finishes what was left behind, ``maintain`` keeps stored bytes whole and keys fresh, ``prune`` lets old
entries of the record go, ``look`` lets staff see what is on record as seen, ``take`` lets them take it away
as a file, ``withdraw`` leaves a provider, ``locate`` says where a clip lies, ``lend`` lets encoders elsewhere
do what ``make`` offers. Each gets the ``OpenRealm``; none holds SQL, HTTP or cryptography. A durable story
runs as ``Jobs`` whose ``Run`` remembers its steps.
"""

from reelm.workflows.arrive import Arrived, announce, append, follow, metadata_of, stand, terminate
from reelm.workflows.declare import Declaring, declare, publish_release
from reelm.workflows.gates import Gates
from reelm.workflows.join import join
from reelm.workflows.lend import Lent, deliver, give_back, lend, read_source, recognise, renew, take_in
from reelm.workflows.locate import locate
from reelm.workflows.look import Seen, Shown, access_to_email, look_at_email, looks_shown
from reelm.workflows.maintain import refresh_keys, repair, scrub
from reelm.workflows.ports import Job, Jobs, JobState, Json, Run
from reelm.workflows.post import Posting, post
from reelm.workflows.prune import prune
from reelm.workflows.publish import abandon, publish, publish_job
from reelm.workflows.realm import Identity, OpenRealm
from reelm.workflows.receive import UploadPosted, discard, receive
from reelm.workflows.remove import remove
from reelm.workflows.schedule import publish_now, publish_ripe
from reelm.workflows.sound import choose_sound
from reelm.workflows.subtitle import remove_subtitles, subtitle
from reelm.workflows.take import Taken, take_emails
from reelm.workflows.tidy import sweep, tidy
from reelm.workflows.watch import key, master_playlist, media_playlist, poster, strip, subtitles
from reelm.workflows.withdraw import withdraw

__all__ = [
    "Arrived",
    "Declaring",
    "Gates",
    "Identity",
    "Job",
    "JobState",
    "Jobs",
    "Json",
    "Lent",
    "OpenRealm",
    "Posting",
    "Run",
    "Seen",
    "Shown",
    "Taken",
    "UploadPosted",
    "abandon",
    "access_to_email",
    "announce",
    "append",
    "choose_sound",
    "declare",
    "deliver",
    "discard",
    "follow",
    "give_back",
    "join",
    "key",
    "lend",
    "locate",
    "look_at_email",
    "looks_shown",
    "master_playlist",
    "media_playlist",
    "metadata_of",
    "post",
    "poster",
    "prune",
    "publish",
    "publish_job",
    "publish_now",
    "publish_release",
    "publish_ripe",
    "read_source",
    "receive",
    "recognise",
    "refresh_keys",
    "remove",
    "remove_subtitles",
    "renew",
    "repair",
    "scrub",
    "stand",
    "strip",
    "subtitle",
    "subtitles",
    "sweep",
    "take_emails",
    "take_in",
    "terminate",
    "tidy",
    "withdraw",
]
