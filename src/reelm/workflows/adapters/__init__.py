"""Engines for durable stories; only ``reelm.app`` chooses one."""
