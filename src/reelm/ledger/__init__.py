"""What the realm did, on a public record that nobody can rewrite: not its operator either.

Each act is a leaf of one append-only log, in the files of a C2SP tlog-tiles log, which any web server can
serve.
"""

from reelm.ledger.kinds import schemas

__all__ = ["schemas"]
