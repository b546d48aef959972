"""Serve members of staff."""

from reelm.web.staff.routes import ROUTES

__all__ = ["ROUTES"]
