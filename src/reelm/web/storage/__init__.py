"""Serve where the data is."""

from reelm.web.storage.routes import ROUTES

__all__ = ["ROUTES"]
