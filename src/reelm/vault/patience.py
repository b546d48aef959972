"""How long one store may keep everyone waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reelm.vault.errors import StoreFailed
from reelm.vault.model import ProviderId


@asynccontextmanager
async def patience(provider: ProviderId, *, seconds: float) -> AsyncIterator[None]:
    """Give up on a store that does not answer; what it was asked may still happen later.

    Raises:
        StoreFailed: the time is over.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise StoreFailed("The store did not answer in time. Check it.", provider=provider) from None
