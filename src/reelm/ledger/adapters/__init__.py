"""What the ledger touches outside: a folder that a web server can serve, and witnesses."""
