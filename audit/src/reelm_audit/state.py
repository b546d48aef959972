"""What an auditor keeps between two audits, so that a log cannot tell another story the next time."""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from reelm_audit.errors import AuditError, Malformed, Unusable
from reelm_audit.files import write_durably
from reelm_audit.tlog import base64
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import VerifierKey
from reelm_audit.tlog.merkle import HASH_BYTES, Frontier
from reelm_audit.tlog.note import Note
from reelm_audit.tlog.tiles import WIDTH

_FORMAT = "reelm-audit-state/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The last audit without a fault.

    Attributes:
        key: whose signature is believed.
        is_key_named: whether a person named the key, or it was taken from the log at the first audit.
        policy: the trust policy in use, its bytes; None without one.
        is_policy_named: whether a person named it, or it was taken from the log.
        offered: the policy that the log published, its bytes; None without one.
        note: the checkpoint that was audited.
        own_size: entries of the log's own checkpoint, which in a copy may be older than the cosigned one.
        cosigned: the newest one that witnesses had cosigned; None without one.
        frontier: hashes of everything before the last multiple of 256.
        first_seconds: when this log was audited first.
        checked_seconds: when it was audited last.
    """

    key: VerifierKey
    is_key_named: bool
    policy: bytes | None
    is_policy_named: bool
    offered: bytes | None
    note: Note
    own_size: int
    cosigned: Note | None
    frontier: tuple[tuple[int, bytes], ...]
    first_seconds: int
    checked_seconds: int

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(self.note.text)

    def save(self, path: Path) -> None:
        """Durable when this returns. Raises ``Unusable``."""
        value = {
            "format": _FORMAT,
            "key": str(self.key),
            "is_key_named": self.is_key_named,
            "policy": None if self.policy is None else self.policy.decode("latin-1"),
            "is_policy_named": self.is_policy_named,
            "offered": None if self.offered is None else self.offered.decode("latin-1"),
            "checkpoint": bytes(self.note).decode(),
            "own_size": self.own_size,
            "cosigned": None if self.cosigned is None else bytes(self.cosigned).decode(),
            "frontier": [[leaves, base64.encode(digest)] for leaves, digest in self.frontier],
            "first_seconds": self.first_seconds,
            "checked_seconds": self.checked_seconds,
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, json.dumps(value, indent=1).encode() + b"\n")
        except OSError as fault:
            raise Unusable(f"What was found could not be kept in {path}: {fault.strerror}.") from None

    @classmethod
    def load(cls, path: Path) -> "State | None":
        """None before the first audit.

        Raises:
            Unusable: the file is damaged. An audit must not begin anew without a person knowing it.
        """
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise Unusable(f"{path} cannot be read: {fault.strerror}.") from None
        try:
            return cls._read(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, AuditError) as fault:
            raise Unusable(
                f"{path}, which says what was audited before, is damaged ({fault}). Nothing was audited. "
                "Restore it, or remove it to start again as if this log had never been seen."
            ) from None

    @classmethod
    def _read(cls, value: dict[str, Any]) -> "State":
        if value["format"] != _FORMAT:
            raise Malformed("it is of another version")
        frontier = [
            (int(leaves), base64.decode(text, what="A hash", length_bytes=HASH_BYTES))
            for leaves, text in value["frontier"]
        ]
        policy, cosigned = value["policy"], value["cosigned"]
        # An older state has it only where it is also the policy in use.
        offered = value.get("offered", None if value["is_policy_named"] else policy)
        kept = cls(
            key=VerifierKey.parse(value["key"]),
            is_key_named=bool(value["is_key_named"]),
            policy=None if policy is None else policy.encode("latin-1"),
            is_policy_named=bool(value["is_policy_named"]),
            offered=None if offered is None else offered.encode("latin-1"),
            note=Note.parse(value["checkpoint"].encode()),
            own_size=int(value["own_size"]),
            cosigned=None if cosigned is None else Note.parse(cosigned.encode()),
            frontier=tuple(frontier),
            first_seconds=int(value["first_seconds"]),
            checked_seconds=int(value["checked_seconds"]),
        )
        if Frontier(frontier).size != kept.checkpoint.size // WIDTH * WIDTH:
            raise Malformed("its hashes are not of its checkpoint")
        return kept


def default_path(location: str) -> Path:
    """Where the state of a log is kept unless the user says otherwise; one file for each place of a log."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    named = location if "://" in location else str(Path(location).resolve())
    return home / "reelm-audit" / f"{sha256(named.encode()).hexdigest()[:16]}.json"
