"""The basic HXL hashtags of the dataset's columns, without attributes."""

import re

from catalog.facets import Document, Facet
from catalog.query import QueryError

_HASHTAG = re.compile(r"#[a-z][a-z0-9_]*")


def _values(document: Document) -> set[str]:
    return {found[0] for entry in document["tags"] if (found := _HASHTAG.match(entry["tag"].lower()))}


def _check(value: str) -> str:
    hashtag = "#" + value.strip().lower().removeprefix("#")
    if not _HASHTAG.fullmatch(hashtag):
        raise QueryError(
            "hashtag", f'"{value}" is no HXL hashtag, such as #affected; patterns with attributes go in "hxl"'
        )
    return hashtag


FACET = Facet(
    parameter="hashtag",
    label="HXL hashtag",
    description="A basic HXL hashtag that a column carries, such as #affected, whatever its attributes.",
    values=_values,
    position=40,
    check=_check,
)
