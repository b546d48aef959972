"""Schema changes, forward only; ``reelm.app.migrate`` runs them."""
