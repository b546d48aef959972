"""Run durable workflows; only ``reelm.app`` chooses an engine."""
