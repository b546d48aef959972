"""Say what the realm keeps, why and until when; every table belongs to one of these.

What a column holds, and so how it is protected, is said where the column is declared.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Place: TypeAlias = Literal["records", "stores", "ledger"]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Tables that are kept for one reason.

    Attributes:
        id: names it for whoever says it in another language.
        what: as a person calls it.
        why: what it is for.
        until: when it is gone.
        places: ``records`` is the realm's database, ``stores`` are fragments, ``ledger`` is public.
        tables: their names.
    """

    id: str
    what: str
    why: str
    until: str
    places: tuple[Place, ...]
    tables: tuple[str, ...]


KEPT = (
    Keeping(
        "account",
        "Your account",
        "To let you in, and nobody else: e-mail address, password, the key of your own that seals them, and "
        "how many wrong passwords were tried since you signed in.",
        "As long as the account exists.",
        ("records",),
        ("accounts", "user_keys", "destroyed_keys"),
    ),
    Keeping(
        "sessions",
        "Where you are signed in",
        "To know your browser again without asking for the password.",
        "Until you sign out, or the session runs out.",
        ("records",),
        ("sessions",),
    ),
    Keeping(
        "profile",
        "Your profile",
        "To show who made a clip: handle, name and what you say about yourself.",
        "As long as the account exists; you can change it at any time.",
        ("records",),
        ("profiles",),
    ),
    Keeping(
        "follows",
        "Whom you follow, and what you like",
        "To fill your Following feed, and to count.",
        "Until you take it back.",
        ("records",),
        ("follows", "likes"),
    ),
    Keeping(
        "comments",
        "Your comments",
        "To show them under the clip.",
        "Until you remove them.",
        ("records",),
        ("comments",),
    ),
    Keeping(
        "uploads",
        "Uploads on their way",
        "To go on where a connection broke, and to prepare the clip.",
        "Until the clip is prepared, or the time for posting has run out.",
        ("records",),
        ("arrivals", "uploads"),
    ),
    Keeping(
        "clips",
        "Your clips",
        "To show them: picture and sound as encrypted fragments, and the words beside them.",
        "Until you remove the clip.",
        ("records", "stores"),
        ("clips", "clip_tags", "subtitles", "renditions", "segments", "posters", "strips"),
    ),
    Keeping(
        "fingerprints",
        "What a clip is recognised by",
        "To find the same picture again.",
        "Until the clip is removed.",
        ("records",),
        ("fingerprints",),
    ),
    Keeping(
        "fragments",
        "Where every fragment lies",
        "To read, check, repair and move what is stored. It says nothing about what is in it.",
        "Until the object is removed and every store has deleted its fragment.",
        ("records",),
        ("objects", "fragments", "entries", "packs", "moves", "former_fragments", "providers"),
    ),
    Keeping(
        "encoders",
        "Encoding on other machines",
        "To lend one clip at a time to machines that the operator has named.",
        "Until the clip is encoded; the machines, until the operator removes them.",
        ("records",),
        ("encoders", "encodings"),
    ),
    Keeping(
        "accesses",
        "Who looked at protected data, or took it away",
        "To show you, to let nobody do it without a reason, or alone where a second person is asked for, "
        "and to tell from which file a leak is.",
        "For good.",
        ("records", "ledger"),
        ("staff", "looks", "exports", "approvals", "emergencies"),
    ),
    Keeping(
        "events",
        "What happened, in order",
        "To fill feeds, counts and notifications from one account of it. What is about a person is sealed.",
        "As long as the kind of it declares; sealed parts, until the person's key is gone.",
        ("records",),
        ("events_outbox", "event_cursors"),
    ),
    Keeping(
        "ledger",
        "The public ledger",
        "To let anybody check what the realm did. What is about a person is committed to, and sealed here.",
        "For good, or as long as the ledger itself declares; sealed parts, until the person's key is gone.",
        ("records", "ledger"),
        ("ledger_head", "ledger_waiting", "ledger_announced", "ledger_bodies"),
    ),
    Keeping(
        "declarations",
        "What the realm declares",
        "To run only under the manifest and the policies that are on declaration.",
        "For good.",
        ("records", "ledger"),
        ("manifest_versions", "countersignatures", "policy_versions"),
    ),
    Keeping(
        "epochs",
        "When keys were changed",
        "To replace the key that wraps yours every few days, so that an old one opens nothing new.",
        "For good; the keys themselves are destroyed.",
        ("records",),
        ("epoch_keys",),
    ),
)
