"""What lies in the stores of a stopped realm, searched byte by byte for anything that a person could read."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from support.machine.running import Running, join, publish, running
from support.media import footage
from support.media.playlists import Screened, parts, screen, variants
from support.web.visiting import Visitor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("stores reveal nothing"),
]

WINDOW_BYTES = 64
WINDOWS_PER_PIECE = 8
# A window of few different bytes, such as padding, may turn up by chance or in any file.
DIFFERENT_BYTES = 24
HANDLE = "annabella_of_the_lake"
EMAIL = f"{HANDLE}@mail.example.org"
PICTURES = ("poster", "strip")
CAPTIONS = ("A caption that only this test could have written", "Ein Bild von der Großmutter im Garten")


@dataclass(frozen=True)
class Lived:
    """A realm in which something happened, stopped."""

    data: Path
    screened: Sequence[Screened]
    pictures: Sequence[bytes]
    keys: Sequence[bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    data = tmp_path_factory.mktemp("lived") / "realm"
    sources = (footage.clip(size="720x1280", seconds=1.5), footage.clip(seconds=1.5))
    with running(data) as realm:
        async with realm.visit() as ann:
            await join(ann, HANDLE)
            clip_ids = [
                await publish(ann, source, caption) for source, caption in zip(sources, CAPTIONS, strict=True)
            ]
            lived = await _remember(realm, ann, clip_ids)
        realm.stop()
    return lived


async def _remember(realm: Running, visitor: Visitor, clip_ids: Sequence[str]) -> Lived:
    async def fetch(url: str) -> bytes:
        answer = await visitor.get(url)
        assert answer.status_code == 200
        return answer.content

    screened, keys = [], []
    for clip_id in clip_ids:
        screened += await screen(fetch, clip_id)
        master = f"/hls/{clip_id}/master.m3u8"
        for uri in variants((await fetch(master)).decode()):
            media = f"/hls/{clip_id}/{uri}"
            (key_url,) = {part.key_url for part in parts((await fetch(media)).decode(), at=media)}
            keys.append(await fetch(key_url))
    pictures = [await fetch(f"/api/clips/{clip_id}/{name}") for clip_id in clip_ids for name in PICTURES]
    return Lived(realm.data, screened, pictures, keys)


def windows(plain: bytes) -> Iterable[bytes]:
    """Some telling stretches of a text, from its start to its end."""
    step = max(1, (len(plain) - WINDOW_BYTES) // WINDOWS_PER_PIECE)
    for start in range(0, max(1, len(plain) - WINDOW_BYTES + 1), step):
        window = plain[start : start + WINDOW_BYTES]
        if len(window) == WINDOW_BYTES and len(set(window)) >= DIFFERENT_BYTES:
            yield window


def files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def found(needles: Iterable[bytes], paths: Iterable[Path]) -> list[str]:
    """Where any of the needles is, by file and place."""
    wanted = list(needles)
    assert wanted, "nothing to look for proves nothing"
    hits = []
    for path in paths:
        data = path.read_bytes()
        hits += [f"{path.name} at {data.index(needle)}" for needle in wanted if needle in data]
    return hits


def media_windows(lived: Lived) -> list[bytes]:
    plain = [piece for each in lived.screened for piece in each.plain]
    return [window for text in (*plain, *lived.pictures) for window in windows(text)]


def words() -> list[bytes]:
    """What people wrote, in the encodings that programs like."""
    texts = (*CAPTIONS, EMAIL, HANDLE)
    return [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le", "latin-1")] + [
        base64.b64encode(text.encode()).rstrip(b"=") for text in texts
    ]


async def test_the_search_finds_what_is_there(lived: Lived, tmp_path: Path) -> None:
    """Without this, a search that looks for the wrong thing would pass for ever."""
    needles = media_windows(lived) + words()
    assert len(media_windows(lived)) > 50
    control = tmp_path / "control"
    for needle in needles:
        control.write_bytes(b"before " * 999 + needle + b" after" * 999)
        assert found([needle], [control]) == ["control at 6993"]


async def test_every_store_holds_fragments_and_no_plaintext_of_any_segment_or_poster(lived: Lived) -> None:
    stores = [lived.data / "stores" / str(number) for number in range(1, 6)]
    for store in stores:
        assert len(files(store)) >= 4, "a store without fragments proves nothing"
    assert found(media_windows(lived), files(*stores)) == []


async def test_the_ciphertext_itself_is_what_stores_hold(lived: Lived) -> None:
    """The counterproof: the very bytes that players download are in there, in three of five fragments."""
    sealed = [window for each in lived.screened for piece in each.sealed for window in windows(piece)]
    assert found(sealed, files(lived.data / "stores")) != []


async def test_no_store_holds_a_caption_an_address_or_a_name(lived: Lived) -> None:
    assert found(words(), files(lived.data / "stores")) == []


async def test_no_store_holds_a_key(lived: Lived) -> None:
    root = (lived.data / "keys" / "root.key").read_bytes()
    assert found([*lived.keys, root], files(lived.data / "stores")) == []


async def test_the_records_hold_no_address_and_no_key_in_the_clear(lived: Lived) -> None:
    root = (lived.data / "keys" / "root.key").read_bytes()
    secrets = [*lived.keys, root]
    written = [base64.b64encode(each).rstrip(b"=") for each in secrets] + [
        each.hex().encode() for each in secrets
    ]
    records = sorted(lived.data.glob("*.sqlite*"))
    assert {path.name for path in records} >= {"records.sqlite", "jobs.sqlite"}
    assert found([EMAIL.encode(), *secrets, *written], records) == []
    assert found([EMAIL.encode()], files(lived.data / "run", lived.data / "logs")) == []


async def test_no_log_and_no_cache_holds_plaintext_or_what_people_wrote(lived: Lived) -> None:
    beside = files(lived.data / "logs", lived.data / "cache", lived.data / "run")
    assert found(media_windows(lived), beside) == []
    assert found(words(), beside) == []
    assert files(lived.data / "spool") == []


async def test_what_only_the_owner_may_read_is_not_readable_by_other_users_of_the_machine(
    lived: Lived,
) -> None:
    keys = lived.data / "keys"
    for path in (keys / "root.key", keys / "epochs", keys / "epochs" / "1.key", lived.data / "spool"):
        assert path.stat().st_mode & 0o077 == 0, path.name
