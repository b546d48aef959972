"""Tell witnesses that are not the realm's own, by their names and by what the realm declares of itself.

Names are all that an outsider has: whoever runs a witness under a stranger's name is not found out by this.
That is why it takes a person's own policy as well before anything is proven by a witness.
"""

import json
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from reelm_audit.tlog.policy import Policy

MANIFEST_PATH = "/.well-known/reelm/realm.json"


def own_hosts(origin: str, manifest: bytes | None) -> frozenset[str]:
    """The hosts of the realm: of its log, and of its page, pathways, stores and mail as it declares them.

    Args:
        origin: of the log, such as ``reelm.example/ledger``.
        manifest: as the realm serves it, where it is at hand.
    """
    named = [origin, *_declared(manifest)]
    return frozenset(host for each in named if (host := host_of(each)))


def dependent(policy: Policy, own: frozenset[str]) -> frozenset[str]:
    """The witnesses of a policy that are the realm's own, or that are at no place of their own."""
    return frozenset(
        name
        for name, key in policy.witnesses.items()
        if not all(_is_apart(host_of(each), own) for each in _names(key.name, policy.addresses.get(name)))
    )


def host_of(name: str) -> str:
    """The host in an address, an e-mail address, or the name of a key or log; in lower case."""
    try:
        if "://" in name:
            return (urlsplit(name).hostname or "").lower()
        host = name.rpartition("@")[2].partition("/")[0]
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_here(host: str) -> bool:
    """Return whether a host is the machine itself or one of a private network, which names nobody."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified or address.is_link_local


def _names(key_name: str, address: str | None) -> Iterable[str]:
    return (key_name,) if address is None else (key_name, address)


def _is_apart(host: str, own: frozenset[str]) -> bool:
    is_related = any(host == each or host.endswith(f".{each}") or each.endswith(f".{host}") for each in own)
    return bool(host) and not is_here(host) and not is_related


def _declared(manifest: bytes | None) -> list[str]:
    """Return what the realm says is its own; nothing of a document that is none."""
    try:
        said: Any = json.loads(manifest or b"null")["manifest"]
        found = [said["operator"]["contact"], said["realm"].get("public_url", "")]
        found += [each["base_url"] for each in said.get("pathways", [])]
        found += [each["url"] for each in said.get("stores", []) if "url" in each]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    return [each for each in found if isinstance(each, str) and not each.startswith("/")]
