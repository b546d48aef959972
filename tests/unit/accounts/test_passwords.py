"""Hashing passwords as everybody does, by one thread."""

import os
import time

import pytest
from argon2 import PasswordHasher, extract_parameters

from reelm.accounts import HashCost, PasswordHash
from reelm.accounts.passwords import Passwords, argon2id
from support.machine.determinism import ManualClock, SeededEntropy

PASSWORD = "four words are enough"


def cheap(cost: HashCost) -> Passwords:
    return Passwords(cost, clock=ManualClock(), entropy=SeededEntropy())


@pytest.mark.parametrize(("passes", "lanes"), [(1, 1), (3, 4)])
async def test_a_hash_is_the_one_that_the_library_makes(passes: int, lanes: int) -> None:
    library = PasswordHasher(time_cost=passes, memory_cost=256, parallelism=lanes)
    passwords = cheap(HashCost(memory_kib=256, passes=passes, lanes=lanes))
    hashed = await passwords.hash(PASSWORD, None)
    assert library.verify(hashed.reveal(), PASSWORD)
    assert not library.check_needs_rehash(hashed.reveal())
    theirs = PasswordHash(library.hash(PASSWORD))
    assert await passwords.is_correct(PASSWORD, theirs, None)
    assert not await passwords.is_correct("four words are not enough", theirs, None)
    passwords.close()


async def test_a_hash_with_other_costs_still_verifies() -> None:
    passwords = cheap(HashCost(memory_kib=64, passes=1, lanes=1))
    former = PasswordHasher(time_cost=2, memory_cost=512, parallelism=2, salt_len=8, hash_len=24)
    assert await passwords.is_correct(PASSWORD, PasswordHash(former.hash(PASSWORD)), None)
    for spoilt in ("", "$argon2id$", former.hash(PASSWORD)[:-1], former.hash(PASSWORD) + "!"):
        assert not await passwords.is_correct(PASSWORD, PasswordHash(spoilt), None)
    passwords.close()


def test_a_hash_keeps_one_processor_busy_and_no_more() -> None:
    cost = extract_parameters(PasswordHasher(memory_cost=16_384, parallelism=4).hash("x"))
    whole, of_this_thread = time.process_time(), time.thread_time()
    argon2id(PASSWORD.encode(), bytes(16), cost)
    whole, of_this_thread = time.process_time() - whole, time.thread_time() - of_this_thread
    assert of_this_thread > whole / 2, "otherwise each of the four lanes has a thread of its own"


def test_one_processor_is_left_to_whatever_answers_requests() -> None:
    processors = os.cpu_count() or 1
    assert HashCost().max_concurrent == {1: 1, 2: 1}.get(processors, 2)
