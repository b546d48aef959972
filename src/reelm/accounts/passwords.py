"""Hashing passwords: slow on purpose, off the event loop, and equally slow when there is nothing to check."""

import asyncio
import base64
import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reelm.accounts.errors import HashingBusy
from reelm.accounts.model import PasswordHash, clean_password
from reelm.base import Entropy, LimitKey, Network

_SALT_BYTES = 16
_HASH_BYTES = 32
_ARGON2_VERSION = 19
_NICENESS = 10
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class HashCost:
    """The cost of one argon2id hash. The defaults are RFC 9106's second recommendation (section 4)."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4
    # Hashes at the same time in one process, so that a rush of sign-ins cannot take all memory.
    max_concurrent: int = 2
    # Hashes that run or wait; who comes then is told so at once, instead of waiting behind them for long.
    max_waiting: int = 16
    max_waiting_per_network: int = 4
    # So many more for browsers that signed in with the same address before, which a crowd has not.
    max_waiting_known: int = 8


class Passwords:
    """argon2id with fixed costs. Older hashes with other costs still verify."""

    def __init__(self, cost: HashCost, *, entropy: Entropy) -> None:
        self._entropy = entropy
        self._hasher = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._lane = HashLane(cost)
        # Nobody's password: checked when there is no account, so that its absence takes as long as a wrong
        # password.
        self._nobody = PasswordHash(
            f"$argon2id$v={_ARGON2_VERSION}$m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
            f"${_text(entropy.draw(_SALT_BYTES))}${_text(entropy.draw(_HASH_BYTES))}"
        )

    async def hash(self, password: str, network: Network | None) -> PasswordHash:
        """Hash a password. Raises ``HashingBusy``."""
        salt = self._entropy.draw(_SALT_BYTES)
        hashed = await self._lane.run(
            lambda: self._hasher.hash(clean_password(password), salt=salt), network=network
        )
        return PasswordHash(hashed)

    async def is_correct(
        self,
        password: str,
        hashed: PasswordHash | None,
        network: Network | None,
        *,
        is_known: bool = False,
    ) -> bool:
        """Return whether the password has this hash; without one it takes as long, and is False.

        Raises:
            HashingBusy: too many are being hashed.
        """
        against = (hashed or self._nobody).reveal()
        return await self._lane.run(
            lambda: self._matches(against, clean_password(password)), network=network, is_known=is_known
        )

    def close(self) -> None:
        """Let the threads end."""
        self._lane.close()

    def _matches(self, hashed: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


class HashLane:
    """Threads of their own for hashing, which give way to whatever answers requests."""

    def __init__(self, cost: HashCost) -> None:
        self._cost = cost
        self._waiting = Counter[LimitKey]()
        self._count = 0
        self._threads = ThreadPoolExecutor(
            cost.max_concurrent, thread_name_prefix="hash", initializer=_give_way
        )

    async def run(self, work: Callable[[], _T], *, network: Network | None, is_known: bool = False) -> _T:
        """Run work in a thread of the lane; what the realm itself hashes has no network and always waits.

        Raises:
            HashingBusy: too much is waiting, in all or from this network.
        """
        if network is None:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._admit(network.narrow, self._cost.max_waiting_known if is_known else 0)
        self._count += 1
        self._waiting[network.narrow] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._count -= 1
            self._waiting -= Counter[LimitKey]([network.narrow])

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _admit(self, key: LimitKey, more: int) -> None:
        is_full = self._count >= self._cost.max_waiting + more
        if is_full or self._waiting[key] >= self._cost.max_waiting_per_network:
            raise HashingBusy(
                "Many people are signing in at this moment, or somebody tries many passwords. Nothing was "
                "done, and this try was not counted. Try again in a second."
            )


def _give_way() -> None:
    """Make this thread, and those that it starts, wait for others where the system knows how (Linux)."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()
