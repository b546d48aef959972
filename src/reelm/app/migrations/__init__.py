"""Schema changes, forward only; ``reelm.app.database`` runs them."""
