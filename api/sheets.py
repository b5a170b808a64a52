"""Sheets of the register at the HTTP door: read one at a time, kept for a while between looking and accepting.

What somebody uploaded on a page lies in this process's memory alone, one sheet per key, and never on a disk.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from fastapi import HTTPException

from catalog.register.registry import Registry
from config.settings import Settings

KEPT_SECONDS = 1800
MOST_KEPT = 64 << 20
"""Bytes of all that is kept; the oldest give way."""
WAIT_SECONDS = 20
BUSY = "Another sheet is being read at this moment. Please try again in a minute."


class Sheets:
    """The register's sheets, for the whole process.

    Args:
        settings: Of the installation.
        clock: Seconds that only grow.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = Registry(settings)
        self._clock = clock
        self._one = Lock()
        self._kept: dict[tuple[str, str], tuple[float, str, bytes]] = {}
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While open nobody else's sheet is read, for that takes memory; raises HTTPException 503."""
        if not self._one.acquire(timeout=WAIT_SECONDS):
            raise HTTPException(503, BUSY, headers={"Retry-After": "60"})
        try:
            yield
        finally:
            self._one.release()

    def keep(self, key: str, what: str, stamp: str, body: bytes) -> None:
        """Keep bytes of the holder of a key; what they had of that sort before is let go of."""
        with self._lock:
            self._kept.pop((key, what), None)
            self._kept[key, what] = (self._clock() + KEPT_SECONDS, stamp, body)
            self._forget()

    def kept(self, key: str, what: str, stamp: str) -> bytes | None:
        """What the holder of a key left here under a stamp; None if it is over."""
        with self._lock:
            self._forget()
            _, under, body = self._kept.get((key, what), (0.0, "", None))
        return body if under == stamp else None

    def let_go(self, key: str, what: str) -> None:
        """Forget what the holder of a key left here."""
        with self._lock:
            self._kept.pop((key, what), None)

    def _forget(self) -> None:
        now = self._clock()
        self._kept = {who: held for who, held in self._kept.items() if held[0] > now}
        while sum(len(body) for _, _, body in self._kept.values()) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
