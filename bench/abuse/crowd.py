"""Attackers of this machine, each from a network of its own as the trusted proxy tells it."""

import http.client
import json
import multiprocessing
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NICENESS = 19
SETTINGS = 'trusted_proxies = "127.0.0.1"\n'


def network(number: int) -> str:
    """Return the address of the numbered attacker; no two share a /24."""
    return f"{10 + number // 65_536 % 100}.{number // 256 % 256}.{number % 256}.1"


@dataclass
class Tally:
    """The statuses of answers, and the ones among them that were no problem documents."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    without_document: int = 0

    def add(self, other: "Tally") -> None:
        self.statuses.update(other.statuses)
        self.without_document += other.without_document


class Client:
    """One connection that is opened anew when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: object = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the answer."""
        sent = None if body is None else json.dumps(body).encode()
        said = headers | ({} if body is None else {"content-type": "application/json"})
        for is_last in (False, True):
            try:
                self._connection.request(method, path, sent, said)
                answer = self._connection.getresponse()
                return (
                    answer.status,
                    {name.lower(): ", ".join(answer.headers.get_all(name, [])) for name in answer.headers},
                    answer.read(),
                )
            except (OSError, http.client.HTTPException):
                self._connection.close()
                if is_last:
                    raise
        raise AssertionError("unreachable")

    def visit(self, address: str) -> dict[str, str]:
        """Return the headers of a new visitor: its cookie and the page's token."""
        where = {"x-forwarded-for": address}
        _, headers, body = self.ask("GET", "/api/session", where)
        cookie = headers["set-cookie"].partition(";")[0]
        return where | {"cookie": cookie, "x-csrftoken": json.loads(body)["page_token"]}

    def close(self) -> None:
        self._connection.close()


@contextmanager
def idle_sockets(port: int, count: int) -> Iterator[int]:
    """Keep so many silent connections open, each again when it was closed; yield how many there are."""
    ended, opened = threading.Event(), list[socket.socket]()

    def connect() -> socket.socket:
        made = socket.create_connection(("127.0.0.1", port), timeout=10)
        made.setblocking(False)
        return made

    def renew() -> None:
        while not ended.wait(2):
            for number, each in enumerate(opened):
                with suppress(BlockingIOError, OSError):
                    if each.recv(1) == b"":
                        each.close()
                        opened[number] = connect()

    opened += [connect() for _ in range(count)]
    renewing = threading.Thread(target=renew, daemon=True)
    renewing.start()
    try:
        yield len(opened)
    finally:
        ended.set()
        renewing.join()
        for each in opened:
            each.close()


def guess(number: int, networks: int) -> tuple[str, dict[str, str]]:
    """Return from where a try comes and what it tries: each eighth is at the owner's address.

    A network has only a few tries at one address, so whoever has few networks spreads them.
    """
    email = "owner@example.org" if number % 8 == 0 else f"{number}@example.org"
    return network(number % networks), {"email": email, "password": f"four wrong words {number}"}


@contextmanager
def wrong_sign_ins(port: int, crowd: "Crowd", *, threads: int = 48) -> Iterator[Tally]:
    """Try wrong passwords at the crowd's rate, from its networks by turns."""
    ended, tally, turn = threading.Event(), Tally(), threading.Lock()
    begun, sent = time.monotonic(), 0

    def guessing() -> None:
        nonlocal sent
        client = Client(port)
        visitor = client.visit(network(0))
        if crowd.is_refused_unread:
            visitor["x-csrftoken"] = "of another page"
        while not ended.is_set():
            with turn:
                number, sent = sent, sent + 1
            ended.wait(max(0.0, begun + number / crowd.per_second - time.monotonic()))
            where, guessed = guess(number, crowd.networks)
            with suppress(OSError, http.client.HTTPException):
                said = visitor | {"x-forwarded-for": where}
                status, headers, _ = client.ask("POST", "/api/session", said, guessed)
                with turn:
                    tally.statuses[status] += 1
                    tally.without_document += headers.get("content-type") != "application/problem+json"
        client.close()

    running = [threading.Thread(target=guessing, daemon=True) for _ in range(threads)]
    for each in running:
        each.start()
    try:
        yield tally
    finally:
        ended.set()
        for each in running:
            each.join()


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is there: silent connections, and tries to sign in.

    Attributes:
        networks: how many networks the tries come from, by turns.
        is_refused_unread: whether they carry no right page token, so that no password is hashed for them.
    """

    sockets: int
    per_second: float
    networks: int
    is_refused_unread: bool = False


@contextmanager
def crowded(port: int, crowd: Crowd) -> Iterator[Callable[[], Tally]]:
    """Have them in a process of its own, so that it shares no interpreter with whoever measures.

    Yields what ends them and returns the tally.
    """
    context = multiprocessing.get_context("spawn")
    begun, ended, told = context.Event(), context.Event(), context.SimpleQueue()
    signs = begun, ended, told
    attacking = context.Process(target=_attack, args=(port, crowd, signs), daemon=True)
    attacking.start()

    def end() -> Tally:
        ended.set()
        statuses, without_document = told.get()
        return Tally(Counter(statuses), without_document)

    try:
        if not begun.wait(60):
            raise RuntimeError("the crowd did not come together within a minute")
        yield end
    finally:
        ended.set()
        attacking.join(30)


def _attack(port: int, crowd: Crowd, signs: tuple[Any, Any, Any]) -> None:
    begun, ended, told = signs
    os.nice(_NICENESS)  # attackers from elsewhere would take nothing of this machine's processors
    with idle_sockets(port, crowd.sockets), wrong_sign_ins(port, crowd) as tally:
        begun.set()
        ended.wait()
    told.put((dict(tally.statuses), tally.without_document))


def resident_bytes(pid: int) -> int:
    """Return the memory of a process and its children that is in use."""
    total = _resident(pid)
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            total += sum(_resident(int(child)) for child in path.read_text().split())
    return total


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
