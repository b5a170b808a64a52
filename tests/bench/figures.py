"""The committed result of ``make bench``, and how the README shows it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures.json")
MEMORY = Path(__file__).with_name("memory.json")
"""The committed result of ``make bench-memory``."""


def memory_row(found: Mapping[str, Any]) -> dict[str, Any]:
    """How much more a harvest of many records holds than one of few."""
    few, many = found["sizes"]
    growth = many["own_mb"] / few["own_mb"] - 1
    return {
        "what": f"memory of a first harvest, {few['records']:,} to {many['records']:,} records",
        "measured": f"{few['own_mb']:.0f} MB to {many['own_mb']:.0f} MB, {growth:+.0%}; with the index's mapped files, "
        f"which the system may drop, {few['peak_mb']:.0f} to {many['peak_mb']:.0f} MB ({found['date']})",
        "floor": "at most 30% more",
        "holds": growth <= 0.3,
    }


def rendered(figures: Mapping[str, Any]) -> str:
    """A Markdown table of what was measured and asked for, and the machine it was measured on."""
    machine = figures["machine"]
    rows = [
        f"| {row['what']} | {row['measured']} | {row['floor']} | {'yes' if row['holds'] else '**no**'} |"
        for row in [*figures["figures"], memory_row(json.loads(MEMORY.read_text(encoding="utf-8")))]
    ]
    size = figures["packages"]
    measured = (
        f"Measured with {figures['records']:,} records of {size['mean_bytes'] / 1000:.1f} kB and "
        f"{size['mean_resources']:.1f} resources on average, {figures['date']}."
    )
    measured_on = (
        f"Machine: {machine['cores']} cores, {machine['memory_gb']} GB of memory, {machine['system']}, "
        f"Python {machine['python']}, {machine['database']}."
    )
    return "\n".join(
        [
            measured,
            measured_on,
            "",
            "| what | measured | must be | holds |",
            "| --- | --- | --- | --- |",
            *rows,
        ]
    )
