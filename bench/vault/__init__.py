"""What the vault's figures share: a vault of its own, stores that are watched, and the limits."""
