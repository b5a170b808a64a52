"""Who holds a source, and what must wait until it is free."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog import removal, runs
from catalog.database import Catalog
from catalog.lease import RunInProgress, alive, owner
from catalog.vocabulary import RunState
from config.declarations import Removal, Source

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")


def test_another_process_under_the_same_number_holds_nothing() -> None:
    reused = re.sub(r"\(\S+ in", "(1 in", owner())
    assert (alive(owner(), NOW, NOW), alive(reused, NOW, NOW)) == (True, False)


@contextmanager
def _holder() -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Another process of this machine, and how it signs."""
    said = "from catalog.lease import owner; print(owner(), flush=True); input()"
    root = Path(__file__).resolve().parent.parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", said], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_who_was_killed_holds_nothing_even_while_nobody_has_asked_after_it() -> None:
    with _holder() as (process, holder):
        while_it_runs = alive(holder, NOW, NOW)
        process.kill()
        if hasattr(os, "waitid"):
            # Wait for its end without asking after it: what is left of it is a zombie.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:
            process.wait()
        assert (while_it_runs, alive(holder, NOW, NOW)) == (True, False)


def test_who_is_numbered_elsewhere_is_judged_by_its_heartbeat_whatever_its_host_is_called() -> None:
    # A container of the same name numbers its processes anew: none here has this number.
    elsewhere = re.sub(r"process \d+ \(\S+ in \S+\)", "process 99999999 (1 in 00000000)", owner())
    assert elsewhere.endswith(f" on {socket.gethostname()}")
    late = NOW + timedelta(minutes=11)
    assert (alive(elsewhere, NOW, NOW), alive(elsewhere, NOW, late)) == (True, False)


def test_who_is_stopped_for_hours_holds_nothing_though_its_process_is_there() -> None:
    with _holder() as (_, holder):
        assert (alive(holder, NOW, NOW), alive(holder, NOW, NOW + timedelta(hours=8))) == (True, False)


def test_a_heartbeat_from_next_year_holds_nothing() -> None:
    assert not alive(owner(), NOW + timedelta(days=365), NOW)


def test_nothing_is_released_while_the_source_is_read(catalog: Catalog) -> None:
    held = runs.begin(catalog, SOURCE, "full")
    with catalog.writing() as session:
        runs.finish(session, held, RunState.HELD, [], "Sample.")
    reading = runs.begin(catalog, SOURCE, "incremental")
    with pytest.raises(RunInProgress, match=r"^sample is being harvested by process .* Decide when it has ended\.$"):
        removal.release(catalog, str(held.id), Removal(), "A. Sample")
    with catalog.writing() as session:
        runs.finish(session, reading, RunState.COMPLETE, [], "")
    assert removal.release(catalog, str(held.id), Removal(), "A. Sample").missing == 0
