"""What every part of ``Social`` is built from."""

from reelm.base import Clock, Entropy
from reelm.social.model import DEFAULTS, Config


class Room:
    def __init__(self, *, clock: Clock, entropy: Entropy, config: Config = DEFAULTS) -> None:
        self._clock = clock
        self._entropy = entropy
        self._config = config

    def _count(self, size: int) -> int:
        return max(1, min(size, self._config.max_page_count))
