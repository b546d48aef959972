"""What a browser does on the network, seen from a network namespace in which nothing else lives.

``program.py`` runs inside one: it starts a realm, lets a Chromium walk through it, and writes down every name
that was asked for and every packet that left (``wire.py``), besides what the page tried (``watched.py``).
"""
