"""Behind a proxy, visitors are told apart by what a trusted proxy says of them, and by nothing else."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.machine.running import Running, running

# Sixty are allowed, and one more every ten seconds: a slow machine needs more of them.
ATTEMPTS = 120
AT_A_TIME = 4  # no more than one network may have checked at once


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

        await visitor.token()
        statuses: list[int] = []
        while 429 not in statuses and len(statuses) < ATTEMPTS:
            numbers = range(len(statuses), len(statuses) + AT_A_TIME)
            statuses += await asyncio.gather(*(try_from("203.0.113.7", number) for number in numbers))
        assert statuses.index(429) >= 60
        assert set(statuses) == {401, 429}
        assert await try_from("203.0.113.8", 0) == 401
        ports = range(5120, 5120 + AT_A_TIME)
        assert 429 in await asyncio.gather(*(try_from(f"203.0.113.7:{port}", 0) for port in ports))
