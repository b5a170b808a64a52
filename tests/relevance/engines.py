"""The engines that are judged: Landmark's own search, plain SQLite FTS5 with bm25, and Tantivy as it comes."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import orjson
import tantivy
from sqlalchemy import insert
from sqlalchemy.orm import Session

from catalog.query import DatasetQuery
from catalog.search import Reader, follow
from catalog.tables import Change, Dataset, Disclosure, SourceRow
from catalog.text import tokens
from catalog.vocabulary import AccessModality, Audience, Visibility
from tests.bench.search import TODAY, Catalog
from tests.catalog.samples import dataset
from tests.relevance.corpus import Documents, texts

FIELDS = ("title", "keywords", "organizations", "notes")


class Engine(Protocol):
    """Something that is asked."""

    name: str

    def search(self, asked: str, most: int) -> list[str]:
        """Keys of the records found, best first."""


class Landmark:
    """The public's index, built from the documents as disclosed."""

    name = "landmark"

    def __init__(self, corpus: Documents, folder: Path) -> None:
        catalog = Catalog(folder / "relevance.db")
        self._keys = {document["id"]: key for key, document in corpus.items()}
        _fill(catalog, corpus)
        follow(catalog, folder / "index")
        catalog.engine.dispose()
        self.reader = Reader(folder / "index", Audience.PUBLIC)

    def search(self, asked: str, most: int, **more: Any) -> list[str]:
        page = self.reader.search(DatasetQuery(q=asked, limit=most, **more), TODAY)
        return [self._keys[orjson.loads(item)["id"]] for item in page.items]


class Fts5:
    """Any of the words, by bm25 with no weights; the tokenizer that FTS5 comes with."""

    name = "fts5"

    def __init__(self, corpus: Documents) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(f"CREATE VIRTUAL TABLE it USING fts5(key UNINDEXED, {', '.join(FIELDS)})")
        rows = ((key, *_values(document)) for key, document in corpus.items())
        self._database.executemany("INSERT INTO it VALUES (?, ?, ?, ?, ?)", rows)

    def search(self, asked: str, most: int) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in tokens(asked))
        if not words:
            return []
        found = self._database.execute("SELECT key FROM it WHERE it MATCH ? ORDER BY rank LIMIT ?", (words, most))
        return [key for (key,) in found]


class Plain:
    """Tantivy's own tokenizer, query parser (any of the words) and scores."""

    name = "tantivy"

    def __init__(self, corpus: Documents) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("key", stored=True, tokenizer_name="raw")
        for field in FIELDS:
            builder.add_text_field(field)
        self._index = tantivy.Index(builder.build())
        writer = self._index.writer()
        for key, document in corpus.items():
            made = tantivy.Document(key=key)
            for field, text in zip(FIELDS, _values(document), strict=True):
                made.add_text(field, text)
            writer.add_document(made)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def search(self, asked: str, most: int) -> list[str]:
        parsed, _ = self._index.parse_query_lenient(asked, list(FIELDS))
        searcher = self._index.searcher()
        return [searcher.doc(address)["key"][0] for _, address in searcher.search(parsed, most).hits]


def _values(document: Mapping[str, Any]) -> tuple[str, ...]:
    said = texts(document)
    return tuple(said[field] for field in FIELDS)


def _fill(catalog: Catalog, corpus: Documents) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    with Session(catalog.engine) as session:
        session.add(
            SourceRow(key="portal-1", kind="sample", title="Sample", url="", publisher="", licence="", enabled=True,
                      visibility=Visibility.PUBLIC, access=AccessModality.OPEN, schedule="")
        )  # fmt: skip
        session.flush()
        made = [(UUID(document["id"]), document["seq"], document) for document in corpus.values()]
        session.execute(insert(Dataset), [dataset(key, seq) for key, seq, _ in made])
        session.execute(
            insert(Disclosure),
            [
                {"dataset_id": key, "audience": Audience.PUBLIC, "seq": seq, "name": None,
                 "document": orjson.dumps(document), "etag": str(seq)}
                for key, seq, document in made
            ],
        )  # fmt: skip
        session.execute(
            insert(Change),
            [
                {"seq": seq, "dataset_seq": seq, "source_key": "portal-1", "run_id": None, "at": now,
                 "kind": "created", "fields": []}
                for _, seq, _ in made
            ],
        )  # fmt: skip
        session.commit()
