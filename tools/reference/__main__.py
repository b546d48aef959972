"""``python -m tools.reference [--check]``."""

import sys

from tools.reference import stale, write

if "--check" in sys.argv[1:]:
    names = stale()
    for name in names:
        print(f"{name} is stale: run ./reelm dev docs")
    sys.exit(1 if names else 0)
for name in write():
    print(f"{name} rewritten")
