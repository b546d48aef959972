"""The formats of transparency logs, as C2SP writes them: pure, strict, and independent of who wrote the log.

``Note`` and ``VerifierKey`` are signed-note, ``Checkpoint`` is tlog-checkpoint, the timestamped kinds of keys
are tlog-cosignature, ``Policy`` is tlog-policy, ``Proof`` is tlog-proof, ``Part`` is a file of tlog-tiles.
"""
