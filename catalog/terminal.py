"""Tables on a terminal."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under their columns; nothing is said of cells that are None."""
    console = Console(markup=False, emoji=False)  # titles may have [brackets] and :colons:
    if not rows:
        console.print("Nothing to show.")
        return
    # What stands first is given to the next command: where it is a key, a narrow terminal shows it whole.
    keyed = not any(" " in str(row[0]) for row in rows)
    heads = (Column(column, overflow="fold", no_wrap=keyed and not place) for place, column in enumerate(columns))
    shown = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        shown.add_row(*(str(cell if cell is not None else "") for cell in row))
    console.print(shown)
