"""The script in the documentation works as it is written there."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.machine.running import ROOT, join, running
from support.media import footage
from support.realm.realms import PASSWORD

PAGE = ROOT / "docs" / "how-to" / "upload-with-a-script.md"


def documented() -> str:
    return PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own documentation
        [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
async def test_the_documented_script_posts_a_clip_and_tells_why_it_cannot(tmp_path: Path) -> None:
    script = tmp_path / "upload.py"
    script.write_text(documented(), encoding="utf-8")
    with running(tmp_path / "realm") as realm:
        async with realm.visit() as ann:
            await join(ann, "ann")
            who = (realm.url, "ann@mail.example.org", PASSWORD)
            good = await asyncio.to_thread(run, script, *who, str(footage.clip(seconds=0.6)))
            assert good.returncode == 0, good.stderr
            found = re.fullmatch(rf"{realm.url}/c/(\w+)\n", good.stdout)
            assert found
            told = await ann.get(f"/api/clips/{found[1]}/progress", timeout=60)
            assert '"step":"done"' in told.text
            bad = await asyncio.to_thread(run, script, *who, str(footage.text()))
            assert bad.returncode == 1
            assert "not a video" in bad.stderr
