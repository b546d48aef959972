"""The same realm on PostgreSQL: records and jobs on a server, chosen by two settings."""

import asyncio
from pathlib import Path

import pytest

from support.machine.postgres import PostgresPrograms, throwaway_postgres
from support.machine.running import join, publish, running
from support.media import footage
from support.media.playlists import screen


@pytest.mark.slow
@pytest.mark.postgres
async def test_a_clip_is_posted_and_watched_with_records_and_jobs_on_postgresql(
    tmp_path: Path, postgres_programs: PostgresPrograms
) -> None:
    data = tmp_path / "realm"
    data.mkdir()
    source = await asyncio.to_thread(footage.clip, seconds=1.5)
    with throwaway_postgres(postgres_programs) as url:
        (data / "settings.toml").write_text(f'database_url = "{url}"\njobs_database_url = "{url}"\n')
        await post_and_watch(data, source)


async def post_and_watch(data: Path, source: Path) -> None:
    with running(data) as realm:
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            clip_id = await publish(visitor, source, "From a server")

            async def fetch(url: str) -> bytes:
                return (await visitor.get(url)).content

            screened = await screen(fetch, clip_id)
            assert [each.seconds for each in screened] == [pytest.approx(1.5, abs=0.15)]
        realm.stop()
        assert not (data / "records.sqlite").exists()
        assert not (data / "jobs.sqlite").exists()
