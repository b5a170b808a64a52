"""Answers that a portal may call unchanged: their validators and bodies, in one bounded file.

Nothing is answered from here without asking the portal; it only says *304, as before*. A file that is broken, locked
or on a full disk is no fault of a harvest: then everything is read anew.
"""

import contextlib
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

LARGEST = 8 << 20
"""Bytes of one body, compressed; a larger one is not kept."""
LONGEST = 7 * 86_400
"""Seconds; an older body is asked for anew, so that a portal whose validators never change cannot hold us for ever."""
_TABLE = """
drop table if exists answer;
create table if not exists answer_of (
    key blob primary key, source text not null, etag text not null, modified text not null, media_type text not null,
    body blob not null, size integer not null, kept real not null, used real not null
) without rowid;
create index if not exists answer_of_by_use on answer_of (used, size);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer: its ETag, Last-Modified and Content-Type as they were, and its body unpacked."""

    etag: str
    modified: str
    media_type: str
    body: bytes


class Cache:
    """The kept answers of one installation, for all its processes and threads.

    Args:
        most_bytes: Of all sources' answers together.
        source: Key of the one whose answers are looked up, kept and forgotten here.
    """

    def __init__(self, path: Path, most_bytes: int, source: str, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._source = source
        self._most = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def find(self, address: str, accept: str) -> Kept | None:
        """What was last answered at an address to one who accepts these types."""
        if not self._path.is_file():
            return None
        with self._lock, self._forgiving():
            opened, now, key = self._open(), self._clock(), self._key(address, accept)
            row = opened.execute(
                "select etag, modified, media_type, body from answer_of where key = ? and kept > ?",
                (key, now - LONGEST),
            ).fetchone()
            if row is not None:
                etag, modified, media_type, packed = row
                kept = Kept(etag, modified, media_type, zlib.decompress(packed))
                opened.execute("update answer_of set used = ? where key = ?", (now, key))
                return kept
        return None

    def keep(self, address: str, accept: str, kept: Kept) -> None:
        """Remember an answer, at the price of those that were not used for longest."""
        packed = zlib.compress(kept.body, 1)
        if len(packed) > min(LARGEST, self._most):
            return
        with self._lock, self._forgiving():
            opened, now = self._open(), self._clock()
            key = self._key(address, accept)
            row = (key, self._source, kept.etag, kept.modified, kept.media_type, packed, len(packed), now, now)
            with opened:
                opened.execute("begin immediate")
                opened.execute("insert or replace into answer_of values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                opened.execute("delete from answer_of where kept <= ?", (now - LONGEST,))
                opened.execute(
                    "delete from answer_of where key in (select key from"
                    " (select key, sum(size) over (order by used desc, key) as held from answer_of) where held > ?)",
                    (self._most,),
                )

    def forget(self) -> None:
        """Drop the source's answers, for they hold what its portal has withdrawn; nothing of them stays in the file."""
        if not self._path.is_file():
            return
        with self._lock, self._forgiving():
            opened = self._open()
            opened.execute("delete from answer_of where source = ?", (self._source,))
            opened.execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, self._forgiving():
            self._drop()

    def _key(self, address: str, accept: str) -> bytes:
        return blake2b(f"{self._source}\n{accept}\n{address}".encode(), digest_size=16).digest()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=2, isolation_level=None, check_same_thread=False)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma secure_delete = on")
            self._connection.execute("pragma synchronous = off")  # what a power cut breaks is read anew
            self._connection.executescript(_TABLE)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError):
            self._drop()
        except (sqlite3.DatabaseError, zlib.error):
            self._drop()
            with contextlib.suppress(OSError):
                for ending in ("", "-wal", "-shm"):
                    self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
