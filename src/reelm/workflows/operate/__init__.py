"""Declare what a realm runs by, and keep it whole and tidy.

``declare`` and ``publish_release`` put manifest, policies and code on the ledger before anything is done by
them. ``repair``, ``scrub``, ``refresh_keys``, ``prune`` and ``tidy`` run now and then while the realm
runs. ``withdraw`` leaves a provider, ``locate`` says where a clip's bytes lie.
"""

from reelm.workflows.operate.declare import Declaring, declare, publish_release
from reelm.workflows.operate.maintain import locate, prune, refresh_keys, renew, repair, scrub, withdraw
from reelm.workflows.operate.tidy import sweep, tidy

__all__ = [
    "Declaring",
    "declare",
    "locate",
    "prune",
    "publish_release",
    "refresh_keys",
    "renew",
    "repair",
    "scrub",
    "sweep",
    "tidy",
    "withdraw",
]
