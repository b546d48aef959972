"""What the vault's figures share: the physical limit, the peer, and a vault over real folders."""
