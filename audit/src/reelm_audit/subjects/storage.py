"""Storage: which places are declared, whether they depend on each other, and what the realm says of each.

Nobody outside can look into a store. What is declared is in the ledger, and can contradict itself or the
figures that the realm publishes; that a realm keeps to it is never more than its promise.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeAlias

from reelm_audit.errors import Malformed
from reelm_audit.leaf import Leaf
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_DECLARED = "The list of stores is the one in the ledger"
_APART = "No host, no owner of hosts and no site is declared to hold enough to read anything"
_FIGURES = "The realm's own figures of its stores fit what it declares"
_PLANTED = "Planted records were seen nowhere else"
_FRAGMENTS, _NEEDED = 5, 3  # docs/spec/rvf1.md: any three of five bring an object back
_MOST = min(_NEEDED - 1, _FRAGMENTS - _NEEDED)
_LEFT = {"deleted", "withdrawn"}
_Table: TypeAlias = Mapping[str, Any]


def judge(leaves: Sequence[Leaf], beside: Beside) -> list[Claim]:
    versions = [leaf for leaf in leaves if leaf.kind == "manifest.publish"]
    declared = _declared(versions, beside.manifest, beside.trouble)
    manifest = None
    if beside.manifest is not None and declared.verdict is Verdict.PROVEN:
        manifest = _read(beside.manifest, "manifest")["manifest"]
    try:
        held = [_apart(manifest), _figures(manifest, beside.placement)]
    except (LookupError, TypeError, AttributeError, ValueError):
        raise Malformed("The manifest or the figures are not of the published form.") from None
    return [declared, *held, _planted(leaves)]


def _declared(versions: Sequence[Leaf], manifest: bytes | None, trouble: str | None) -> Claim:
    if not versions:
        return not_published("storage.declared", _DECLARED)
    newest = versions[-1]
    if manifest is None and trouble is not None:
        return Claim(id="storage.declared", says=_DECLARED, verdict=Verdict.NOT_CHECKED, found=trouble)
    if manifest is None:
        found = f"Version {newest.public['version']} is in the ledger by its digest. Name it with --manifest."
        return Claim(id="storage.declared", says=_DECLARED, verdict=Verdict.PROMISED, found=found)
    is_same = sha256(manifest).hexdigest() == newest.public["digest"]
    faults = () if is_same else (f"The manifest is not the one that entry {newest.index} has in the ledger.",)
    found = f"The manifest is the one that entry {newest.index} has in the ledger."
    how = "Its SHA-256 was compared. That data lies nowhere else cannot be seen from outside."
    return judged("storage.declared", _DECLARED, faults=faults, found=found, how=how)


def _apart(manifest: _Table | None) -> Claim:
    if manifest is None:
        return _unknown("storage.apart", _APART)
    providers = {each["id"]: each for each in manifest["providers"]}
    sites = {each["id"]: each for each in manifest["sites"]}
    hosts = [(store, providers[sites[store["site"]]["provider"]]) for store in manifest["stores"]]
    groups: Mapping[str, Callable[[_Table, _Table], str]] = {
        "host": lambda _, host: str(host["name"]),
        "owner": lambda _, host: str(host["parent"]),
        "site": lambda store, _: str(store["site"]),
    }
    faults = []
    for kind, name_of in groups.items():
        held = Counter(name_of(store, host) for store, host in hosts)
        if sum(min(count, _MOST) for count in held.values()) < _FRAGMENTS:
            named = ", ".join(f"{name}: {count}" for name, count in held.most_common(3))
            faults.append(f"Too few of one {kind} each: {named} of {len(hosts)} stores.")
    found = f"{len(hosts)} stores are declared so that none of these needs more than {_MOST} of {_FRAGMENTS}."
    return _at_best_promised(
        judged("storage.apart", _APART, faults=faults, found=found, how="Counted in the manifest.")
    )


def _figures(manifest: _Table | None, placement: bytes | None) -> Claim:
    if manifest is None or placement is None:
        return _unknown("storage.figures", _FIGURES, more=", and /api/storage with --placement,")
    figures = _read(placement, "figures")
    told = {str(each["id"]): each for each in figures["stores"]}
    declared = {each["id"] for each in manifest["stores"]}
    faults = [f"Store {name} is declared, but has no figures." for name in sorted(declared - told.keys())]
    for name, store in sorted(told.items()):
        if name not in declared and store["stage"] not in _LEFT and store["fragments"]:
            faults.append(f"Store {name} holds {store['fragments']:,} fragments and is not declared.")
        if store["reads_alone"]:
            faults.append(f"{store['reads_alone']:,} objects could be decoded by who controls store {name}.")
    if figures["objects_unreadable"]:
        faults.append(f"{figures['objects_unreadable']:,} objects cannot be read at the moment.")
    fragments = sum(each["fragments"] for each in told.values())
    found = f"It says that {len(told)} stores hold {fragments:,} fragments."
    how = "These are the realm's figures about itself, held against its manifest. No store was asked."
    return _at_best_promised(judged("storage.figures", _FIGURES, faults=faults, found=found, how=how))


def _planted(leaves: Sequence[Leaf]) -> Claim:
    hits = [leaf for leaf in leaves if leaf.kind == "canary.hit"]
    if not hits:
        return not_published("storage.planted", _PLANTED)
    faults = [
        f"Entry {hit.index}: one was seen at {hit.public['place']} on {hit.public['seen_at']}."
        for hit in hits
    ]
    return judged("storage.planted", _PLANTED, faults=faults, found="", how="The realm itself says so.")


def _at_best_promised(claim: Claim) -> Claim:
    if claim.verdict is not Verdict.PROVEN:
        return claim
    return Claim(id=claim.id, says=claim.says, verdict=Verdict.PROMISED, found=claim.found, how=claim.how)


def _unknown(claim_id: str, says: str, *, more: str = "") -> Claim:
    found = f"Name the manifest that is in the ledger with --manifest{more} to have this looked at."
    return Claim(id=claim_id, says=says, verdict=Verdict.PROMISED, found=found)


def _read(raw: bytes, what: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Malformed(f"The {what} cannot be read as JSON.") from None
