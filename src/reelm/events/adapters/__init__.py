"""Where the log is kept: one file per kind of store."""
