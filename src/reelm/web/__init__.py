"""The way in over HTTP: thin handlers around an ``OpenRealm``, one problem shape, and the UI's files.

``build`` makes the ASGI application of an open realm; ``python -m reelm.web`` serves it.
"""

from reelm.web.application import build

__all__ = ["build"]
