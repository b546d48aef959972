"""Read the settings of a realm into one tree: the comment above each field is its manual.

Read once per process, from ``DATA/settings.toml`` where there is one, then from the command line. Anything
unknown or out of range stops the start with the line and the fix; secrets are never values here, only files
under ``paths``. No other package is imported at the top: the supervisor reads this before anything heavy.
"""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn

from reelm.app.paths import Paths

LOG_LEVELS = ("debug", "info", "warning", "error")
_FLAGS = ("host", "port", "public_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """The limits of uploads. A file over any of these is refused with the limit in the message."""

    # The largest file accepted, in bytes: 1,000,000 to 4,294,967,295. The default is 2 GiB.
    max_size_bytes: int = 2 * 1024**3

    # The longest clip accepted, in seconds: 1 to 3600.
    max_duration_seconds: int = 180

    # The most pixels in one frame, width times height: 65,536 to 67,108,864. The default lets 5.3K pass.
    max_pixels: int = 4096 * 4096

    # How long an upload waits to be posted, or for more of it to arrive, before it is removed, in seconds:
    # 60 to 604,800 (a week).
    keep_seconds: int = 86_400

    # The most bytes that one account may have waiting, sent or announced: 1,000,000 to 1,099,511,627,776.
    # A clip that is published in full no longer counts. The default is 8 GiB.
    quota_bytes: int = 8 * 1024**3

    # The most uploads that one account may have begun and not finished: 1 to 1,000.
    max_open: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The effective settings of one realm; ``origins`` says where each came from."""

    # The folder that holds everything of the realm. Only the command line sets it: --data DIR.
    data: Path

    # The address to listen on. 127.0.0.1 is this machine only, 0.0.0.0 is every network this machine is on.
    host: str = "127.0.0.1"

    # The port to listen on, 1 to 65535.
    port: int = 8420

    # The address that people type. Set it when a proxy stands in front; links and cookies follow it.
    # Without it: http:// with the host and the port.
    public_url: str = ""

    # The addresses of the proxies that stand in front, separated by commas; networks too: 10.0.0.0/8.
    # Only from these is X-Forwarded-For believed; without it all visitors of a proxy share its limits.
    trusted_proxies: str = ""

    # Where the database is: sqlite:///PATH or postgresql://USER@HOST/NAME.
    # Without it: records.sqlite in the data folder.
    # A password belongs into the file that PostgreSQL's PGPASSFILE names, not here.
    database_url: str = ""

    # Where the durable jobs are, same forms. Without it: jobs.sqlite in the data folder.
    jobs_database_url: str = ""

    # How many processes answer requests, 1 to 64. One is enough for a few hundred viewers at once.
    web_processes: int = 1

    # How many clips are encoded at the same time on this machine, 0 to 64. With 0, clips that need encoding
    # wait for an encoder elsewhere.
    encoders: int = 2

    # Whether clips of 720p and more get one more rendition, 720p in AV1, for players that decode it: on or
    # off. It is made last, when no clip waits for anything else. This machine's ffmpeg must have SVT-AV1.
    av1: str = "off"

    # How many days a key that wraps the keys of people is used, 1 to 90. At its end it is replaced and
    # destroyed, and with it whatever a copy of the database still held of people erased meanwhile.
    key_epoch_days: int = 7

    # For how many days the entries of the ledger are kept, 30 to 36,500; without it for good. It is declared
    # on the ledger itself, and the hashes of what was removed stay. Who wants to keep more, mirrors it.
    ledger_retention_days: int = 0

    # How much is logged, as JSON lines in the data folder's logs: debug, info, warning or error.
    log_level: str = "info"

    uploads: Uploads = field(default_factory=Uploads)

    # Dotted name of every setting -> "default", "settings.toml line N" or the flag.
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def paths(self) -> Paths:
        """Return the paths of all files in the data folder."""
        return Paths(self.data)


_DEFAULT: dict[str, Any] = {entry.name: entry.default for entry in fields(Settings)}


def load(data: Path, *, flags: Mapping[str, str | int | None] | None = None) -> Settings:
    """Load the settings of the realm in ``data``: its settings.toml, overruled by the command line.

    Args:
        data: the realm's folder; it need not exist yet.
        flags: host, port, public_url; None means "not given".

    Raises:
        BadSettings: every fault of the file at once, each with its line and what to do.
    """
    folder = data.expanduser().absolute()
    path = Paths(folder).settings
    text = _read(path)
    given, origins = _File(text, path).values()
    for name, value in (flags or {}).items():
        if value is not None:
            given[name] = value
            origins[name] = f"--{name.replace('_', '-')}"
    faults = [
        f"{origins[name]}: {name} {fault}"
        for name, value in given.items()
        if (fault := fault_of(name, value))
    ]
    if faults:
        _refuse(path, faults)
    return _build(folder, given, origins)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every process of a realm takes besides ``--data``."""
    defaults = {entry.name: entry.default for entry in fields(Settings)}
    parser.add_argument(
        "--host", help=f"address to listen on (default {defaults['host']}: this machine only)"
    )
    parser.add_argument("--port", type=int, help=f"port to listen on (default {defaults['port']})")
    parser.add_argument(
        "--public-url", metavar="URL", help="address that people type, when a proxy stands in front"
    )


def from_command_line(arguments: Sequence[str], *, program: str) -> Settings:
    """Read what a child process of the supervisor is given: ``--data DIR`` and the flags handed on."""
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    add_flags(parser)
    parsed = parser.parse_args(arguments)
    return load(parsed.data, flags={name: getattr(parsed, name) for name in _FLAGS})


def as_arguments(settings: Settings) -> list[str]:
    """Return the command line that gives a child process these same settings."""
    given = [("--data", str(settings.data))]
    given += [
        (settings.origins[name], str(getattr(settings, name)))
        for name in _FLAGS
        if settings.origins.get(name, "").startswith("--")
    ]
    return [part for pair in given for part in pair]


def fault_of(name: str, value: object) -> str | None:
    """Return what is wrong with a value and what would be right, or None."""
    rule = _RULES.get(name)
    if rule is None:
        return f"is not a setting; {_suggestion(name)}"
    kind, check, right = rule
    if not isinstance(value, kind) or isinstance(value, bool) or not check(value):
        return f"must be {right}, not {value!r}"
    return None


def effective(settings: Settings) -> list[tuple[str, object, str]]:
    """Return (name, value, where it came from) of every setting, in the order of the manual."""
    rows: list[tuple[str, object, str]] = []
    for name in ("data", *_RULES):
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        rows.append((name, value, settings.origins.get(name, "default")))
    return rows


class _File:
    """settings.toml as dotted names, with the line of each."""

    def __init__(self, text: str, path: Path) -> None:
        self._text = text
        self._path = path

    def values(self) -> tuple[dict[str, Any], dict[str, str]]:
        try:
            tree = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            _refuse(self._path, [f"{error}. Write one name = value per line"])
        given: dict[str, Any] = {}
        for name, value in tree.items():
            if isinstance(value, dict):
                given.update({f"{name}.{inner}": leaf for inner, leaf in value.items()})
            else:
                given[name] = value
        return given, {name: f"{self._path.name} line {self._line(name)}" for name in given}

    def _line(self, name: str) -> int:
        table, _, key = name.rpartition(".")
        current = ""
        for number, line in enumerate(self._text.splitlines(), start=1):
            bare = line.split("#")[0].strip()
            if bare.startswith("["):
                current = bare.strip("[] ")
            found = bare.partition("=")[0].strip().strip("\"'")
            if (current == table and found == key) or (not current and found.replace(" ", "") == name):
                return number
        return 1


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        _refuse(path, [f"cannot be read as text: {error}"])


def _build(folder: Path, given: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    paths = Paths(folder)
    top = {name: value for name, value in given.items() if "." not in name}
    uploads = {name.partition(".")[2]: value for name, value in given.items() if "." in name}
    host, port = top.get("host", _DEFAULT["host"]), top.get("port", _DEFAULT["port"])
    top["public_url"] = (top.get("public_url") or f"http://{_reachable(host)}:{port}").rstrip("/")
    top["database_url"] = top.get("database_url") or _sqlite_url(paths.records)
    top["jobs_database_url"] = top.get("jobs_database_url") or _sqlite_url(paths.jobs)
    return Settings(data=folder, **top, uploads=Uploads(**uploads), origins=dict(origins))


def _sqlite_url(path: Path) -> str:
    """Return the address of a file of any name; in it ``?`` would end the name, and ``%`` begins a code."""
    return "sqlite:///" + str(path).replace("%", "%25").replace("?", "%3F")


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not listened on
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _suggestion(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    close = get_close_matches(name, _RULES, n=1)
    return f"did you mean {close[0]}?" if close else "`./reelm settings` lists them"


def _refuse(path: Path, faults: Sequence[str]) -> NoReturn:
    from reelm.app.errors import BadSettings  # noqa: PLC0415 - reelm.base costs a warm start half a second

    listed = "".join(f"\n  {fault}" for fault in faults)
    where = "the command" if all(fault.startswith("--") for fault in faults) else path
    raise BadSettings(f"Nothing was started. Correct {where}:{listed}")


def _between(low: int, high: int) -> tuple[type, Any, str]:
    return int, lambda value: low <= value <= high, f"a whole number from {low:,} to {high:,}"


def _one_of(*words: str) -> tuple[type, Any, str]:
    return str, lambda value: value in words, "one of " + ", ".join(words)


def _starting(*prefixes: str) -> tuple[type, Any, str]:
    return (
        str,
        lambda value: value.startswith(prefixes),
        "an address that starts with " + " or ".join(prefixes),
    )


def _are_networks(value: str) -> bool:
    from ipaddress import ip_network  # noqa: PLC0415 - only a realm behind a proxy needs it

    try:
        return bool([ip_network(part.strip()) for part in value.split(",")])
    except ValueError:
        return False


_DATABASES = _starting("sqlite:///", "postgresql://")
_RULES: dict[str, tuple[type, Any, str]] = {
    "host": (str, bool, "an address or a host name"),
    "port": _between(1, 65_535),
    "public_url": _starting("http://", "https://"),
    "trusted_proxies": (str, _are_networks, "addresses or networks separated by commas, such as 127.0.0.1"),
    "database_url": _DATABASES,
    "jobs_database_url": _DATABASES,
    "web_processes": _between(1, 64),
    "encoders": _between(0, 64),
    "av1": _one_of("off", "on"),
    "key_epoch_days": _between(1, 90),
    "ledger_retention_days": _between(30, 36_500),
    "log_level": _one_of(*LOG_LEVELS),
    "uploads.max_size_bytes": _between(1_000_000, 4_294_967_295),
    "uploads.max_duration_seconds": _between(1, 3_600),
    "uploads.max_pixels": _between(65_536, 67_108_864),
    "uploads.keep_seconds": _between(60, 604_800),
    "uploads.quota_bytes": _between(1_000_000, 1_099_511_627_776),
    "uploads.max_open": _between(1, 1_000),
}
