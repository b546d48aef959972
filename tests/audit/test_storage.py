"""What an auditor can say of storage: contradictions are found, and the rest is never more than a promise."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from reelm_audit.errors import Malformed
from reelm_audit.leaf import Leaf, canonical, reader
from reelm_audit.subjects import Beside, judge
from reelm_audit.verdict import Verdict

READER = reader()


def manifest(hosts: Sequence[str] = "abcde", *, parents: str = "", cities: str = "") -> bytes:
    """Five stores: the host of each, and the owner and the site of each where they are not its own."""
    owners, places = parents or hosts, cities or hosts
    declared = {
        "providers": [
            {"id": host, "name": host, "parent": parent, "country": "NL"}
            for host, parent in dict(zip(hosts, owners, strict=True)).items()
        ],
        "sites": [
            {"id": f"{place}{at}" if not cities else place, "provider": host}
            for at, (host, place) in enumerate(zip(hosts, places, strict=True))
        ],
    }
    stores = [{"id": f"store-{at}", "site": site["id"]} for at, site in enumerate(declared["sites"])]
    return canonical({"manifest": {**declared, "stores": stores}, "v": 1, "version": 1})


def figures(count: int = 5, **changed: Any) -> bytes:
    store = {"stage": "active", "fragments": 10, "reads_alone": 0}
    stores = [{**store, "id": f"store-{at}", **changed} for at in range(count)]
    return json.dumps({"stores": stores, "objects_unreadable": 0}).encode()


def leaves(document: bytes, *more: dict[str, Any]) -> list[Leaf]:
    published = {"version": 1, "digest": sha256(document).hexdigest()}
    said = [{"kind": "manifest.publish", "public": published}, *more]
    time = "2026-11-25T12:00:00.000Z"
    return [
        READER.read(canonical({**each, "realm": "us", "time": time, "v": 1}), index)
        for index, each in enumerate(said)
    ]


def verdicts(document: bytes, *more: dict[str, Any], **beside: Any) -> dict[str, Verdict]:
    claims = judge("storage", leaves(document, *more), Beside(now_seconds=0, **beside), is_sound=True)
    return {claim.id.partition(".")[2]: claim.verdict for claim in claims}


def test_what_is_not_given_is_promised_and_what_is_not_published_is_said() -> None:
    assert verdicts(manifest()) == {
        "declared": Verdict.PROMISED,
        "apart": Verdict.PROMISED,
        "figures": Verdict.PROMISED,
        "planted": Verdict.NOT_PUBLISHED,
    }


def test_only_that_the_list_is_the_one_on_record_is_ever_proven() -> None:
    document = manifest()
    found = verdicts(document, manifest=document, placement=figures())
    assert {name for name, verdict in found.items() if verdict is Verdict.PROVEN} == {"declared"}
    assert Verdict.FAILED not in found.values()


def test_a_manifest_that_is_not_on_record_is_found_and_nothing_is_concluded_from_it() -> None:
    found = verdicts(manifest(), manifest=manifest("aaaaa"), placement=figures())
    assert found["declared"] is Verdict.FAILED
    assert (found["apart"], found["figures"]) == (Verdict.PROMISED, Verdict.PROMISED)


@pytest.mark.parametrize(
    "document",
    [
        manifest("aaabc"),
        manifest("abcde", parents="xxxyz"),
        manifest("abcde", cities="ppppp"),
    ],
    ids=["one host", "one owner", "one site"],
)
def test_stores_that_depend_on_each_other_are_found(document: bytes) -> None:
    assert verdicts(document, manifest=document)["apart"] is Verdict.FAILED


@pytest.mark.parametrize(
    "placement",
    [figures(4), figures(6), figures(reads_alone=3), b'{"stores": [], "objects_unreadable": 0}'],
    ids=["a declared one is missing", "one is not declared", "one could read", "none"],
)
def test_figures_that_do_not_fit_are_found(placement: bytes) -> None:
    document = manifest()
    assert verdicts(document, manifest=document, placement=placement)["figures"] is Verdict.FAILED


def test_a_store_that_was_left_may_still_be_told_of() -> None:
    document = manifest()
    left = json.loads(figures(6))
    left["stores"][5]["stage"] = "withdrawn"
    placement = json.dumps(left).encode()
    assert verdicts(document, manifest=document, placement=placement)["figures"] is Verdict.PROMISED


def test_a_planted_record_that_was_seen_elsewhere_is_told() -> None:
    public = {"canary": "01h455vb4pex5vsknk084sn02q", "seen_at": "2026-11-25T12:00:00.000Z", "place": "forum"}
    hit = {"kind": "canary.hit", "public": public}
    assert verdicts(manifest(), hit)["planted"] is Verdict.FAILED


@pytest.mark.parametrize("placement", [b"", b"[]", b"{}", b'{"stores": [1]}', b'{"stores": [{"id": []}]}'])
def test_figures_of_no_known_form_are_not_judged(placement: bytes) -> None:
    document = manifest()
    with pytest.raises(Malformed):
        verdicts(document, manifest=document, placement=placement)
