"""All SQL of clips: ``tables`` declares, ``visibility`` says who may see a clip, the others ask and change.

Statements are built once, at import, and run on SQLite and PostgreSQL alike. A count changes right after the
row that it counts, in the same unit of work, and only when that row did change.
"""
