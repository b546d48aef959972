"""Serve who is signed in."""

from reelm.web.session.routes import ROUTES

__all__ = ["ROUTES"]
