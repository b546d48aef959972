"""Check what a provider itself confirms: its own entry in the manifest, and the sites said to be its.

The text is that of docs/spec/manifest.md, "Countersignatures". It names no version: it holds as long as the
entry says the same, and grows old by its date.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from reelm.base import canonical_json
from reelm.realm.signing import has_signed, signer_key

_DOMAIN = "reelm/provider/1"
# A provider says it anew every quarter; what is older may no longer be true.
FRESH_DAYS = 90


class Attestation(StrEnum):
    """The standing of a provider's entry: confirmed by it, confirmed long ago, or only declared."""

    CONFIRMED = "confirmed"
    STALE = "stale"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Countersignature:
    """A provider's signature line; ``signed_on`` is the day it says, YYYY-MM-DD."""

    provider: str
    signed_on: str
    signature: str


def countersigned_text(manifest: Mapping[str, Any], provider: str, *, signed_on: str) -> str | None:
    """Return what a provider signs, or None when the manifest has no such provider."""
    entry = _entry(manifest, provider)
    if entry is None:
        return None
    document = {
        "provider": entry,
        "realm": manifest["realm"]["id"],
        "signed_on": signed_on,
        "sites": [site for site in manifest["sites"] if site["provider"] == provider],
        "v": 1,
    }
    return f"{_DOMAIN}\n{canonical_json(document).decode()}\n"


def attestations(
    manifest: Mapping[str, Any], signatures: Iterable[Countersignature], *, today: date
) -> dict[str, tuple[Attestation, str | None]]:
    """Return the attestation of each provider, and the day of the newest signature that fits its entry."""
    days: dict[str, str] = {}
    for each in signatures:
        if _fits(manifest, each, today):
            days[each.provider] = max(each.signed_on, days.get(each.provider, ""))
    return {
        provider["id"]: _attestation(days.get(provider["id"]), today) for provider in manifest["providers"]
    }


def _attestation(signed_on: str | None, today: date) -> tuple[Attestation, str | None]:
    if signed_on is None:
        return Attestation.DECLARED, None
    is_fresh = today - date.fromisoformat(signed_on) <= timedelta(days=FRESH_DAYS)
    return (Attestation.CONFIRMED if is_fresh else Attestation.STALE), signed_on


def _fits(manifest: Mapping[str, Any], signature: Countersignature, today: date) -> bool:
    """Whether it is the provider's own, about the entry as it is now, and not of a day to come."""
    text = countersigned_text(manifest, signature.provider, signed_on=signature.signed_on)
    entry = _entry(manifest, signature.provider) or {}
    key = signer_key(entry.get("key", ""))
    if text is None or key is None or not has_signed(key, text, signature.signature):
        return False
    try:
        # One day more: it may be tomorrow already where the provider is.
        return date.fromisoformat(signature.signed_on) <= today + timedelta(days=1)
    except ValueError:
        return False


def _entry(manifest: Mapping[str, Any], provider: str) -> Mapping[str, Any] | None:
    return next((each for each in manifest["providers"] if each["id"] == provider), None)
