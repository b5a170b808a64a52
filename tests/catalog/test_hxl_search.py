"""Searching by what columns hold: as libhxl reads patterns, on one table, by origin and confidence."""

import logging
import random
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hxl.model import Column, TagPattern

from catalog.hxl.tags import canonical
from catalog.query import DatasetQuery, QueryError, same_table
from catalog.search import Reader, check, follow
from catalog.search.schema import MOST_TABLES
from catalog.vocabulary import Audience
from tests.catalog.samples import document
from tests.catalog.test_search import Catalog

TODAY = date(2026, 11, 20)
Tag = tuple[str, str, float]


def tabled(seq: int, *tables: tuple[Tag, ...], sheets: bool = False) -> dict[str, Any]:
    """A sample record with tables of tagged columns: each a file, or each a sheet of one file."""
    made = document(seq, formats=["XLSX"] if sheets else ["CSV"] * len(tables))
    origins: dict[str, str] = {}
    for number, table in enumerate(tables):
        entry = made["distributions"][0 if sheets else number]
        for position, (tag, origin, confidence) in enumerate(table):
            origins.setdefault(tag, origin)
            given = {"tag": tag, "origin": origin, "rule": "sample", "confidence": confidence}
            sheet = f"Sheet {number}" if sheets else ""
            entry["columns"].append({"sheet": sheet, "position": position, "header": "Sample", "tags": [given]})
    made["tags"] = [{"tag": tag, "origin": origin} for tag, origin in sorted(origins.items())]
    return made


def declared(*tags: str) -> tuple[Tag, ...]:
    return tuple((tag, "declared", 1.0) for tag in tags)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    home = tmp_path_factory.mktemp("hxl")
    catalog = Catalog(home / "catalog.db")
    catalog.put(
        tabled(1, declared("#adm2+code", "#affected+killed", "#date")),
        tabled(2, declared("#adm2+code", "#adm2+name"), declared("#affected+killed", "#date")),
        tabled(3, declared("#adm2+code"), declared("#adm2+name", "#affected+f+killed"), sheets=True),
        tabled(4, (("#adm2+code", "inferred", 0.9), ("#affected+killed", "declared", 1.0))),
        tabled(5, (("#adm2+code", "inferred", 0.6), ("#affected+killed", "inferred", 0.95), ("#geo", "curated", 1.0))),
        tabled(6, *(declared("#adm2+code", f"#x_{number}") for number in range(40)), declared("#affected+killed")),
        {**document(7), "tags": [{"tag": "#adm2+code", "origin": "mapped"}]},
        document(8),
    )
    follow(catalog, home / "index")
    assert check(catalog, home / "index") == []
    catalog.engine.dispose()
    return Reader(home / "index", Audience.PUBLIC)


def found(reader: Reader, **asked: Any) -> list[int]:
    page = reader.search(DatasetQuery(limit=1000, **asked), TODAY)
    numbers = {f"sample-{seq}": seq for seq in range(1, 1000)}
    items = sorted(numbers[orjson.loads(item)["name"]] for item in page.items)
    assert page.total == len(items)
    return items


def test_patterns_on_any_column_and_on_one_table(reader: Reader) -> None:
    both = ("#adm2+code", "#affected+killed")
    assert found(reader, hxl=both) == [1, 2, 3, 4, 5, 6]
    assert found(reader, hxl_same=both) == [1, 4, 5]
    assert found(reader, hxl_same=("#adm2+name", "#affected+killed")) == [3]
    assert found(reader, hxl_same=("#adm2-name", "#*+killed", "#date")) == [1]
    assert found(reader, hxl_same=("#adm2+code", "#x_39")) == [6]
    assert found(reader, hxl=("#date",), hxl_same=("#adm2+code", "#adm2+name")) == [2]
    assert found(reader, hxl_same=("#adm2+code", "#nothing")) == []
    assert found(reader, hxl_same=("#adm2+code",)) == [1, 2, 3, 4, 5, 6]


def test_by_origin_and_confidence(reader: Reader) -> None:
    pattern = ("#adm2+code",)
    assert found(reader, hxl=pattern, hxl_origin=("inferred",)) == [4, 5]
    assert found(reader, hxl=pattern, hxl_origin=("mapped",)) == [7]
    assert found(reader, hxl=pattern, hxl_origin=("Declared", "mapped")) == [1, 2, 3, 6, 7]
    assert found(reader, hxl=pattern, hxl_min_confidence=0.6) == [1, 2, 3, 4, 5, 6, 7]
    assert found(reader, hxl=pattern, hxl_min_confidence=0.61) == [1, 2, 3, 4, 6, 7]
    assert found(reader, hxl=pattern, hxl_origin=("inferred",), hxl_min_confidence=0.7) == [4]
    assert found(reader, hxl_origin=("curated",)) == [5]
    assert found(reader, hxl_origin=("curated",), hxl_min_confidence=1.0) == [5]
    assert found(reader, hxl_origin=("inferred",), hxl_min_confidence=0.95) == [5]
    both = ("#adm2+code", "#affected+killed")
    assert found(reader, hxl_same=both, hxl_origin=("inferred",)) == [5]
    assert found(reader, hxl_same=both, hxl_min_confidence=0.8) == [1, 4]
    assert found(reader, selected={"columns": ("known",)}) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("asked", "parameter", "said"),
    [
        ({"hxl_same": ("#adm*",)}, "hxl.same", '"#adm*" is no HXL tag pattern: only #* alone stands for any tag'),
        ({"hxl_same": ("#adm1,#adm2",)}, "hxl.same", "give each pattern in a parameter of its own"),
        ({"hxl": ("#affected+f|m",)}, "hxl", 'there is no "or"'),
        ({"hxl": ("#affected+f|m",), "hxl_origin": ("curated",)}, "hxl", 'there is no "or"'),
        ({"hxl_origin": ("guessed",)}, "hxl.origin", "one of declared, mapped, inferred, curated"),
        ({"hxl_min_confidence": 1.5}, "hxl.min_confidence", "it is 0 to 1"),
    ],
)
def test_what_cannot_be_asked_names_the_mend(reader: Reader, asked: Any, parameter: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        found(reader, **asked)
    assert raised.value.parameter == parameter
    assert said in str(raised.value)


def test_true_asks_one_table_of_the_patterns_on_any_column() -> None:
    assert same_table(("#a", "#b"), ("true",)) == ("#a", "#b")
    assert same_table(("#a",), ("#c", "TRUE")) == ("#a", "#c")
    assert same_table(("#a",), ("#c",)) == ("#c",)
    assert same_table(("#a",), ()) == ()


def test_more_tables_than_are_told_apart_are_found_by_the_first(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.db")
    catalog.put(tabled(1, *(declared(f"#x_{number:03}", "#org") for number in range(MOST_TABLES + 5))))
    follow(catalog, tmp_path / "index")
    catalog.engine.dispose()
    reader = Reader(tmp_path / "index", Audience.PUBLIC)
    assert found(reader, hxl_same=("#x_000", "#org")) == [1]
    assert found(reader, hxl=(f"#x_{MOST_TABLES + 4:03}", "#org")) == [1]


NAMES = ("adm1", "adm2", "affected", "inneed", "geo", "population", "x_code", "loc")
ATTRIBUTES = ("f", "m", "code", "name", "killed", "children", "lat", "v_pcode", "i_fr", "idps")
TAGS, PATTERNS = 150, 200


def _spaced(draw: random.Random, text: str) -> str:
    return draw.choice([text, text.upper(), text.title(), f" {text}", f"{text} "])


def _generated(draw: random.Random) -> tuple[list[str], list[str]]:
    """Canonical tags and patterns as people write them: any case, order, spaces, with and without the ``#``."""
    tags = set()
    while len(tags) < TAGS:
        attributes = draw.sample(ATTRIBUTES, draw.choice([0, 1, 1, 2, 2, 3, 4]))
        tags.add(canonical(f"#{draw.choice(NAMES)}{''.join(f'+{one}' for one in attributes)}"))
    patterns = []
    for _ in range(PATTERNS):
        signs = [(draw.choice("++-"), one) for one in draw.sample(ATTRIBUTES, draw.choice([0, 1, 1, 2, 3]))]
        exact = "!" if draw.random() < 0.2 and all(sign == "+" for sign, _ in signs) else ""
        gap = draw.choice(["", "", " ", "  "])
        name = draw.choice([*NAMES, "*", "*"])
        written = (
            f"{draw.choice(['#', '#', ''])}{name}{''.join(f'{gap}{sign}{one}' for sign, one in signs)}{gap}{exact}"
        )
        patterns.append(_spaced(draw, written))
    return sorted(tags), patterns


def test_answers_are_those_of_match_list_on_30000_generated_pairs(tmp_path: Path) -> None:
    logging.getLogger("hxl").setLevel(logging.CRITICAL)
    tags, patterns = _generated(random.Random(6))
    catalog = Catalog(tmp_path / "catalog.db")
    catalog.put(*(tabled(seq, declared(tag)) for seq, tag in enumerate(tags, 1)))
    follow(catalog, tmp_path / "index")
    catalog.engine.dispose()
    reader = Reader(tmp_path / "index", Audience.PUBLIC)
    columns = {seq: Column.parse(tag) for seq, tag in enumerate(tags, 1)}
    pairs = matched = 0
    for pattern in patterns:
        parsed = TagPattern.parse_list([pattern])
        expected = [seq for seq, column in columns.items() if TagPattern.match_list(column, parsed)]
        one = {"hxl": (pattern,)}
        for asked in (one, {"hxl_same": (pattern,)}, {**one, "hxl_origin": ("declared",)}):
            assert found(reader, **asked) == expected, pattern
        pairs += len(columns)
        matched += len(expected)
    assert pairs == 30_000
    assert 1_000 < matched < 20_000
