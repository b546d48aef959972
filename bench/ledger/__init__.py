"""What the ledger's benchmarks share."""
