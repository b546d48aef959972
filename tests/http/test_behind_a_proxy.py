"""Behind a proxy, visitors are told apart by what a trusted proxy says of them, and by nothing else."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.machine.running import Running, running

ATTEMPTS = 61


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Running]:
    """A realm on all addresses, to which a proxy on 127.0.0.1 is ``::ffff:127.0.0.1``."""
    data = tmp_path / "realm"
    data.mkdir()
    host = "::" if socket.has_dualstack_ipv6() else "127.0.0.1"
    (data / "settings.toml").write_text(f'trusted_proxies = "127.0.0.1"\nhost = "{host}"\n')
    with running(data) as started:
        yield started


@pytest.mark.slow
async def test_one_visitor_who_guesses_does_not_lock_out_the_others(realm: Running) -> None:
    async with realm.visit() as visitor:
        guess = {"email": "", "password": "not the right words"}

        async def try_from(address: str, number: int) -> int:
            body = guess | {"email": f"somebody{number}@mail.example.org"}
            forwarded = {"x-forwarded-for": address}
            return (await visitor.post("/api/session", json=body, headers=forwarded)).status_code

        statuses = await asyncio.gather(*(try_from("203.0.113.7", number) for number in range(ATTEMPTS)))
        assert statuses.count(429) == 1
        assert await try_from("203.0.113.8", 0) == 401
        assert await try_from("203.0.113.7:5123", 0) == 429
