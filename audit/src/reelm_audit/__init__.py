"""Check a Reelm realm from outside, and witness its ledger.

This distribution shares no code with ``reelm``: whoever does not trust the platform need not install it. It
needs the standard library, ``cryptography``, and ``cedarpy`` for the replay of policy decisions.

``reelm-audit`` reads a realm's ledger from the web or from a copied folder, recomputes it, and says for each
claim whether it is *proven*, *sampled*, *promised* or *failed*. ``reelm-witness`` cosigns the checkpoints of
logs that it has seen grow and never change. Begin reading at ``ledger.py``; the formats are in ``tlog``.
"""
