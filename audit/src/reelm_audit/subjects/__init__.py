"""Hold what a realm's ledger says about one subject against itself and against what else is at hand.

Each subject is a function of the leaves of its kinds, which the ledger's audit has verified before. A subject
of which the ledger has no leaf is *not published*: nothing is concluded from silence.
"""

from reelm_audit.subjects.beside import Beside
from reelm_audit.subjects.subject import SUBJECTS, Subject, judge

__all__ = ["SUBJECTS", "Beside", "Subject", "judge"]
