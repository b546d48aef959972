"""What the house figures share: a realm of its own, somebody who uses it, load, and what it cost."""
