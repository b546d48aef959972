"""Serve uploads of source files, in one go or by the tus protocol."""

from reelm.web.uploads import resumable, routes

ROUTES = [*routes.ROUTES, *resumable.ROUTES]
