"""Build one open realm and run its processes: settings, wiring, supervisor.

Nouns: ``settings`` (the settings of a realm), ``open_realm`` (one open realm, built out of the packages
below), ``examine_place`` (a store tried out before it is part of one), ``Supervisor`` (what keeps its
processes alive), ``state`` (what runs now), ``exit_with_parent`` and ``Heartbeat`` (what each of those
processes owes the supervisor), ``encode_elsewhere`` (what a machine outside the realm does for it).

Nouns are loaded when they are first asked for: a warm start must not load the whole product before its first
process runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reelm.app.bootstrap import open_keys, read_policies
    from reelm.app.database import open_database
    from reelm.app.encoder import Post, encode_elsewhere
    from reelm.app.errors import (
        EXIT_CODES,
        NoTerminal,
        SampleFailed,
        ShareFileFailed,
        StopIncomplete,
        exit_code,
    )
    from reelm.app.leftovers import clear_leftovers
    from reelm.app.lock import holder, is_held
    from reelm.app.offline_staff import OfflineStaff, open_offline_staff
    from reelm.app.paths import Paths
    from reelm.app.processes import make_witnesses, realm_children, require_demo
    from reelm.app.release import running_release
    from reelm.app.stores import examine_place
    from reelm.app.supervised import Heartbeat, exit_with_parent, read_beat
    from reelm.app.supervisor import Supervisor
    from reelm.app.wiring import open_realm, record_release

_HOMES = {
    "EXIT_CODES": "errors",
    "Heartbeat": "supervised",
    "NoTerminal": "errors",
    "OfflineStaff": "offline_staff",
    "Paths": "paths",
    "Post": "encoder",
    "SampleFailed": "errors",
    "ShareFileFailed": "errors",
    "StopIncomplete": "errors",
    "Supervisor": "supervisor",
    "clear_leftovers": "leftovers",
    "encode_elsewhere": "encoder",
    "examine_place": "stores",
    "exit_code": "errors",
    "exit_with_parent": "supervised",
    "holder": "lock",
    "is_held": "lock",
    "make_witnesses": "processes",
    "open_keys": "bootstrap",
    "open_offline_staff": "offline_staff",
    "open_realm": "wiring",
    "open_database": "database",
    "read_beat": "supervised",
    "read_policies": "bootstrap",
    "realm_children": "processes",
    "record_release": "wiring",
    "require_demo": "processes",
    "running_release": "release",
}

__all__ = [
    "EXIT_CODES",
    "Heartbeat",
    "NoTerminal",
    "OfflineStaff",
    "Paths",
    "Post",
    "SampleFailed",
    "ShareFileFailed",
    "StopIncomplete",
    "Supervisor",
    "clear_leftovers",
    "encode_elsewhere",
    "examine_place",
    "exit_code",
    "exit_with_parent",
    "holder",
    "is_held",
    "make_witnesses",
    "open_database",
    "open_keys",
    "open_offline_staff",
    "open_realm",
    "read_beat",
    "read_policies",
    "realm_children",
    "record_release",
    "require_demo",
    "running_release",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"{__name__} has no {name}")
