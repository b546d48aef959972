"""The interface says what it does: a realm serves the committed document, and every failure has a status."""

import json

import pytest
from tools.reference.openapi import document

from reelm import base
from reelm.base import ReelmError
from reelm.web.problems import PROBLEM_TYPE, STATUSES, status_of
from support.web.visiting import Site


@pytest.mark.asyncio(loop_scope="module")
async def test_a_realm_serves_the_same_document(shared: Site) -> None:
    async with shared.visit() as nobody:
        served = await nobody.get("/api/openapi.json")
    assert served.status_code == 200
    assert served.json() == json.loads(document())


async def test_every_route_is_described_and_its_failures_are_problem_documents() -> None:
    paths = json.loads(document())["paths"]
    assert len(paths) > 20
    for path, item in paths.items():
        for method, operation in item.items():
            assert operation["description"], (method, path)
            for status, answer in operation["responses"].items():
                if status.startswith(("4", "5")) and path != "/health/ready":
                    assert list(answer["content"]) == [PROBLEM_TYPE], (method, path, status)


BRANCHES = [
    kind for kind in vars(base).values() if isinstance(kind, type) and kind.__bases__ == (ReelmError,)
]


@pytest.mark.parametrize("branch", BRANCHES, ids=lambda kind: kind.__name__)
def test_every_branch_of_the_error_tree_has_a_status(branch: type[ReelmError]) -> None:
    assert branch in STATUSES


def test_the_tree_has_the_branches_that_the_statuses_name() -> None:
    assert len(BRANCHES) == 11
    assert {kind for kind in STATUSES if kind.__bases__ == (ReelmError,)} == set(BRANCHES)


class Nowhere(ReelmError):
    code = "base.nowhere"


def test_an_error_that_grows_from_no_branch_is_our_own_fault() -> None:
    assert status_of(Nowhere("It is on no branch.")) == 500
