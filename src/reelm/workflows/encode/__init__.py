"""Encode the rungs of a clip, here or on machines elsewhere.

``make`` encodes wherever there is a place first. What it offers is taken by encoders elsewhere with ``lend``,
and brought back with ``take_in`` and ``deliver``.
"""

from reelm.workflows.encode.lend import Lent, deliver, give_back, lend, read_source, recognise, renew, take_in
from reelm.workflows.encode.make import Work, make

__all__ = [
    "Lent",
    "Work",
    "deliver",
    "give_back",
    "lend",
    "make",
    "read_source",
    "recognise",
    "renew",
    "take_in",
]
