"""Alembic migrations of the catalog."""

HEAD = "0003.1"
"""The newest revision; a test holds it against the folder."""
