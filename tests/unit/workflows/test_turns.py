"""Encoders are shared in the right order."""

import asyncio

import pytest

from reelm.workflows import Turns
from reelm.workflows.turns import Turn


async def take(turns: Turns, turn: Turn, name: str, order: list[str]) -> None:
    async with turns.hold(turn):
        order.append(name)
        await asyncio.sleep(0)


async def test_a_clip_nobody_can_watch_goes_before_one_that_lacks_rungs() -> None:
    turns, order = Turns(1), list[str]()
    async with turns.hold(Turn.FIRST_RUNG):
        waiting = [
            asyncio.create_task(take(turns, Turn.MORE_RUNGS, "more", order)),
            asyncio.create_task(take(turns, Turn.SKIM, "skim", order)),
            asyncio.create_task(take(turns, Turn.FIRST_RUNG, "first a", order)),
            asyncio.create_task(take(turns, Turn.FIRST_RUNG, "first b", order)),
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["first a", "first b", "skim", "more"]


async def test_no_more_holders_than_places() -> None:
    turns, held, most = Turns(2), 0, 0

    async def work() -> None:
        nonlocal held, most
        async with turns.hold(Turn.MORE_RUNGS):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0.001)
            held -= 1

    await asyncio.gather(*(work() for _ in range(10)))
    assert (most, held) == (2, 0)


async def test_somebody_who_stops_waiting_leaves_no_hole() -> None:
    turns, order = Turns(1), list[str]()
    async with turns.hold(Turn.FIRST_RUNG):
        impatient = asyncio.create_task(take(turns, Turn.FIRST_RUNG, "impatient", order))
        patient = asyncio.create_task(take(turns, Turn.FIRST_RUNG, "patient", order))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
    await patient
    assert order == ["patient"]
    await asyncio.wait_for(take(turns, Turn.FIRST_RUNG, "after", order), 1)


async def test_a_place_handed_to_somebody_who_is_leaving_is_passed_on() -> None:
    turns, order = Turns(1), list[str]()
    held = turns.hold(Turn.FIRST_RUNG)
    await held.__aenter__()
    leaving = asyncio.create_task(take(turns, Turn.FIRST_RUNG, "leaving", order))
    await asyncio.sleep(0)
    await held.__aexit__(None, None, None)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await asyncio.wait_for(take(turns, Turn.FIRST_RUNG, "after", order), 1)
