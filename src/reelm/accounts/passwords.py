"""Hashing passwords: slow on purpose, off the event loop, and equally slow when there is nothing to check."""

import base64
import hmac
import os
from dataclasses import dataclass, field

from argon2 import Parameters, Type, extract_parameters
from argon2.exceptions import HashingError, InvalidHashError
from argon2.low_level import core, error_to_str, ffi

from reelm.accounts.hash_lane import HashLane, LaneBounds, LaneUser
from reelm.accounts.model import PasswordHash, clean_password
from reelm.base import Clock, Entropy

_SALT_BYTES = 16
_HASH_BYTES = 32
_ARGON2_VERSION = 19
_OK = 0


def _spare_processors() -> int:
    """Return one or two processors for hashing, and leave one to whatever answers requests."""
    return max(1, min(2, (os.cpu_count() or 1) - 1))


@dataclass(frozen=True, slots=True)
class HashCost:
    """The cost of one argon2id hash. The defaults are RFC 9106's second recommendation (section 4)."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4
    # Hashes at the same time in one process, each by one thread: a rush of sign-ins can take neither all
    # memory nor all processors.
    max_concurrent: int = field(default_factory=_spare_processors)
    # Hashes that run or wait; who comes then is told so at once, instead of waiting behind them for long.
    max_waiting: int = 16
    max_waiting_per_network: int = 4

    @property
    def bounds(self) -> LaneBounds:
        return LaneBounds(self.max_concurrent, self.max_waiting, self.max_waiting_per_network)


class Passwords:
    """argon2id with fixed costs. Older hashes with other costs still verify.

    Attributes:
        lane: who waits for a hash, and whether there is a place.
    """

    def __init__(self, cost: HashCost, *, clock: Clock, entropy: Entropy) -> None:
        self._entropy = entropy
        self._cost = Parameters(
            type=Type.ID,
            version=_ARGON2_VERSION,
            salt_len=_SALT_BYTES,
            hash_len=_HASH_BYTES,
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
        )
        self.lane = HashLane(cost.bounds, clock=clock)
        # Nobody's password: checked when there is no account, so that its absence takes as long as a wrong
        # password.
        self._nobody = _encoded(self._cost, entropy.draw(_SALT_BYTES), entropy.draw(_HASH_BYTES))

    async def hash(self, password: str, user: LaneUser | None) -> PasswordHash:
        """Hash a password. Raises ``HashingBusy``."""
        salt = self._entropy.draw(_SALT_BYTES)
        raw = await self.lane.run(lambda: argon2id(clean_password(password), salt, self._cost), user)
        return _encoded(self._cost, salt, raw)

    async def is_correct(self, password: str, hashed: PasswordHash | None, user: LaneUser | None) -> bool:
        """Return whether the password has this hash; without one it takes as long, and is False.

        Raises:
            HashingBusy: too many are being hashed.
        """
        against = (hashed or self._nobody).reveal()
        is_right = await self.lane.run(lambda: _matches(against, clean_password(password)), user)
        if is_right and user is not None:
            self.lane.forgive(user)
        return is_right

    def close(self) -> None:
        """Let the threads end."""
        self.lane.close()


def _matches(hashed: str, password: bytes) -> bool:
    try:
        cost = extract_parameters(hashed)
        salt, raw = (_raw(part) for part in hashed.split("$")[-2:])
    except (InvalidHashError, ValueError):
        return False
    return hmac.compare_digest(argon2id(password, salt, cost), raw)


def _encoded(cost: Parameters, salt: bytes, raw: bytes) -> PasswordHash:
    costs = f"m={cost.memory_cost},t={cost.time_cost},p={cost.parallelism}"
    return PasswordHash(f"$argon2id$v={cost.version}${costs}${_text(salt)}${_text(raw)}")


def argon2id(password: bytes, salt: bytes, cost: Parameters) -> bytes:
    """Return the raw hash, worked out by this thread alone.

    The library's own functions start a thread for each of the hash's lanes, so that a single hash would take
    every processor of a small machine. The result is the same.

    Raises:
        HashingError: the memory could not be had.
    """
    raw = ffi.new("uint8_t[]", cost.hash_len)
    kept = ffi.new("uint8_t[]", password), ffi.new("uint8_t[]", salt)
    context = {
        "out": raw,
        "outlen": cost.hash_len,
        "version": cost.version,
        "pwd": kept[0],
        "pwdlen": len(password),
        "salt": kept[1],
        "saltlen": len(salt),
        "t_cost": cost.time_cost,
        "m_cost": cost.memory_cost,
        "lanes": cost.parallelism,
        "threads": 1,
    }
    outcome = core(ffi.new("argon2_context *", context), cost.type.value)
    if outcome != _OK:
        raise HashingError(error_to_str(outcome))
    return bytes(ffi.buffer(raw))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
