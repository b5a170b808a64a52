"""One portal kind per file; adding one edits nothing else (see ``harvester/portal.py`` for what a kind has)."""
