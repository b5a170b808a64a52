"""Views: sources that are parts of others, counted by the question that they are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from catalog.facets import facets
from catalog.query import DatasetQuery, Page, QueryError
from config.declarations import VIEW, Source
from config.load import ConfigurationError

Ask = Callable[[DatasetQuery], Page]
"""Answers a question for one viewer."""


def asked(item: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The facets by which a source's datasets are found, values per parameter: a view's own, or the source itself."""
    if item["kind"] != VIEW:
        return {"source": (item["key"],)}
    standing = item["standing"]
    return {"source": (standing["of"],)} | {name: tuple(values) for name, values in standing["query"].items()}


def counted(items: Sequence[Mapping[str, Any]], ask: Ask) -> list[dict[str, Any]]:
    """The sources as given, each view with the number of its datasets that the viewer may know of."""
    return [dict(item) | ({"datasets": _total(item, ask)} if item["kind"] == VIEW else {}) for item in items]


def check(source: Source, known: Sequence[str]) -> None:
    """Raise ConfigurationError for a view of no source, by no facet, or by a value that a facet never has."""
    if source.kind != VIEW:
        return
    if source.of not in known:
        raise ConfigurationError(f'{source.key}: the key "of": there is no source "{source.of}".')
    if wrong := sorted(set(source.query) - set(facets())):
        raise ConfigurationError(
            f'{source.key}: the key "query": "{wrong[0]}" is no facet. There are: {", ".join(facets())}.'
        )
    for facet, values in ((facets()[name], values) for name, values in source.query.items()):
        for value in values if facet.closed else ():
            try:
                facet.check(value)
            except QueryError as error:
                raise ConfigurationError(f'{source.key}: the key "query": {error}.') from None


def _total(item: Mapping[str, Any], ask: Ask) -> int:
    try:
        return ask(DatasetQuery(selected=asked(item), limit=0)).total
    except QueryError:
        # An organisation that no record names so far has none; what is wrong with a view, ``check`` tells.
        return 0
