"""Serve what the realm says of itself."""

from reelm.web.transparency.routes import ROUTES

__all__ = ["ROUTES"]
