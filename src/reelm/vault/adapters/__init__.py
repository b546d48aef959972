"""Stores for fragments, one kind per file; only the composition root imports them."""
