"""Reelm: a short-video platform whose operator can prove what it does.

Read ``reelm.workflows`` first: it tells the product's stories. ARCHITECTURE.md draws the stack.
"""

__version__ = "0.1.0"
