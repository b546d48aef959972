"""Reach what is outside the ledger: a folder that a web server can serve, and witnesses."""
