"""How rows are given to a database's driver: statements and converted values, made without a connection.

SQLAlchemy converts row by row when it executes; here a column is converted at a time, and another process may do it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import orjson
from sqlalchemy import Boolean, Date, Dialect, Enum, Table, make_url
from sqlalchemy.types import TypeEngine

from catalog.tables import Base, UtcDateTime

Row = tuple[Any, ...]

_RECURRING = (UtcDateTime, Date, Enum, Boolean)
"""Of these types most values have been converted before, and none can be changed."""


class Layout:
    """Rows as one kind of database takes them.

    Args:
        drivername: As in an address: ``sqlite`` or ``postgresql+psycopg``.
    """

    def __init__(self, drivername: str) -> None:
        self.drivername = drivername
        kind: Callable[..., Dialect] = make_url(f"{drivername}://").get_dialect()
        by_position = {} if drivername.startswith("sqlite") else {"paramstyle": "format"}
        self._dialect = kind(json_serializer=json_text, **by_position)
        # Only the one that is used is imported.
        self._insert = import_module(f"sqlalchemy.dialects.{self._dialect.name}").insert
        self._statements: dict[tuple[type[Base], bool], str] = {}
        self._converters: dict[type[Base], list[tuple[int, Callable[[Any], Any]]]] = {}
        self._recurring: dict[type, Callable[[Any], Any]] = {}

    def statement(self, entity: type[Base], *, only_new: bool = False) -> str:
        """The INSERT of a whole row, its values by position; ``only_new`` leaves a row alone whose key is there."""
        if (entity, only_new) not in self._statements:
            insert = self._insert(table(entity)).inline()
            if only_new:
                insert = insert.on_conflict_do_nothing()
            compiled = insert.compile(dialect=self._dialect, column_keys=list(columns(entity)))
            self._statements[entity, only_new] = str(compiled)
        return self._statements[entity, only_new]

    def ready(self, entity: type[Base], rows: Iterable[Sequence[Any]]) -> list[Row]:
        """Rows of :func:`columns` with their values as the driver takes them."""
        if entity not in self._converters:
            self._converters[entity] = list(self._found(entity))
        converters = self._converters[entity]
        if not converters:
            return list(map(tuple, rows))
        by_column: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, converter in converters if by_column else ():
            by_column[place] = map(converter, by_column[place])
        return list(zip(*by_column, strict=True))

    def _found(self, entity: type[Base]) -> Iterator[tuple[int, Callable[[Any], Any]]]:
        for place, name in enumerate(columns(entity)):
            kind = table(entity).c[name].type
            converter = kind.dialect_impl(self._dialect).bind_processor(self._dialect)
            if converter is not None:
                yield place, self._remembering(kind, converter) if isinstance(kind, _RECURRING) else converter

    def _remembering(self, kind: TypeEngine[Any], converter: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The converter of all columns of a kind: the same days and words stand in many of them."""
        return self._recurring.setdefault(getattr(kind, "enum_class", None) or type(kind), lru_cache(4096)(converter))


@cache
def columns(entity: type[Base]) -> tuple[str, ...]:
    """Names of a table's columns in their order, without those that the database numbers itself."""
    given = table(entity)
    numbered = given.autoincrement_column
    return tuple(column.name for column in given.columns if column is not numbered)


def table(entity: type[Base]) -> Table:
    """The plain table of an entity."""
    found = entity.__table__
    assert isinstance(found, Table)  # noqa: S101 - every entity here is a plain table
    return found


def json_text(value: object) -> str:
    """JSON as it is stored."""
    return orjson.dumps(value).decode()
