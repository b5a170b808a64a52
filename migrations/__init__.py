"""Alembic migrations of the catalog."""

HEAD = "0005"
"""The newest revision; a test holds it against the folder."""
