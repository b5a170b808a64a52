"""A small line plot as SVG coordinates; the template draws it, so that no script has to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 320, 84
_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 4.0, 6.0, 6.0


@dataclass(frozen=True, slots=True)
class Plot:
    """Where things are drawn, in a box of ``WIDTH`` by ``HEIGHT``.

    Attributes:
        lines: Points of each unbroken line, as ``x,y x,y``; a day without a value breaks it.
        dots: Values that stand alone, and the last one.
        low: The value at the bottom.
        high: The value at the top.
        first: The day at the left.
        last: The day at the right.
    """

    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    low: float
    high: float
    first: date
    last: date


def plot(values: Sequence[tuple[date, float | None]], *, share: bool) -> Plot | None:
    """Values by day, the oldest first; None if there is none. Shares are drawn from 0 to 1, others from 0 up."""
    known = [(day, value) for day, value in values if value is not None]
    if not known:
        return None
    first, last = values[0][0], values[-1][0]
    high = 1.0 if share else max(value for _, value in known) or 1.0
    days = max((last - first).days, 1)

    def at(day: date, value: float) -> tuple[float, float]:
        x = _LEFT + (WIDTH - _LEFT - _RIGHT) * ((day - first).days / days if last > first else 0.5)
        y = HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (value / high)
        return round(x, 1), round(y, 1)

    runs: list[list[tuple[float, float]]] = [[]]
    for day, value in values:
        if value is None:
            runs.append([])
        else:
            runs[-1].append(at(day, value))
    lines = tuple(" ".join(f"{x:g},{y:g}" for x, y in run) for run in runs if len(run) > 1)
    dots = [run[0] for run in runs if len(run) == 1]
    end = at(*known[-1])
    return Plot(lines, tuple(dict.fromkeys([*dots, end])), 0.0, high, first, last)
