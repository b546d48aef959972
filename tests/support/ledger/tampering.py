"""Random tamperings with a log, each of which an audit must notice: of its files, and by its operator.

A seed is one tampering. The operator's ones are signed anew with the log's own key, and some with the help of
witnesses; what gives them away is what the auditor kept and what other witnesses saw.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: a tampering can be repeated
from typing import TypeAlias

from reelm_audit.ledger import Demand, audit_ledger
from reelm_audit.tlog import base64
from reelm_audit.tlog.keys import Kind, SignerKey
from reelm_audit.tlog.note import Note, Signature
from reelm_audit.tlog.tiles import cut_bundle, join_bundle
from reelm_audit.verdict import Verdict
from support.ledger.logs import START, SomeLog, leaf, signer

BEFORE, SIZE = 650, 700
NOW = START + 7200
DAYS = 3 * 86_400
Files: TypeAlias = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """One tampering: its kind, and whether the audit noticed."""

    kind: str
    is_noticed: bool


class Ground:
    """A sound log, an audit of its beginning, and what a tamperer may use."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.log = SomeLog.of(home / "log", BEFORE)
        self._policy = self.log.policy()
        if not self._audit("sound", now_seconds=START + 60):
            raise AssertionError("the sound log does not pass")
        shutil.copy(home / "state.json", home / "kept.json")
        self.then = _files(home / "log")
        self.log.entries += [leaf(number) for number in range(BEFORE, SIZE)]
        self.log.publish(seconds=NOW - 60)
        self.sound = _files(home / "log")
        self.entries = tuple(self.log.entries)

    def play(self, seed: int) -> Case:
        """Tamper as the seed says, and audit."""
        random = Random(seed)
        tamper = random.choice(TAMPERINGS)
        self.log.entries = list(self.entries)
        files = dict(self.sound)
        changed = tamper(self, files, random)
        if changed == self.sound:
            raise AssertionError(f"seed {seed} changed nothing")
        shutil.rmtree(self.log.folder, ignore_errors=True)
        for name, raw in changed.items():
            path = self.log.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        shutil.copy(self._home / "kept.json", self._home / "state.json")
        return Case(tamper.__name__.strip("_"), not self._audit("tampered"))

    def _audit(self, name: str, *, now_seconds: int = NOW) -> bool:
        """Whether nothing was found."""
        demand = Demand(
            location=str(self.log.folder),
            state_path=self._home / "state.json",
            evidence_folder=self._home / "evidence" / name,
            policy=self._policy,
            is_full=True,
            processes=1,
        )
        claims = audit_ledger(demand, now_seconds=now_seconds).claims
        return all(claim.verdict is not Verdict.FAILED for claim in claims)

    def published(self, *, seconds: int = NOW - 60) -> Files:
        """The files of the log with its present entries, signed and cosigned."""
        self.log.publish(seconds=seconds)
        return _files(self.log.folder)


def _files(folder: Path) -> Files:
    """All but the policy, which an auditor who brought their own does not read."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "policy")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _flip(_ground: Ground, files: Files, random: Random) -> Files:
    name = random.choice(sorted(files))
    raw = bytearray(files[name])
    raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return {**files, name: bytes(raw)}


def _remove_file(_ground: Ground, files: Files, random: Random) -> Files:
    del files[random.choice([name for name in files if name != "checkpoint.cosigned"])]
    return files


def _shorten_file(_ground: Ground, files: Files, random: Random) -> Files:
    name = random.choice(sorted(files))
    return {**files, name: files[name][: random.randrange(len(files[name]))]}


def _lengthen_file(_ground: Ground, files: Files, random: Random) -> Files:
    name = random.choice(sorted(files))
    return {**files, name: files[name] + random.randbytes(random.randint(1, 40))}


def _in_bundle(files: Files, random: Random, change: Callable[[list[bytes]], None]) -> Files:
    name = random.choice([name for name in sorted(files) if "entries" in name])
    width = int(name.partition(".p/")[2] or 256)
    entries = cut_bundle(files[name], width)
    change(entries)
    return {**files, name: join_bundle(entries)}


def _remove_entry(_ground: Ground, files: Files, random: Random) -> Files:
    return _in_bundle(files, random, lambda entries: entries.__delitem__(random.randrange(len(entries))))


def _repeat_entry(_ground: Ground, files: Files, random: Random) -> Files:
    return _in_bundle(files, random, lambda entries: entries.append(entries[-1]))


def _replace_entry(_ground: Ground, files: Files, random: Random) -> Files:
    other = leaf(random.randrange(10_000, 20_000))
    return _in_bundle(
        files, random, lambda entries: entries.__setitem__(random.randrange(len(entries)), other)
    )


def _swap_entries(_ground: Ground, files: Files, random: Random) -> Files:
    def swap(entries: list[bytes]) -> None:
        one, other = random.sample(range(len(entries)), 2)
        entries[one], entries[other] = entries[other], entries[one]

    return _in_bundle(files, random, swap)


def _exchange_files(_ground: Ground, files: Files, random: Random) -> Files:
    one, other = random.sample([name for name in sorted(files) if name.startswith("tile/")], 2)
    return {**files, one: files[other], other: files[one]}


def _replace_hash(_ground: Ground, files: Files, random: Random) -> Files:
    name = random.choice([name for name in sorted(files) if name.startswith(("tile/0", "tile/1"))])
    at = random.randrange(len(files[name]) // 32) * 32
    return {**files, name: files[name][:at] + random.randbytes(32) + files[name][at + 32 :]}


def _change_line(_ground: Ground, files: Files, random: Random) -> Files:
    """Origin, size or root of a checkpoint, under the signatures of the true one."""
    name = random.choice(["checkpoint", "checkpoint.cosigned"])
    note = Note.parse(files[name])
    lines = note.text.splitlines()
    others = ["reelm.example/other", str(random.randrange(1, 2 * SIZE)), base64.encode(random.randbytes(32))]
    at = random.randrange(3)
    lines[at] = others[at] if others[at] != lines[at] else "1"
    text = "".join(f"{line}\n" for line in lines)
    return {**files, name: bytes(Note(text, note.signatures))}


def _cosigned(ground: Ground, files: Files, made: list[Signature]) -> Files:
    note = ground.log.note()
    return {**files, "checkpoint.cosigned": bytes(note.with_signatures(made))}


def _forge_cosignature(ground: Ground, files: Files, random: Random) -> Files:
    """In the name of a witness, with a key of the tamperer."""
    note = ground.log.note(seconds=NOW)
    at = random.randrange(1, 3)
    true = note.signatures[at]
    key = ground.log.witnesses[at - 1]
    false = SignerKey(key.name, key.kind, random.randbytes(32)).sign(note.text, seconds=NOW)
    made = list(note.signatures[1:])
    made[at - 1] = Signature(true.name, true.key_id, false.signature)
    return _cosigned(ground, files, made)


def _drop_cosignature(ground: Ground, files: Files, random: Random) -> Files:
    made = list(ground.log.note(seconds=NOW).signatures[1:])
    del made[random.randrange(2)]
    return _cosigned(ground, files, made)


def _stale_cosignature(ground: Ground, files: Files, random: Random) -> Files:
    seconds = NOW - DAYS - random.randrange(DAYS)
    return _cosigned(ground, files, list(ground.log.note(seconds=seconds).signatures[1:]))


def _redate_cosignature(ground: Ground, files: Files, random: Random) -> Files:
    """An old cosignature with a new time written over its own."""
    made = list(ground.log.note(seconds=NOW - DAYS).signatures[1:])
    at = random.randrange(2)
    old = made[at]
    made[at] = Signature(old.name, old.key_id, NOW.to_bytes(8, "big") + old.signature[8:])
    return _cosigned(ground, files, made)


def _replay_cosignature(ground: Ground, files: Files, random: Random) -> Files:
    """Of a shorter history, below the present checkpoint."""
    old = ground.log.note(random.randrange(1, SIZE), seconds=NOW)
    return _cosigned(ground, files, list(old.signatures[1:]))


def _stranger_signs(ground: Ground, files: Files, random: Random) -> Files:
    key = signer(ground.log.key.name, random.randrange(100, 200), Kind.ED25519)
    return {**files, "checkpoint": bytes(ground.log.note(key=key))}


def _rewrite(ground: Ground, _files: Files, random: Random) -> Files:
    """The operator, with the log's key and all witnesses."""
    ground.log.entries[random.randrange(BEFORE)] = leaf(random.randrange(10_000, 20_000))
    return ground.published()


def _rewrite_alone(ground: Ground, files: Files, random: Random) -> Files:
    """The operator, with the log's key and what witnesses had signed before."""
    ground.log.entries[random.randrange(SIZE)] = leaf(random.randrange(10_000, 20_000))
    return {**ground.published(), "checkpoint.cosigned": files["checkpoint.cosigned"]}


def _reorder(ground: Ground, _files: Files, random: Random) -> Files:
    one, other = random.sample(range(BEFORE), 2)
    entries = ground.log.entries
    entries[one], entries[other] = entries[other], entries[one]
    return ground.published()


def _leave_out(ground: Ground, _files: Files, random: Random) -> Files:
    del ground.log.entries[random.randrange(BEFORE)]
    return ground.published()


def _truncate(ground: Ground, _files: Files, random: Random) -> Files:
    del ground.log.entries[random.randrange(BEFORE) :]
    return ground.published()


def _fork(ground: Ground, _files: Files, random: Random) -> Files:
    del ground.log.entries[BEFORE:]
    ground.log.entries[random.randrange(BEFORE)] = leaf(random.randrange(10_000, 20_000))
    return ground.published()


def _go_back(ground: Ground, files: Files, random: Random) -> Files:
    """Of the files, any mixture of old and new in which a checkpoint is old and its data may be."""
    old = {name: raw for name, raw in ground.then.items() if random.random() < 0.5}
    return {**files, **old, "checkpoint.cosigned": ground.then["checkpoint.cosigned"], **_older(ground)}


def _older(ground: Ground) -> Files:
    return {"checkpoint": bytes(ground.log.note(BEFORE - 1))}


def _freeze(ground: Ground, _files: Files, random: Random) -> Files:
    return ground.published(seconds=NOW - DAYS - random.randrange(DAYS))


def _smuggle(ground: Ground, _files: Files, random: Random) -> Files:
    """An entry with a field that is not declared, honestly signed."""
    at = random.randrange(BEFORE, SIZE)
    ground.log.entries[at] = ground.log.entries[at].replace(
        b'"public":{', b'"public":{"a_mail":"a@example.org",'
    )
    return ground.published()


Tamper: TypeAlias = Callable[[Ground, Files, Random], Files]
TAMPERINGS: tuple[Tamper, ...] = (
    _flip,
    _remove_file,
    _shorten_file,
    _lengthen_file,
    _remove_entry,
    _repeat_entry,
    _replace_entry,
    _swap_entries,
    _exchange_files,
    _replace_hash,
    _change_line,
    _forge_cosignature,
    _drop_cosignature,
    _stale_cosignature,
    _redate_cosignature,
    _replay_cosignature,
    _stranger_signs,
    _rewrite,
    _rewrite_alone,
    _reorder,
    _leave_out,
    _truncate,
    _fork,
    _go_back,
    _freeze,
    _smuggle,
)
