"""Who harvests a source: one process at a time, by a lease in the run's row, with heartbeat."""

import os
import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Self
from uuid import UUID

import psutil
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalog.database import Catalog
from catalog.tables import HarvestRun
from catalog.vocabulary import RunState

HEARTBEAT_LIMIT = timedelta(minutes=10)
"""A holder that has been silent for this long is taken for dead, wherever it is."""
BEAT = timedelta(minutes=1)
"""How often a holder says that it lives, however long a page takes."""


class RunInProgress(Exception):  # noqa: N818
    """Another process harvests this source; the message says who."""


class LeaseLost(RunInProgress):
    """Another process has taken over the run, because this one was taken for dead; nothing more may be written."""


def now_utc() -> datetime:
    """The time, where nobody says another."""
    return datetime.now(UTC)


class Lease:
    """While open, a thread says every minute that this process still holds the run.

    A page may take longer than a holder may be silent: a slow portal, a suspended machine, a full disk.

    Attributes:
        beaten: Set after each beat.
        lost: The run is another's now; the next page cannot be written.
    """

    def __init__(
        self, catalog: Catalog, run_id: UUID, now: Callable[[], datetime] = now_utc, every: timedelta = BEAT
    ) -> None:
        self.beaten = threading.Event()
        self.lost = False
        self._catalog, self._run_id, self._now, self._every = catalog, run_id, now, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def beat(self) -> None:
        """Say it once."""
        with self._catalog.writing() as session:
            self.lost = not hold(session, self._run_id, {"heartbeat": self._now()})
        self.beaten.set()

    def _go_on(self) -> None:
        while not self.lost and not self._ended.wait(self._every.total_seconds()):
            try:
                self.beat()
            except SQLAlchemyError:
                # A database that is busy or away for a moment; pages say it too, and the limit is ten beats.
                continue


def hold(session: Session, run_id: UUID, values: dict[str, object]) -> bool:
    """Write to a run's row if this process holds it; whether it does."""
    done = session.execute(
        update(HarvestRun)
        .where(HarvestRun.id == run_id)
        .where(HarvestRun.state == RunState.RUNNING)
        .where(HarvestRun.lease_owner == owner())
        .values(values)
        .returning(HarvestRun.id),
        execution_options={"synchronize_session": False},
    )
    return done.first() is not None


@cache
def owner() -> str:
    """This process, in words that no other process ever has."""
    return f"process {os.getpid()} ({_started(os.getpid())} in {_place()}) on {socket.gethostname()}"


def alive(holder: str | None, heartbeat: datetime | None, now: datetime) -> bool:
    """Whether a holder still runs: its heartbeat is fresh, and where it can be looked at its process is there.

    A process can be looked at on the same machine, since it was started, and among the same processes: containers
    have numbers of their own. A heartbeat from the future is not believed.
    """
    if not holder or heartbeat is None or abs(now - heartbeat) >= HEARTBEAT_LIMIT:
        return False
    match = _HOLDER.match(holder)
    if match is None or match["place"] != _place():
        return True
    pid = int(match["pid"])
    try:
        return _started(pid) == match["started"] and psutil.Process(pid).status() not in _ENDED
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


_HOLDER = re.compile(r"process (?P<pid>\d+) \((?P<started>\S+) in (?P<place>\S+)\) on ")
_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
"""Of a process that was killed and that nobody has asked after."""


def _started(pid: int) -> str:
    """When a process began, so that a number that is used again is not mistaken."""
    try:
        # In ticks since the machine's start: psutil's time of day changes when the clock is set.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return f"{psutil.Process(pid).create_time():.2f}"


@cache
def _place() -> str:
    """The machine, since its start, and the processes among which a number means this one."""
    try:
        start = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        among = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        start, among = f"{psutil.boot_time():.0f}", ""
    return blake2b(f"{socket.gethostname()} {start} {among}".encode(), digest_size=4).hexdigest()
