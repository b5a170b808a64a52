"""Who holds a source, and what must wait until it is free."""

import os
import socket
from datetime import UTC, datetime

import pytest

from catalog import removal, runs
from catalog.database import Catalog
from catalog.lease import RunInProgress, alive, owner
from catalog.vocabulary import RunState
from config.declarations import Removal, Source

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")


def test_another_process_under_the_same_number_holds_nothing() -> None:
    reused = f"process {os.getpid()} (1.00) on {socket.gethostname()}"
    assert (alive(owner(), NOW, NOW), alive(reused, NOW, NOW)) == (True, False)


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
