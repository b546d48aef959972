"""Serve clips: publishing, lists of them, playback and subtitles."""

from reelm.web.clips import lists, playback, routes, subtitles

ROUTES = [*routes.ROUTES, *lists.ROUTES, *playback.ROUTES, *subtitles.ROUTES]
