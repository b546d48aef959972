"""A real Chromium in a network of its own: what the app reaches for, from the first look to signing out.

Nothing in that network answers but the realm and a server of names; every name that is looked up and every
packet that leaves is seen. That a silence means something is shown by pages that do what is forbidden.
"""

import json
from typing import Any

import pytest

from support.machine.running import ROOT, need_page
from support.web.hygiene.journeys import JOURNEYS
from support.web.hygiene.namespace import run_alone
from support.web.hygiene.offences import OFFENCES

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("hygiene")]

# Where a browser itself may want to go, whatever it shows.
_CHROMIUMS_OWN = (".google.com", ".googleapis.com", ".gvt1.com")
_OPEN = ("stun.elsewhere.example", "224.0.0.251")


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> dict[str, Any]:
    need_page()
    folder = tmp_path_factory.mktemp("hygiene")
    run_alone(ROOT / "tests" / "support" / "web" / "hygiene" / "program.py", str(folder), chromium)
    found: dict[str, Any] = json.loads((folder / "seen.json").read_text())
    return found


@pytest.fixture(params=[journey.__name__ for journey in JOURNEYS])
def journey(seen: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = seen["journeys"][request.param]
    return found


async def test_on_a_journey_nothing_but_the_realm_is_reached_for(journey: dict[str, Any]) -> None:
    assert journey["contacts"] == []


async def test_on_a_journey_neither_clipboard_nor_direct_connections_are_tried(
    journey: dict[str, Any],
) -> None:
    assert journey["tried"] == []


async def test_on_a_journey_every_answer_has_strict_headers(journey: dict[str, Any]) -> None:
    assert journey["answers"] > 0
    assert journey["faults"] == []


async def test_no_service_worker_outlives_the_page(journey: dict[str, Any]) -> None:
    """There is none; one that is added must be looked at here, since its own requests need headers too."""
    assert journey["workers"] == []


async def test_every_packet_was_looked_at(seen: dict[str, Any]) -> None:
    assert seen["missed"] == 0


async def test_chromium_left_alone_reaches_for_nothing_but_its_makers(seen: dict[str, Any]) -> None:
    others = [where for _, where, _ in seen["idle"] if not where.endswith(_CHROMIUMS_OWN)]
    assert others == []


@pytest.mark.parametrize("name", ["fetch", "picture", "beacon", "socket", "worker", "service", "stun"])
async def test_a_page_that_reaches_for_another_host_is_caught(seen: dict[str, Any], name: str) -> None:
    reached = {(how, where) for how, where, _ in seen["offences"]["contacts"]}
    host = f"{name}.elsewhere.example"
    assert {("name", host), ("datagram" if name == "stun" else "connection", host)} <= reached


@pytest.mark.parametrize("where", [["connection", "203.0.113.9", 8081], ["connection", "127.0.0.1", 8631]])
async def test_a_page_that_reaches_for_an_address_is_caught(seen: dict[str, Any], where: list[Any]) -> None:
    assert where in seen["offences"]["contacts"]


async def test_a_page_that_tries_what_is_forbidden_is_caught(seen: dict[str, Any]) -> None:
    assert seen["offences"]["tried"] == ["RTCPeerConnection", "readText", "execCommand"]


async def test_a_service_worker_and_answers_without_headers_are_caught(seen: dict[str, Any]) -> None:
    offences = seen["offences"]
    assert [address.rpartition("/")[2] for address in offences["workers"]] == ["service.js"]
    assert offences["answers"] >= len(OFFENCES)
    for name in OFFENCES:
        path = f"/{name.replace(' ', '-')}"
        assert any(fault.startswith(f"{path}: ") for fault in offences["faults"])


async def test_the_page_of_a_realm_cannot_do_so_even_if_it_is_made_to(seen: dict[str, Any]) -> None:
    """But for direct connections, which browsers let no policy forbid: those the auditor looks for."""
    assert [each for each in seen["held"] if each[1] not in _OPEN] == []
