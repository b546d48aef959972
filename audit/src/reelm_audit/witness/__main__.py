"""``python -m reelm_audit.witness``: the same as ``reelm-witness``."""

import sys

from reelm_audit.witness.cli import main

if __name__ == "__main__":
    sys.exit(main())
