"""Encoders are shared in the right order."""

import asyncio

import pytest

from reelm.workflows.gates import Priority, PriorityGate


async def take(gate: PriorityGate, priority: Priority, name: str, order: list[str]) -> None:
    async with gate.hold(priority):
        order.append(name)
        await asyncio.sleep(0)


async def test_a_clip_nobody_can_watch_goes_before_one_that_lacks_rungs() -> None:
    gate, order = PriorityGate(1), list[str]()
    async with gate.hold(Priority.FIRST_RUNG):
        waiting = [
            asyncio.create_task(take(gate, Priority.MORE_RUNGS, "more", order)),
            asyncio.create_task(take(gate, Priority.ANALYSIS, "skim", order)),
            asyncio.create_task(take(gate, Priority.FIRST_RUNG, "first a", order)),
            asyncio.create_task(take(gate, Priority.FIRST_RUNG, "first b", order)),
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["first a", "first b", "skim", "more"]


async def test_no_more_holders_than_places() -> None:
    gate, held, most = PriorityGate(2), 0, 0

    async def work() -> None:
        nonlocal held, most
        async with gate.hold(Priority.MORE_RUNGS):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0.001)
            held -= 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert (most, held) == (2, 0)


async def test_somebody_who_stops_waiting_leaves_no_hole() -> None:
    gate, order = PriorityGate(1), list[str]()
    async with gate.hold(Priority.FIRST_RUNG):
        impatient = asyncio.create_task(take(gate, Priority.FIRST_RUNG, "impatient", order))
        patient = asyncio.create_task(take(gate, Priority.FIRST_RUNG, "patient", order))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
    await patient
    assert order == ["patient"]
    await asyncio.wait_for(take(gate, Priority.FIRST_RUNG, "after", order), 1)


async def test_a_place_handed_to_somebody_who_is_leaving_is_passed_on() -> None:
    gate, order = PriorityGate(1), list[str]()
    held = gate.hold(Priority.FIRST_RUNG)
    await held.__aenter__()
    leaving = asyncio.create_task(take(gate, Priority.FIRST_RUNG, "leaving", order))
    await asyncio.sleep(0)
    await held.__aexit__(None, None, None)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await asyncio.wait_for(take(gate, Priority.FIRST_RUNG, "after", order), 1)
