"""Serve encoders elsewhere."""

from reelm.web.encoding.routes import ROUTES

__all__ = ["ROUTES"]
