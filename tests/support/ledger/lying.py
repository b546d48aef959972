"""A corpus of ledgers, most of them lies: what each program must say of every one, by the table of verdicts.

Each is looked at by somebody who comes for the first time, by somebody who audited the sound ledger before,
and by somebody who brings a policy of their own. What is expected is a *finding* for each claim; where
nothing is said here, it is that of the sound ledger. ``verdicts.json`` says what a finding is worth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from support.ledger.lies import (
    DAY,
    NOW,
    SIZE,
    again,
    any_is_enough,
    asking,
    claiming,
    cosigned,
    dated_before,
    entries,
    fewer,
    file,
    forged,
    gone,
    grown,
    more,
    nobody,
    of_a_shorter_log,
    offering_another_key,
    pruned,
    put,
    quantum,
    redated,
    redated_cosignature,
    rekeyed,
    signed,
    stranger,
    swapped,
    tile_of_pruned,
    turned,
    two_histories,
)
from support.ledger.logs import START, SomeLog, leaf

MODES = ("first", "later", "own")
Findings: TypeAlias = Mapping[str, str]

_ENTRIES = {"complete": "read", "tiles": "read", "shape": "read", "time": "read"}
_FIRST = {"key": "offered", "address": "copy", "witnesses": "first", "signed": "holds", **_ENTRIES}
SOUND: Mapping[str, Findings] = {
    "first": {**_FIRST, "appended": "first", "shared": "chosen", "fresh": "chosen"},
    "later": {
        **_FIRST,
        "key": "kept",
        "witnesses": "same",
        "appended": "continued",
        "shared": "chosen",
        "fresh": "chosen",
    },
    "own": {
        **_FIRST,
        "key": "named",
        "address": "named",
        "appended": "first",
        "shared": "independent",
        "fresh": "seen",
    },
}
UNSIGNED = {"signed": "wrong"}
_NO_HISTORY = {"appended": "contradicted", "shared": "contradicted", "fresh": "unread"}
_EMPTY = dict.fromkeys(_ENTRIES, "none")
_UNREAD = dict.fromkeys(_ENTRIES, "unread")
_LOST = {"complete": "altered", "time": "sampled", "shape": "sampled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One ledger.

    Attributes:
        name: what it is.
        lie: what is done to a sound log of ``SIZE`` entries, files included.
        all: findings that differ from the sound ledger's, for everybody.
        by_mode: and for one of ``MODES`` alone; None where that cannot be asked.
        browser: where the page says something else than the auditor, which has to have a reason.
        browser_later: and where it does so only to who has been there before.
        why: that reason.
        hidden: files for which nobody answers.
        now: the time at which it is looked at.
        is_whole: whether ``all`` is everything that is said.
    """

    name: str
    lie: Callable[[SomeLog], object]
    all: Findings = field(default_factory=dict)
    by_mode: Mapping[str, Findings | None] = field(default_factory=dict)
    browser: Findings = field(default_factory=dict)
    browser_later: Findings = field(default_factory=dict)
    why: str = ""
    hidden: tuple[str, ...] = ()
    now: int = NOW + 60
    is_whole: bool = False

    def expected(self, mode: str) -> Findings | None:
        """What the auditor finds."""
        special = self.by_mode.get(mode, {})
        if special is None:
            return None
        base = {} if self.is_whole else SOUND[mode]
        return {**base, **self.all, **special}

    def expected_in_browser(self, mode: str) -> Findings | None:
        """What the page finds: of an entry's shape it checks the form, and never all."""
        found = self.expected(mode)
        if found is None:
            return None
        if self.browser == UNSIGNED:
            return UNSIGNED
        shape = {"shape": "form"} if found.get("shape") in {"read", "sampled"} else {}
        later = self.browser_later if mode == "later" else {}
        return {
            **found,
            **shape,
            **{name: what for name, what in self.browser.items() if name in found},
            **later,
        }


_TOO_FEW = {"shared": "too-few", "fresh": "unread"}
_FORGED = {"shared": "forged", "fresh": "unread"}
_OLD = {"fresh": "old"}
_WITHOUT_FILE: Mapping[str, Findings | None] = {
    "first": {"shared": "not-yet", "fresh": "not-yet"},
    "later": _TOO_FEW,
    "own": _TOO_FEW,
}
_DROPPED: Mapping[str, Findings | None] = {"later": {"witnesses": "dropped"}, "own": {}}
_REWRITTEN: Mapping[str, Findings | None] = {"later": _NO_HISTORY}
_ONLY_NEW: Mapping[str, Findings | None] = {"later": None}
_OWN: Findings = {"shared": "own", "fresh": "own"}
_KINDS = "the page knows the form that all kinds share, and not the fields of each"
_MISSING = "without the auditor's frontier the page needs the tiles that are missing"
_SIZES = "the page reads no number above 2^53"


def _displaced(log: SomeLog) -> None:
    _nothing(log)
    other = (log.folder / "tile/entries/000").read_bytes()
    (log.folder / "tile/entries/001").write_bytes(other)


def _rewritten_and_grown(log: SomeLog) -> None:
    log.entries[5] = leaf(9_999)
    log.entries += grown(log)


def _nothing(log: SomeLog) -> None:
    log.publish(seconds=NOW)


CASES: tuple[Case, ...] = (
    Case(name="sound", lie=_nothing),
    Case(name="grown", lie=again(lambda log: log.entries.extend(grown(log)))),
    Case(name="one entry more", lie=again(lambda log: log.entries.append(leaf(SIZE)))),
    Case(name="three bundles exactly", lie=again(lambda log: log.entries.extend(grown(log)[:68]))),
    # Files that are not what was signed.
    Case(
        name="entries swapped in a bundle",
        lie=file("tile/entries/000", swapped),
        all={"complete": "altered", "tiles": "altered"},
    ),
    Case(
        name="a bundle in another's place",
        lie=_displaced,
        all={"complete": "altered", "tiles": "altered"},
    ),
    Case(name="bundle missing", lie=file("tile/entries/000", gone), all=_LOST),
    Case(name="last bundle missing", lie=file("tile/entries/002.p/188", gone), all=_LOST),
    Case(name="bundle cut off", lie=file("tile/entries/001", lambda raw: raw[:-1]), all=_LOST),
    Case(
        name="bundle with bytes behind it", lie=file("tile/entries/001", lambda raw: raw + b"\0"), all=_LOST
    ),
    Case(name="bundle empty", lie=file("tile/entries/001", lambda _: b""), all=_LOST),
    Case(name="bundle of 5 MiB", lie=file("tile/entries/001", lambda raw: raw + bytes(5 << 20)), all=_LOST),
    Case(name="tile missing", lie=file("tile/0/000", gone), all={"tiles": "altered"}),
    Case(name="last tile missing", lie=file("tile/0/002.p/188", gone), all={"tiles": "altered"}),
    Case(name="tile above missing", lie=file("tile/1/000.p/2", gone), all={"tiles": "altered"}),
    Case(name="tile turned", lie=file("tile/0/001", turned), all={"tiles": "altered"}),
    Case(name="tile above turned", lie=file("tile/1/000.p/2", turned), all={"tiles": "altered"}),
    Case(name="tile cut off", lie=file("tile/0/001", lambda raw: raw[:-1]), all={"tiles": "altered"}),
    Case(name="tile of zeros", lie=file("tile/0/000", lambda raw: bytes(len(raw))), all={"tiles": "altered"}),
    # Histories: a first visitor cannot know of them, and is told nothing else.
    Case(
        name="rewritten and grown",
        lie=again(_rewritten_and_grown),
        by_mode=_REWRITTEN,
    ),
    Case(name="forked", lie=put(699, leaf(9_999)), by_mode=_REWRITTEN),
    Case(
        name="rewritten from the start",
        lie=entries(lambda _: [leaf(number + 9_000) for number in range(SIZE)]),
        by_mode=_REWRITTEN,
    ),
    Case(
        name="reordered",
        lie=entries(lambda log: [log.entries[9], *log.entries[1:9], log.entries[0], *log.entries[10:]]),
        by_mode=_REWRITTEN,
    ),
    Case(name="an entry left out", lie=again(lambda log: log.entries.pop(300)), by_mode=_REWRITTEN),
    Case(
        name="an entry put in",
        lie=again(lambda log: log.entries.insert(300, leaf(9_999))),
        by_mode=_REWRITTEN,
    ),
    Case(
        name="truncated",
        lie=again(lambda log: log.entries.__delitem__(slice(600, None))),
        by_mode=_REWRITTEN,
    ),
    Case(name="truncated to one", lie=entries(lambda log: log.entries[:1]), by_mode=_REWRITTEN),
    Case(
        name="emptied",
        lie=entries(lambda _: []),
        all=_EMPTY,
        by_mode=_REWRITTEN,
    ),
    Case(name="two histories at once", lie=two_histories, all=_NO_HISTORY),
    # What the log signs.
    Case(name="signed by a stranger", lie=stranger, all=UNSIGNED, is_whole=True),
    Case(
        name="another key, and signed with it",
        lie=rekeyed,
        by_mode={
            "later": {**UNSIGNED, "key": "changed"},
            "first": SOUND["first"],
            "own": {**UNSIGNED, "key": "changed"},
        },
        is_whole=True,
    ),
    Case(
        name="another key offered",
        lie=offering_another_key,
        all={"key": "changed"},
        by_mode={"first": None},
    ),
    Case(
        name="of another origin",
        lie=signed(lambda log: log.note().text.replace("reelm.", "other.")),
        all=UNSIGNED,
        is_whole=True,
        by_mode={"first": UNSIGNED},
    ),
    Case(
        name="with an extension",
        lie=signed(lambda log: f"{log.note().text}more\n"),
        all=UNSIGNED,
        is_whole=True,
    ),
    Case(
        name="no checkpoint at all",
        lie=file("checkpoint", lambda _: b"garbage"),
        all=UNSIGNED,
        is_whole=True,
    ),
    Case(
        name="checkpoint gone",
        lie=file("checkpoint", gone),
        all=UNSIGNED,
        is_whole=True,
        by_mode={"first": None, "own": None},
    ),
    Case(
        name="a million entries, and nothing behind them",
        lie=claiming(1_000_000),
        all={**_UNREAD, "complete": "altered", "tiles": "altered"},
        by_mode={"later": {"appended": "unread"}},
        browser_later=_NO_HISTORY,
        why=_MISSING,
    ),
    Case(
        name="two to the 62nd entries",
        lie=claiming(1 << 62),
        all={**_UNREAD, "complete": "altered", "tiles": "altered"},
        by_mode={"later": {"appended": "unread"}},
        browser=UNSIGNED,
        why=_SIZES,
    ),
    Case(
        name="another root",
        lie=claiming(SIZE),
        all={"complete": "altered", "tiles": "altered"},
        by_mode=_REWRITTEN,
    ),
    Case(
        name="no entries, and a root of some",
        lie=claiming(0),
        all={**_EMPTY, "complete": "altered", "tiles": "altered"},
        by_mode=_REWRITTEN,
        browser=UNSIGNED,
        why="the page refuses such a checkpoint when it reads it",
    ),
    # Witnesses.
    Case(name="one cosignature dropped", lie=cosigned(lambda _, true: true[1:]), all=_TOO_FEW),
    Case(name="all cosignatures dropped", lie=cosigned(lambda *_: []), all=_TOO_FEW),
    Case(name="cosignature forged", lie=cosigned(forged), all=_FORGED),
    Case(name="cosignature redated", lie=cosigned(redated_cosignature), all=_FORGED),
    Case(name="cosignature replayed", lie=cosigned(of_a_shorter_log), all=_FORGED),
    Case(name="nothing cosigned", lie=file("checkpoint.cosigned", gone), by_mode=_WITHOUT_FILE),
    Case(name="cosigned is garbage", lie=file("checkpoint.cosigned", lambda _: b"garbage"), all=_FORGED),
    Case(name="seen five hours ago", lie=_nothing, all=_OLD, now=NOW + 5 * 3600),
    Case(name="seen three hours and a minute ago", lie=_nothing, all=_OLD, now=NOW + 3 * 3600 + 60),
    Case(name="seen three hours ago", lie=_nothing, now=NOW + 3 * 3600),
    Case(name="seen tomorrow", lie=again(lambda _: None, seconds=NOW + DAY), all=_OLD),
    Case(
        name="no witness",
        lie=nobody,
        by_mode={
            "first": {"witnesses": "none", "shared": "nobody", "fresh": "nobody"},
            "later": {"witnesses": "dropped", **_TOO_FEW},
            "own": {"witnesses": "none", **_TOO_FEW},
        },
    ),
    Case(
        name="fewer witnesses",
        lie=fewer,
        by_mode={"later": {"witnesses": "dropped", **_TOO_FEW}, "own": _TOO_FEW},
    ),
    Case(name="more witnesses", lie=more),
    Case(name="a lower threshold", lie=file("policy", any_is_enough), by_mode=_DROPPED),
    Case(
        name="garbage for a policy",
        lie=file("policy", lambda _: b"garbage"),
        all={"witnesses": "unreadable"},
        by_mode={"first": None},
    ),
    Case(
        name="a policy of no quorum",
        lie=file("policy", lambda raw: raw.replace(b"quorum both\n", b"")),
        all={"witnesses": "unreadable"},
        by_mode={"first": None},
    ),
    Case(
        name="no policy any more",
        lie=file("policy", gone),
        by_mode={"first": None, "later": {"witnesses": "dropped"}, "own": {"witnesses": "none"}},
    ),
    Case(
        name="witnesses of the realm's own",
        lie=asking("reelm.example/a", "reelm.example/b"),
        all=_OWN,
        by_mode=_ONLY_NEW,
    ),
    Case(
        name="witnesses below the realm's name",
        lie=asking("a.reelm.example/w", "b.reelm.example/w"),
        all=_OWN,
        by_mode=_ONLY_NEW,
    ),
    Case(
        name="one of two is the realm's own",
        lie=asking("one.example/w", "w.reelm.example/w"),
        all=_OWN,
        by_mode=_ONLY_NEW,
    ),
    Case(
        name="witnesses of this machine",
        lie=asking("localhost/a", "127.0.0.1/b"),
        all=_OWN,
        by_mode=_ONLY_NEW,
    ),
    Case(
        name="witnesses at an address of this machine",
        lie=asking("one.example/w", "two.example/w", address="http://127.0.0.1:8410"),
        all=_OWN,
        by_mode=_ONLY_NEW,
    ),
    Case(
        name="a witness of another kind of key",
        lie=quantum,
        by_mode=_ONLY_NEW,
        browser={"shared": "uncheckable", "fresh": "uncheckable"},
        why="no browser can check ML-DSA-44",
    ),
    # Entries.
    Case(
        name="not JSON",
        lie=put(10, b"nothing"),
        all={"shape": "refused"},
        by_mode={"later": {"shape": "refused", **_NO_HISTORY}},
    ),
    Case(
        name="not canonical",
        lie=put(10, leaf(10).replace(b'"v":1', b'"v": 1')),
        all={"shape": "refused"},
        by_mode={"later": {"shape": "refused", **_NO_HISTORY}},
    ),
    Case(
        name="too large an entry",
        lie=put(10, leaf(10, public={"appeal": "x" * 17_000, "decision": "y"})),
        all={"shape": "refused"},
        by_mode=_REWRITTEN,
    ),
    Case(
        name="a field that is not declared",
        lie=put(10, leaf(10).replace(b'"public":{', b'"public":{"a_mail":"a@example.org",')),
        all={"shape": "refused"},
        by_mode=_REWRITTEN,
        browser={"shape": "form"},
        why=_KINDS,
    ),
    Case(
        name="a kind of tomorrow",
        lie=put(10, leaf(10, "kind.of-tomorrow", {})),
        all={"shape": "refused"},
        by_mode=_REWRITTEN,
        browser={"shape": "form"},
        why=_KINDS,
    ),
    Case(
        name="two realms",
        lie=put(10, leaf(10).replace(b'"realm":"us"', b'"realm":"eu"')),
        all={"shape": "refused"},
        by_mode=_REWRITTEN,
        browser={"shape": "form"},
        why=_KINDS,
    ),
    Case(name="dated 2019", lie=redated(300, 1_560_000_000), all={"time": "disordered"}, by_mode=_REWRITTEN),
    Case(name="dated 2099", lie=redated(300, 4_070_000_000), all={"time": "disordered"}, by_mode=_REWRITTEN),
    Case(
        name="dated a day too early",
        lie=redated(300, START - DAY),
        all={"time": "disordered"},
        by_mode=_REWRITTEN,
    ),
    Case(name="dated a few minutes too early", lie=redated(300, START - 1_300), by_mode=_REWRITTEN),
    Case(
        name="dated before the audit that did not see it",
        lie=dated_before,
        by_mode={"later": {"time": "disordered"}},
    ),
    # Removed entries.
    Case(
        name="pruned without a declaration",
        lie=pruned(count=2),
        all={"complete": "undeclared", "shape": "sampled", "time": "sampled"},
    ),
    Case(name="pruned, and nothing says so", lie=pruned(with_index=False), all=_LOST),
    Case(
        name="pruned before its time",
        lie=pruned(days=365),
        all={"complete": "early", "shape": "sampled", "time": "sampled"},
        by_mode=_REWRITTEN,
    ),
    Case(
        name="pruned as declared",
        lie=pruned(days=1, seconds=NOW + 2 * DAY),
        all={"complete": "pruned", "shape": "sampled", "time": "sampled"},
        by_mode=_REWRITTEN,
        now=NOW + 2 * DAY,
    ),
    Case(
        name="pruned as declared, and its hashes as well",
        lie=tile_of_pruned,
        all={"complete": "altered", "tiles": "altered", "shape": "sampled", "time": "sampled"},
        by_mode=_REWRITTEN,
        now=NOW + 2 * DAY,
    ),
    # Files for which nobody answers.
    Case(name="a bundle hidden", lie=_nothing, all=_UNREAD, hidden=("tile/entries/000",)),
    Case(name="a tile hidden", lie=_nothing, all=_UNREAD, hidden=("tile/0/001",)),
    Case(
        name="the policy hidden",
        lie=_nothing,
        all={"witnesses": "unread"},
        by_mode={"first": None},
        hidden=("policy",),
    ),
    Case(
        name="the cosignatures hidden",
        lie=_nothing,
        all={"shared": "unread", "fresh": "unread"},
        hidden=("checkpoint.cosigned",),
    ),
    Case(
        name="a bundle hidden beside an altered one",
        lie=file("tile/entries/000", swapped),
        all={**_UNREAD, "complete": "unread", "tiles": "altered"},
        hidden=("tile/entries/001",),
    ),
)
