"""How often one client may do what costs others something; counted per process."""

from dataclasses import dataclass

from reelm.base import Clock, RateLimit


@dataclass(frozen=True)
class Limits:
    """Generous for people, tight for loops."""

    uploads: RateLimit
    posts: RateLimit
    comments: RateLimit
    views: RateLimit

    @classmethod
    def of(cls, clock: Clock) -> "Limits":
        return cls(
            uploads=RateLimit(burst=60, refill_seconds=3600, clock=clock),
            posts=RateLimit(burst=60, refill_seconds=3600, clock=clock),
            comments=RateLimit(burst=30, refill_seconds=300, clock=clock),
            # One view per client, clip and hour: loops and reloads do not make a clip popular.
            views=RateLimit(burst=1, refill_seconds=3600, clock=clock),
        )
