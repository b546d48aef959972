"""A witness: it cosigns a log's checkpoint when the log has only grown since the last one, else never.

It speaks the interface of c2sp.org/tlog-witness for any number of logs, keeps one file for each, and has that
file on the disk before a cosignature leaves. It trusts nobody: a log that shows it two histories gets no
cosignature, and what it signed is kept as evidence.
"""
