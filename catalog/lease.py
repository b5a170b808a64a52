"""Who harvests a source: one process at a time, by a lease in the run's row, with heartbeat."""

import os
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
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
"""A holder on another machine that has been silent for this long is taken for dead."""
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
    process = psutil.Process()
    return f"process {os.getpid()} ({process.create_time():.2f}) on {socket.gethostname()}"


def alive(holder: str | None, heartbeat: datetime | None, now: datetime) -> bool:
    """Whether a holder still runs: by its process on this machine, by its heartbeat elsewhere."""
    if not holder or heartbeat is None:
        return False
    process, _, host = holder.partition(" on ")
    if host != socket.gethostname():
        return now - heartbeat < HEARTBEAT_LIMIT
    _, pid, created = process.split(" ")
    try:
        return f"({psutil.Process(int(pid)).create_time():.2f})" == created
    except psutil.Error:
        return False
