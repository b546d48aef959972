"""``python -m reelm_audit``: the same as ``reelm-audit``."""

import sys

from reelm_audit.cli import main

if __name__ == "__main__":
    sys.exit(main())
