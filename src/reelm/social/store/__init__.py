"""All SQL of social: ``tables`` declares, the other files ask and change, one file per job.

Statements are built once, at import, and run on SQLite and PostgreSQL alike. A count changes right after the
row that it counts, in the same unit of work, and only when that row did change.
"""
