"""What a viewer does with a realm's processes: watch a clip from its first frame to its last."""

import pytest

from support.media.playlists import Screened, screen
from support.web.visiting import Visitor


async def watch_whole(visitor: Visitor, clip_id: str) -> list[Screened]:
    """Every rung, lowest first: fetched, decrypted, decoded, and as long as its playlist promises."""

    async def fetch(url: str) -> bytes:
        answer = await visitor.get(url)
        assert answer.status_code == 200, f"{url}: {answer.text}"
        return answer.content

    screened = await screen(fetch, clip_id)
    assert screened
    for each in screened:
        assert each.seconds == pytest.approx(each.promised_seconds, abs=0.15)
    return screened
