"""One file per facet: a module here with ``FACET`` is a URL parameter, a filter, counts and labels everywhere."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from catalog.query import QueryError

Document = Mapping[str, Any]
"""A disclosed document, see :mod:`catalog.disclosure`."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """States that a day brings: the index keeps the days, the question judges them by its own day.

    Attributes:
        states: In the order in which they are reached; each holds from its day on, until the next.
        before: The state until the first day.
        never: The state of a document without days.
        days: One day per state, as ordinals, none earlier than the one before; ``None`` if the document has no days.
    """

    states: tuple[str, ...]
    before: str
    never: str
    days: Callable[[Document], tuple[int, ...] | None]

    @property
    def all_states(self) -> tuple[str, ...]:
        """Every state, from the first to the last."""
        return (self.before, *self.states, self.never)


def _as_given(value: str) -> str:
    return value.strip()


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow the catalog.

    Attributes:
        parameter: Its name in the URL, on the command line and in an answer.
        label: Its name for a reader.
        description: A sentence for the API's documentation and the command's help.
        values: What a document has, as exact words.
        position: Where it stands among the facets, lowest first.
        label_of: What a value is called, where the documents do not say (see ``names``).
        check: The value in the form in which it is indexed; raises :class:`catalog.query.QueryError`.
        names: Per value a document has: the value, its label, further names by which it may be asked for.
        shown: Whether pages show it unasked.
        closed: All values there can be, in order, if that is known.
        thresholds: For a facet whose values come with the day of asking; ``values`` is then empty.
    """

    parameter: str
    label: str
    description: str
    values: Callable[[Document], Iterable[str]]
    position: int
    label_of: Callable[[str], str] = field(default=str)
    check: Callable[[str], str] = field(default=_as_given)
    names: Callable[[Document], Iterable[tuple[str, ...]]] | None = None
    shown: bool = True
    closed: tuple[str, ...] = ()
    thresholds: Thresholds | None = None


def one_of(parameter: str, values: Iterable[str]) -> Callable[[str], str]:
    """A check that a value is one of a closed list; ``on-request`` and ``On request`` mean ``on_request``."""
    known = {_folded(value): str(value) for value in values}

    def check(value: str) -> str:
        if (meant := known.get(_folded(value))) is None:
            raise QueryError(parameter, f'"{value}" is no {parameter}; it is one of {", ".join(known.values())}')
        return meant

    return check


def _folded(value: str) -> str:
    return "_".join(value.casefold().replace("-", " ").replace("_", " ").split())


@cache
def facets() -> Mapping[str, Facet]:
    """Every facet found in this folder, by parameter, in the order in which they are shown."""
    found: list[Facet] = []
    for module in pkgutil.iter_modules(__path__):
        facet: Any = importlib.import_module(f"{__name__}.{module.name}")
        found.append(facet.FACET)
    return {facet.parameter: facet for facet in sorted(found, key=lambda facet: facet.position)}
