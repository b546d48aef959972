"""The configuration of a witness: a TOML file, read once and strictly."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelm_audit.errors import Malformed, Unusable
from reelm_audit.tlog.keys import VerifierKey

_KEYS = {"listen", "folder", "keys", "logs"}


@dataclass(frozen=True, slots=True)
class Config:
    """What a witness is told; paths are as seen from the file's own folder.

    Attributes:
        host: where to listen.
        port: 0 for any that is free.
        folder: its state.
        keys: files of its secret keys, one or more.
        logs: by origin, the keys of each log.
    """

    host: str
    port: int
    folder: Path
    keys: tuple[Path, ...]
    logs: Mapping[str, tuple[VerifierKey, ...]]

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Raises ``Unusable``, saying what is wrong."""
        try:
            value = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls._of(value, path.parent)
        except OSError as fault:
            raise Unusable(f"{path} cannot be read: {fault.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError, Malformed) as fault:
            raise Unusable(f"{path} is not the configuration of a witness: {fault}") from None

    @classmethod
    def _of(cls, value: dict[str, Any], home: Path) -> "Config":
        if unknown := value.keys() - _KEYS:
            raise Malformed(f"{min(unknown)!r} is not a setting.")
        host, colon, port = str(value.get("listen", "127.0.0.1:8410")).rpartition(":")
        keys = tuple(home / name for name in value["keys"])
        if not colon or not keys:
            raise Malformed("listen is host:port, and there is at least one key.")
        return cls(host.strip("[]"), int(port), home / value["folder"], keys, _logs(value["logs"]))


def _logs(tables: list[dict[str, Any]]) -> dict[str, tuple[VerifierKey, ...]]:
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for table in tables:
        if unknown := table.keys() - {"key", "origin"}:
            raise Malformed(f"{min(unknown)!r} is not a setting of a log.")
        key = VerifierKey.parse(table["key"])
        origin = str(table.get("origin", key.name))
        logs[origin] = (*logs.get(origin, ()), key)
    return logs
