"""When a clip may be published."""

from datetime import datetime, timedelta

from reelm.social.errors import BadMoment

LONGEST_DAYS = 90


def check_moment(publish_at: datetime, *, now: datetime) -> None:
    """Raises BadMoment unless it is in the future, at most 90 days away."""
    if publish_at.tzinfo is None:
        raise BadMoment(
            "The time has no time zone. Nothing was changed. Say which, as in 2027-01-31T18:00:00Z."
        )
    if publish_at <= now:
        raise BadMoment("This time has passed. Nothing was changed. Choose a later one, or publish now.")
    if publish_at > now + timedelta(days=LONGEST_DAYS):
        raise BadMoment(
            f"This is more than {LONGEST_DAYS} days away. Nothing was changed. Choose an earlier time."
        )
