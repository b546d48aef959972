"""What this process has seen of each store since it started."""

from collections import Counter

from reelm.vault.model import ProviderId


class Standing:
    """Shared by everything that asks stores; never written down, because other processes see other things.

    Attributes:
        faults: fragments that had to be done without, per provider.
    """

    def __init__(self) -> None:
        self.faults = Counter[ProviderId]()
