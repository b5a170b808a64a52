"""The committed result of ``tests/bench/profiles.py``, and how the README shows it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROFILES = Path(__file__).with_name("profiles.json")


def profiles_rendered(found: Mapping[str, Any]) -> str:
    """As Markdown: how fast files tell their columns, beside libhxl reading the same addresses."""
    floors = {"CSV": 1.5, "XLSX": 40.0}
    sizes = {kind: one["bytes"] / one["count"] / 1e6 for kind, one in found["files"].items()}
    rows = [
        f"| {run['kind']}, {run['files']} files | {run['at_once']} | {run['latency_ms']} ms | {run['ours_s']:.2f} s | "
        f"{run['libhxl_s']:.2f} s | {run['libhxl_s'] / run['ours_s']:.1f} times | {floors[run['kind']]:g} times | "
        f"{'yes' if run['libhxl_s'] >= floors[run['kind']] * run['ours_s'] else '**no**'} | {run['same']} |"
        for run in found["runs"]
    ]
    lines = [
        (
            f"Headers and hashtags of files on a loopback server, measured {found['date']} beside libhxl reading the "
            f"same addresses ("
            + ", ".join(f"{kind} of {size:.1f} MB on average" for kind, size in sizes.items())
            + "). The pace between requests to one host is off here: outside, a host is asked once a second."
        ),
        "",
        "| files | at once | latency | Landmark | libhxl | faster | must be | holds | same tags |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
    return "\n".join(lines)
