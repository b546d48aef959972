"""An encoder elsewhere sends no source over a network in the clear."""

import asyncio
from pathlib import Path

import pytest

from reelm.app.encoder import BadRealmAddress, Post, encode_elsewhere


@pytest.mark.parametrize(
    "url", ["http://clips.example.org", "ftp://clips.example.org", "clips", "https://a:b@c"]
)
async def test_an_address_that_is_not_encrypted_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadRealmAddress, match="Nothing was started"):
        await encode_elsewhere(Post(url, "token", tmp_path / "spool"), asyncio.Event())
    assert not (tmp_path / "spool").exists()


async def test_what_an_earlier_start_left_is_wiped_before_the_realm_is_asked(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    (spool / "left.work").mkdir(parents=True)
    (spool / "left.source").write_bytes(b"somebody's video")
    stopping = asyncio.Event()
    stopping.set()
    await encode_elsewhere(Post("http://127.0.0.1:9", "token", spool), stopping)
    assert not spool.exists()
