"""``python -m reelm``: what ``./reelm`` runs once everything is in place."""

import sys

from reelm.cli import main

sys.exit(main(sys.argv[1:]))
