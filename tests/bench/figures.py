"""The committed result of ``make bench``, and how the README shows it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("figures.json")


def rendered(figures: Mapping[str, Any]) -> str:
    """A Markdown table of what was measured and asked for, and the machine it was measured on."""
    machine = figures["machine"]
    rows = [
        f"| {row['what']} | {row['measured']} | {row['floor']} | {'yes' if row['holds'] else '**no**'} |"
        for row in figures["figures"]
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
