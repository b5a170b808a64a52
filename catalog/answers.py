"""What portals answered, kept in one file for all sources by whoever asks them: here it is only forgotten.

The file is the harvester's (``harvester.cache``). But what a portal has withdrawn may be decided on by a steward, where
nothing is harvested, and the answers that it stood in go with it.
"""

import contextlib
import sqlite3
from pathlib import Path


def forget(path: Path, source: str) -> None:
    """Drop the answers of a source, so that nothing of them stays in the file; one that cannot be written is left."""
    if not path.is_file():
        return
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, timeout=2)) as opened:
        opened.isolation_level = None
        opened.execute("pragma secure_delete = on")
        opened.execute("delete from answer_of where source = ?", (source,))
        opened.execute("pragma wal_checkpoint(truncate)")
