"""Alembic migrations of the catalog."""

HEAD = "0008"
"""The newest revision; a test holds it against the folder."""
