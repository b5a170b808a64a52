"""One harvest of every served sample portal by the real command, from an empty catalog."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.journeys.test_portals import harvested, installed
from tests.portals_served.served import served_portals

FLOOR = 60
"""Seconds that the issue allows."""


def measure() -> dict[str, Any]:
    """Seconds of the command, and what it read."""
    portals = served_portals()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        installed(portals, Path(folder)) as landmark,
    ):
        begun = time.perf_counter()
        reports = harvested(landmark, portals)
        seconds = time.perf_counter() - begun
    return {
        "kinds": len(portals),
        "records": sum(report["created"] for report in reports.values()),
        "seconds": seconds,
    }


def figure(found: Mapping[str, Any]) -> dict[str, Any]:
    """As a line of the table."""
    return {
        "what": f"one harvest of {found['kinds']} served sample portals, each of another kind",
        "measured": f"{found['seconds']:.1f} s, {found['records']} records",
        "floor": f"under {FLOOR} s",
        "holds": found["seconds"] < FLOOR,
    }
