"""Builds what is published: wheels of the same bytes wherever they are built, and a release.json.

Nouns: ``Project`` (what a pyproject.toml says), ``wheel`` (its files as one archive).
"""
