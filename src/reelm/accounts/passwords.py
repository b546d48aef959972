"""Hashing passwords: slow on purpose, off the event loop, and equally slow when there is nothing to check."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reelm.accounts.model import PasswordHash, clean_password
from reelm.base import Entropy

_SALT_BYTES = 16
_HASH_BYTES = 32
_ARGON2_VERSION = 19
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class HashCost:
    """The cost of one argon2id hash. The defaults are RFC 9106's second recommendation (section 4)."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4
    # Hashes at the same time in one process; more than this wait, so that a rush of sign-ins cannot take all
    # memory.
    max_concurrent: int = 2


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
        self._turns = asyncio.Semaphore(cost.max_concurrent)
        # Nobody's password: checked when there is no account, so that its absence takes as long as a wrong
        # password.
        self._nobody = PasswordHash(
            f"$argon2id$v={_ARGON2_VERSION}$m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
            f"${_text(entropy.draw(_SALT_BYTES))}${_text(entropy.draw(_HASH_BYTES))}"
        )

    async def hash(self, password: str) -> PasswordHash:
        salt = self._entropy.draw(_SALT_BYTES)
        return PasswordHash(await self._apart(lambda: self._hasher.hash(clean_password(password), salt=salt)))

    async def is_correct(self, password: str, hashed: PasswordHash | None) -> bool:
        """Return whether the password has this hash; without one it takes as long, and is False."""
        against = (hashed or self._nobody).reveal()
        return await self._apart(lambda: self._matches(against, clean_password(password)))

    def _matches(self, hashed: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _apart(self, work: Callable[[], _T]) -> _T:
        async with self._turns:
            return await asyncio.to_thread(work)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()
