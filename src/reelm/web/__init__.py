"""Serve a realm over HTTP: thin handlers around an ``OpenRealm``, one problem shape, and the UI's files.

A folder or file per noun holds its routes, the shapes that cross the wire, and how values become shapes.

``build`` makes the ASGI application of an open realm; ``python -m reelm.web`` serves it.
"""

from reelm.web.application import build

__all__ = ["build"]
