"""Alembic migrations of the catalog."""

HEAD = "0016"
"""The newest revision; a test holds it against the folder."""
