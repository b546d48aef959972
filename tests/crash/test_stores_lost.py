"""Folders of a running realm disappear: two of five cost nothing, three are told plainly and come back."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest
import pytest_asyncio

from reelm.app import state
from support.machine.running import Running, join, publish, running
from support.media import footage
from support.media.playlists import screen
from support.web.visiting import Visitor, check_problem

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("stores lost"),
]

NUMBERS = range(1, 6)


@dataclass(frozen=True)
class Served:
    """A running realm and every byte that it serves of its clips."""

    realm: Running
    bodies: dict[str, bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    data = tmp_path_factory.mktemp("served") / "realm"
    sources = (footage.clip(size="720x1280", seconds=1.5), footage.clip(seconds=1.0))
    with running(data) as realm:
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            bodies: dict[str, bytes] = {}
            for source in sources:
                clip_id = await publish(visitor, source)

                async def fetch(url: str) -> bytes:
                    answer = await visitor.get(url)
                    assert answer.status_code == 200
                    return answer.content

                for each in await screen(fetch, clip_id):
                    bodies |= dict(zip(each.urls, each.sealed, strict=True))
                for picture in ("poster", "strip"):
                    url = f"/api/clips/{clip_id}/{picture}"
                    bodies[url] = await fetch(url)
        yield Served(realm, bodies)


@contextmanager
def away(data: Path, numbers: Sequence[int]) -> Iterator[None]:
    places = [data / "stores" / str(number) for number in numbers]
    for place in places:
        place.rename(place.with_suffix(".away"))
    try:
        yield
    finally:
        for place in places:
            place.with_suffix(".away").rename(place)


def forget_cache(data: Path) -> None:
    """Its files may go at any time; then everything has to come from the stores."""
    shutil.rmtree(data / "cache", ignore_errors=True)


async def check_everything_is_served(served: Served) -> None:
    forget_cache(served.realm.data)
    async with served.realm.visit() as visitor:
        for url, body in served.bodies.items():
            answer = await visitor.get(url)
            assert answer.status_code == 200, f"{url}: {answer.text}"
            assert answer.content == body, url


async def check_nothing_is_served(served: Served) -> None:
    forget_cache(served.realm.data)
    async with served.realm.visit() as visitor:
        for url in served.bodies:
            answer = await visitor.get(url)
            document = check_problem(answer, 503, "vault.not-enough-fragments")
            assert document["retryable"] is True
            assert str(served.realm.data) not in answer.text


@pytest.mark.parametrize("numbers", list(combinations(NUMBERS, 2)), ids=str)
async def test_any_two_folders_may_be_gone(served: Served, numbers: tuple[int, int]) -> None:
    with away(served.realm.data, numbers):
        await check_everything_is_served(served)


async def health_with_problems(visitor: Visitor, count: int) -> str:
    """Return the status of a realm that knows of so many: until a slow look is done, the last one holds."""
    for _ in range(100):
        health = (await visitor.get("/health/ready")).json()
        if len(health["problems"]) == count:
            break
        await asyncio.sleep(0.1)
    return str(health["status"])


@pytest.mark.parametrize("numbers", [(1, 2, 3), (3, 4, 5), (1, 3, 5)], ids=str)
async def test_three_are_told_plainly_harm_nothing_and_one_that_comes_back_is_enough(
    served: Served, numbers: tuple[int, ...]
) -> None:
    pids = [served.realm.pid(name) for name in ("web", "serving", "worker")]
    with away(served.realm.data, numbers[1:]):
        with away(served.realm.data, numbers[:1]):
            await check_nothing_is_served(served)
            async with served.realm.visit() as visitor:
                assert await health_with_problems(visitor, 3) == "degraded"
                assert len((await visitor.get("/api/feed")).json()["clips"]) == 2
                assert (await visitor.get("/health/live")).status_code == 200
        await check_everything_is_served(served)
    assert [served.realm.pid(name) for name in ("web", "serving", "worker")] == pids
    recorded = state.read_state(served.realm.paths)
    assert recorded is not None
    assert [child.restart_count for child in recorded.children] == [0, 0]


async def test_a_realm_starts_and_serves_with_two_folders_deleted_for_good(
    served: Served, tmp_path: Path
) -> None:
    """Another realm, from a copy of the data: what is deleted here does not come back."""
    served.realm.stop()
    data = Path(shutil.copytree(served.realm.data, tmp_path / "realm"))
    served.realm.start()
    for number in (2, 4):
        shutil.rmtree(data / "stores" / str(number))
    with running(data) as realm:
        await check_everything_is_served(Served(realm, served.bodies))
        assert not (data / "stores" / "2").exists(), "a missing folder may be a disk that is not mounted"
