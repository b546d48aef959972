"""A ``Media`` on a folder of its own, and a proof that a rendition plays."""

from pathlib import Path

import pytest

from reelm.media import Media, MediaConfig
from support.machine.determinism import ManualClock, SeededEntropy


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def media(spool: Path) -> Media:
    return Media(MediaConfig(spool=spool), clock=ManualClock(), entropy=SeededEntropy())
