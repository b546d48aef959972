"""Serve people's profiles, and what is theirs alone to see."""

from reelm.web.people.routes import ROUTES

__all__ = ["ROUTES"]
