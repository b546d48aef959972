"""Keep the log: one file per kind of store."""
