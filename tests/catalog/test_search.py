import base64
import dataclasses
import shutil
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import orjson
import pytest
import tantivy
from hxl.model import Column, TagPattern
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, select
from sqlalchemy.orm import Session

from catalog.answer import page_json
from catalog.disclosure import item
from catalog.facets import facets
from catalog.facets.freshness import state_of
from catalog.query import DatasetQuery, FacetCount, Page, QueryError
from catalog.search import IndexUnusableError, Reader, check, follow, order, rebuild
from catalog.search.counts import _BESIDE, LONG
from catalog.search.schema import schema
from catalog.search.snapshot import Rows
from catalog.tables import Base, Change, Dataset, Disclosure
from catalog.vocabulary import Audience
from tests.catalog.samples import dataset, document

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
HILL = {"id": "11111111-1111-1111-1111-111111111111", "name": "Hillside Mine Action Centre", "acronym": "HMAC",
        "kind": "national_authority", "roles": ["publisher", "holder"]}  # fmt: skip
RIVER = {"id": "22222222-2222-2222-2222-222222222222", "name": "Rivière Relief", "acronym": "",
         "kind": "national_ngo", "roles": ["holder"]}  # fmt: skip
CLEARANCE = {"key": "clearance", "title": "Clearance"}
DISPLACEMENT = {"key": "displacement", "title": "Displacement"}


def tags(*names):
    return [{"tag": name, "origin": "declared"} for name in names]


def level(name):
    return {"level": name, "basis": "", "reason": "", "rule": "", "asserted_by": "", "review_by": None}


def access(modality):
    return {"modality": modality, "steps": [], "address": "", "artefacts": []}


def fresh(due=None, overdue=None, delinquent=None, always=False):
    return {"due": due, "overdue": overdue, "delinquent": delinquent, "always_fresh": always}


def period(start, end=None, open_ended=False):
    return {"start": start, "end": end, "open": open_ended}


CORPUS = (
    document(1, title="Cleared land in the Hill Province", notes="Polygons of land released after clearance.",
             organizations=[HILL], holders=["Hillside Mine Action Centre"], countries=["SSD"], topics=[CLEARANCE],
             concepts=[{**CLEARANCE, "evidence": []}], keywords=["mines"], access=access("open"), level=level("low_no"),
             tags=tags("#adm1+name", "#geo+lat", "#geo+lon"), modified="2026-11-01T10:00:00Z",
             period=period("2024-01-01", "2025-12-31"), freshness=fresh(always=True), formats=["GEOJSON", "CSV"]),
    document(2, title="Displacement tracking round 4", notes="People displaced, by camp and by sex.",
             organizations=[RIVER], holders=["Rivière Relief"], countries=["SSD", "SDN"], topics=[DISPLACEMENT],
             concepts=[{**DISPLACEMENT, "evidence": []}, {**CLEARANCE, "evidence": []}], access=access("on_request"),
             level=level("moderate"), tags=tags("#affected+f", "#affected+m", "#adm1+code"),
             modified="2026-11-01T10:00:00Z", period=period("2025-06-01", "2025-06-30"),
             freshness=fresh("2026-11-20T05:00:00Z", "2026-12-01T00:00:00Z", "2026-12-10T00:00:00Z"),
             formats=["XLSX"]),
    document(3, title="Suivi des déplacements", titles={"fr": "Suivi des déplacements"}, notes="Camps et sites.",
             organizations=[RIVER], holders=["Rivière Relief"], countries=["MLI"], topics=[DISPLACEMENT],
             access=access("on_request"), level=level("moderate"), tags=tags("#affected+f+children", "#adm2"),
             modified="2026-10-01T00:00:00Z", period=period("2026-01-15", open_ended=True),
             freshness=fresh("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
             formats=["XLSX", "CSV"]),
    document(4, title="Casualties of explosive ordnance", notes="By district; access after an agreement.",
             organizations=[HILL, RIVER], holders=["Hillside Mine Action Centre"], countries=["UKR"],
             access=access("under_agreement"), level=level("high"), modified="2026-09-01T00:00:00Z",
             period=period("2023-02-01"), freshness=fresh("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z",
                                                          "2025-03-01T00:00:00Z")),
    document(5, title="Population estimates", notes="Displaced people are counted where they stay.",
             countries=["UKR"], source={"key": "other", "title": "Another portal"}, access=access("open"),
             tags=tags("#population+f", "#adm1+code"), freshness=fresh("2027-01-01T00:00:00Z"), formats=["CSV"]),
    document(6, title="حدود المحافظات", titles={"ar": "حدود المحافظات"}, notes="خرائط إدارية", countries=["YEM"],
             access=access("open"), modified="2020-01-01T00:00:00Z"),
    document(7, title="Hazard map, Kosovo", countries=["XKX"], keywords=["unexploded ordnance"], access=access("open"),
             modified="2026-11-01T10:00:00Z"),
    document(8, title="Severe holdings list", countries=["WLD"], visibility="restricted", access=access("bilateral"),
             level=level("severe"), modified="2026-11-10T00:00:00Z"),
)  # fmt: skip
PUBLIC = CORPUS[:7]
STATES = {1: "fresh", 2: "due", 3: "overdue", 4: "delinquent", 5: "fresh", 6: "unknown", 7: "unknown", 8: "unknown"}


class Catalog:
    def __init__(self, path: Path):
        self.engine = create_engine(f"sqlite:///{path.as_posix()}")
        Base.metadata.create_all(self.engine)
        self.changes = 0

    @contextmanager
    def reading(self):
        with Session(self.engine) as session:
            yield session

    def put(self, *documents, audiences=None, etag="1"):
        with Session(self.engine) as session:
            for made in documents:
                sees = audiences if audiences is not None else AUDIENCES[made["visibility"]]
                key = _key(made)
                session.merge(Dataset(**dataset(key, made["seq"])))
                session.execute(delete(Disclosure).where(Disclosure.dataset_id == key))
                for audience in sees:
                    session.add(Disclosure(dataset_id=key, audience=audience, seq=made["seq"], name=None,
                                           document=orjson.dumps(made), etag=etag))  # fmt: skip
                self.changes += 1
                session.add(Change(seq=self.changes, dataset_seq=made["seq"], source_key="sample", run_id=None, at=NOW,
                                   kind="updated", fields=[]))  # fmt: skip
            session.commit()


AUDIENCES = {"public": tuple(Audience), "restricted": (Audience.FULL,)}


def _key(made):
    return UUID(made["id"])


def shown(seq):
    made = next(made for made in CORPUS if made["seq"] == seq)
    return orjson.dumps(item(made))[:-1] + f',"freshness_state":"{STATES[seq]}"}}'.encode()


def found(page):
    return [CORPUS_IDS[orjson.loads(entry)["id"]] for entry in page.items]


CORPUS_IDS = {made["id"]: made["seq"] for made in CORPUS}


@pytest.fixture
def catalog(tmp_path):
    made = Catalog(tmp_path / "landmark.db")
    made.put(*CORPUS)
    yield made
    made.engine.dispose()


@pytest.fixture
def index_dir(tmp_path):
    return tmp_path / "index"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    home = tmp_path_factory.mktemp("search")
    catalog = Catalog(home / "landmark.db")
    catalog.put(*CORPUS)
    follow(catalog, home / "index")
    catalog.engine.dispose()
    return Reader(home / "index", Audience.PUBLIC)


def ask(reader, q="", **rest):
    return reader.search(DatasetQuery(q=q, **rest), TODAY)


def test_a_whole_page(reader):
    page = ask(
        reader,
        "displaced",
        selected={"country": ("South Sudan", "ukr")},
        facets=("country", "organization", "freshness"),
    )
    assert page == Page(
        total=2,
        items=(shown(2), shown(5)),
        facets={
            "country": (
                FacetCount("SSD", "South Sudan", 1, selected=True),
                FacetCount("SDN", "Sudan", 1),
                FacetCount("UKR", "Ukraine", 1, selected=True),
            ),
            "organization": (FacetCount(RIVER["id"], "Rivière Relief", 1),),
            "freshness": (FacetCount("due", "Due for an update", 1), FacetCount("fresh", "Up to date", 1)),
        },
        next="",
        notices=(),
        generation=reader.generation,
        wording={
            "parts": [
                {
                    "said": "displaced",
                    "kind": "meaning",
                    "title": "internally displaced people",
                    "also": ["displaced people"],
                }
            ],
            "expand": True,
        },
    )


def test_an_empty_question_lists_all_newest_first_with_every_facet(reader):
    page = ask(reader, facets=tuple(facets()))
    assert page.total == 7
    assert page.items == tuple(shown(seq) for seq in (1, 2, 7, 3, 4, 6, 5))
    years = {str(year): 1 for year in range(2023, datetime.now(UTC).year + 1)}
    years |= {"2024": 1, "2025": 2}
    assert {name: {row.value: row.count for row in rows} for name, rows in page.facets.items()} == {
        "country": {"SSD": 2, "UKR": 2, "SDN": 1, "MLI": 1, "YEM": 1, "XKX": 1},
        "organization": {RIVER["id"]: 3, HILL["id"]: 2},
        "topic": {"displacement": 2, "clearance": 1},
        "hashtag": {"#adm1": 3, "#affected": 2, "#geo": 1, "#adm2": 1, "#population": 1},
        "level": {"unclassified": 3, "moderate": 2, "low_no": 1, "high": 1},
        "access": {"open": 4, "on_request": 2, "under_agreement": 1},
        "source": {"sample": 6, "other": 1},
        "format": {"CSV": 3, "XLSX": 2, "GEOJSON": 1},
        "freshness": {"fresh": 2, "unknown": 2, "due": 1, "overdue": 1, "delinquent": 1},
        "year": years,
        "concept": {"clearance": 2, "displacement": 1},
        "cod": {},
        "columns": {"known": 4, "unknown": 3},
        "month": {"2026-11": 3, "2026-10": 1, "2026-09": 1, "2020-01": 1},
    }
    assert [row.label for row in page.facets["source"]] == ["Sample portal", "Another portal"]


@pytest.mark.parametrize(
    ("selected", "seqs"),
    [
        ({"country": ("xkx",)}, {7}), ({"country": ("sdn", "MLI")}, {2, 3}), ({"organization": ("hmac",)}, {1, 4}),
        ({"organization": ("riviere relief",)}, {2, 3, 4}), ({"organization": (HILL["id"],)}, {1, 4}),
        ({"topic": ("Displacement",)}, {2, 3}), ({"concept": ("clearance",)}, {1, 2}),
        ({"hashtag": ("affected",)}, {2, 3}),
        ({"level": ("Unclassified", "high")}, {4, 5, 6, 7}), ({"access": ("on-request",)}, {2, 3}),
        ({"source": ("another portal",)}, {5}), ({"format": ("geojson",)}, {1}), ({"freshness": ("fresh",)}, {1, 5}),
        ({"freshness": ("due",)}, {2}), ({"freshness": ("overdue", "delinquent")}, {3, 4}),
        ({"freshness": ("unknown",)}, {6, 7}), ({"year": ("2024",)}, {1}), ({"year": ("2023", "2026")}, {3, 4}),
        ({"country": ("SSD",), "access": ("open",)}, {1}), ({"country": ("AFG",)}, set()),
    ],
)  # fmt: skip
def test_selections(reader, selected, seqs):
    page = ask(reader, selected=selected, facets=tuple(selected))
    assert (set(found(page)), page.total) == (seqs, len(seqs))
    for rows in page.facets.values():
        assert any(row.selected for row in rows)


def test_long_facets_are_ordered_and_sent_as_their_objects_are(catalog, index_dir):
    names = {f"{place:08}-0000-0000-0000-000000000000": f'"Équipe" \\ {place % 90:03}' for place in range(250)}
    made = [
        document(seq, organizations=[{**HILL, "id": key, "name": names[key], "acronym": ""} for key in keys],
                 countries=["SSD" if seq % 2 else "UKR"])
        for seq, keys in enumerate((tuple(names), tuple(names)[::3], tuple(names)[::7], tuple(names)[5:9]), 100)
    ]  # fmt: skip
    catalog.put(*made)
    follow(catalog, index_dir)
    chosen = {list(names)[7], list(names)[249]}
    for selected in ({}, {"organization": tuple(chosen)}, {"country": ("SSD", "WLD", "AFG")}):
        page = ask(Reader(index_dir, Audience.PUBLIC), selected=selected, facets=tuple(facets()))
        where = [one for one in (*made, *PUBLIC) if "country" not in selected or "SSD" in one["countries"]]
        counts = Counter(agent["id"] for one in where for agent in one["organizations"])
        known = {HILL["id"]: HILL["name"], RIVER["id"]: RIVER["name"], **names}
        expected = [
            FacetCount(key, known[key], count, selected=bool(selected.get("organization")) and key in chosen)
            for key, count in sorted(counts.items(), key=lambda pair: (-pair[1], known[pair[0]], pair[0]))
        ]
        assert list(page.facets["organization"]) == expected
        plain = {
            "total": page.total, "items": [orjson.loads(one) for one in page.items],
            "facets": {name: [dataclasses.asdict(count) for count in page.facets[name]] for name in facets()},
            "next": page.next, "notices": list(page.notices), "wording": {},
        }  # fmt: skip
        assert page_json(page) == orjson.dumps(plain)
    assert [(row.value, row.count) for row in page.facets["country"] if row.selected] == [
        ("SSD", 4), ("AFG", 0), ("WLD", 0),
    ]  # fmt: skip


def test_counts_are_the_same_while_the_helper_is_busy(catalog, index_dir):
    many = [{**HILL, "id": f"{place:08}-0000-0000-0000-000000000000"} for place in range(LONG + 1)]
    catalog.put(document(100, organizations=many, countries=["SSD"]))
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)

    def answers():
        chosen = ({}, {"country": ("SSD",)}, {"organization": (many[3]["id"],), "country": ("SSD",)})
        return [page_json(ask(reader, selected=selected, facets=tuple(facets()))) for selected in chosen]

    alone = answers()
    done = threading.Event()
    busy = _BESIDE.submit(done.wait, 60)
    try:
        meanwhile = answers()
        assert not busy.done()
    finally:
        done.set()
    assert meanwhile == alone
    counts = orjson.loads(alone[1])["facets"]
    assert (len(counts["organization"]), counts["country"][0]["value"]) == (LONG + 3, "SSD")


def test_counts_leave_out_their_own_selection(reader):
    page = ask(reader, selected={"country": ("SSD",), "access": ("open",)}, facets=("country", "access", "level"))
    assert page.total == 1
    assert page.facets == {
        "country": (
            FacetCount("XKX", "Kosovo", 1), FacetCount("SSD", "South Sudan", 1, selected=True),
            FacetCount("UKR", "Ukraine", 1), FacetCount("YEM", "Yemen", 1),
        ),
        "access": (FacetCount("on_request", "On request", 1), FacetCount("open", "Open", 1, selected=True)),
        "level": (FacetCount("low_no", "Low or no sensitivity", 1),),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("q", "seqs"),
    [
        ("DEPLACEMENTS", [3]), ("clearance", [1, 2]), ("ukraine", [4, 5]), ("riviere", [2, 3, 4]),
        ("المحافظاتِ", [6]), ('"explosive ordnance"', [4]), ('"ordnance explosive"', []), ("ordnance -casualties", [7]),
        ('displaced -"by camp"', [5]), ("-casualties -clearance", [7, 3, 6, 5]), ("#affected+f children", [3]),
    ],
)  # fmt: skip
def test_words(reader, q, seqs):
    page = ask(reader, q)
    assert (sorted(found(page)), page.total, page.notices) == (sorted(seqs), len(seqs), ())


def test_titles_count_more_than_notes(reader):
    assert found(ask(reader, "ordnance")) == [4, 7]
    assert found(ask(reader, "camps displacement")) == [2, 3]


@pytest.mark.parametrize(
    ("q", "seqs", "notice"),
    [
        ("casualties zzz qqq", [4], 'No record has all words; left out: "zzz", "qqq".'),
        ("casualties district kosovo", [4], 'No record has all words; left out: "kosovo".'),
        ("zzz qqq", [], "No record has any of the words."),
    ],
)
def test_words_are_relaxed_with_a_notice(reader, q, seqs, notice):
    page = ask(reader, q)
    assert (found(page), page.total, page.notices) == (seqs, len(seqs), (notice,))


def test_nothing_to_look_for_is_said(reader):
    page = ask(reader, "…!?")
    assert (page.total, page.notices) == (7, ("There is no word in the question; all records are listed.",))
    page = ask(reader, selected={"organization": ("No Such Body",)})
    assert (page.total, page.notices) == (0, ('No organisation here is called "No Such Body".',))


@pytest.mark.parametrize(
    ("rest", "seqs"),
    [
        ({"covers": (date(2025, 12, 31), date(2026, 1, 1))}, {1}), ({"covers": (date(2026, 6, 1), None)}, {3}),
        ({"covers": (None, date(2023, 2, 1))}, {4}), ({"covers": (None, None)}, {1, 2, 3, 4}),
        ({"modified_since": date(2026, 11, 1)}, {1, 2, 7}), ({"hxl": ("#affected+f", "#adm1")}, {2}),
        ({"hxl": ("#affected-children",)}, {2}), ({"hxl": ("#adm2!",)}, {3}), ({"hxl": ("#*+code",)}, {2, 5}),
    ],
)  # fmt: skip
def test_periods_changes_and_patterns(reader, rest, seqs):
    page = ask(reader, **rest)
    assert (set(found(page)), page.total) == (seqs, len(seqs))


@pytest.mark.parametrize(
    ("rest", "parameter", "words"),
    [
        ({"selected": {"colour": ("red",)}}, "colour", "there is country, organization"),
        ({"selected": {"level": ("secret",)}}, "level", "one of low_no"),
        ({"facets": ("colour",)}, "facets", "no facet"),
        ({"selected": {"country": ("Atlantis",)}}, "country", "ISO 3166"),
        ({"hxl": ("#adm*",)}, "hxl", "any attributes"),
        ({"selected": {"hashtag": ("#affected+f",)}}, "hashtag", 'go in "hxl"'), ({"hxl": ("#a,#b",)}, "hxl", "own"),
        ({"hxl": ("#affected+f|m",)}, "hxl", 'no "or"'), ({"hxl": ("#a-b!",)}, "hxl", "exact"),
        ({"hxl": ("",)}, "hxl", "write"),
        ({"limit": 1001}, "limit", "0 to 1,000"), ({"limit": -1}, "limit", "0 to"),
        ({"sort": "size"}, "sort", "relevance"),
        ({"after": "nonsense"}, "after", "begin again"), ({"selected": {"year": ("24",)}}, "year", "four digits"),
        ({"covers": (date(2025, 2, 1), date(2025, 1, 1))}, "covers", "before it begins"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked_name_the_mend(reader, rest, parameter, words):
    with pytest.raises(QueryError, match=words) as said:
        ask(reader, **rest)
    assert said.value.parameter == parameter


def pages(reader, query):
    seqs, after = [], ""
    while True:
        page = reader.search(dataclasses.replace(query, after=after), TODAY)
        seqs += [orjson.loads(entry)["id"] for entry in page.items]
        after = page.next
        if not after:
            return seqs
        assert len(page.items) == query.limit


@pytest.mark.parametrize("sort", ["relevance", "modified", "title"])
@pytest.mark.parametrize("limit", [1, 7, 64])
def test_pages_through_ties_lose_and_repeat_nothing(catalog, index_dir, sort, limit):
    twins = [document(seq, title="Twin survey", modified="2026-01-01T00:00:00Z") for seq in range(100, 164)]
    catalog.put(*reversed(twins))
    follow(catalog, index_dir)
    catalog.put(*twins[::3], etag="2")
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    assert pages(reader, DatasetQuery(q="twin survey", sort=sort, limit=limit)) == [made["id"] for made in twins]


def test_pages_that_cost_as_much_as_all_before_them_end_with_a_word(catalog, index_dir, monkeypatch):
    monkeypatch.setattr(order, "DEEPEST", 20)
    twins = [document(seq, title="Twin survey", modified="2026-01-01T00:00:00Z") for seq in range(100, 164)]
    catalog.put(*twins)
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    for sort in ("relevance", "title"):
        query = DatasetQuery(q="twin survey", sort=sort, limit=7)
        assert pages(reader, query) == [made["id"] for made in twins[:21]]
        second = reader.search(query, TODAY)
        last = reader.search(dataclasses.replace(query, after=reader.search(query, TODAY).next, limit=13), TODAY)
        assert (second.notices, last.total, last.next) == ((), 64, "")
        assert last.notices == ('Pages in this order end after 10,000 records; "sort=modified" goes on to the last.',)
        forged = base64.urlsafe_b64encode(orjson.dumps([second.generation, sort, *PLACES[sort], 20])).decode()
        with pytest.raises(QueryError, match="begin again"):
            reader.search(dataclasses.replace(query, after=forged), TODAY)
    whole = DatasetQuery(q="twin survey", sort="modified", limit=7)
    assert pages(reader, whole) == [made["id"] for made in twins]


PLACES = {"relevance": [[-1.0, 100]], "title": ["twin survey"]}


@pytest.mark.parametrize("sort", ["relevance", "modified", "title"])
def test_a_cursor_goes_on_in_a_newer_generation(catalog, index_dir, sort):
    twins = [document(seq, title="Twin survey", modified="2026-01-01T00:00:00Z") for seq in range(100, 110)]
    catalog.put(*twins)
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    query = DatasetQuery(q="twin", sort=sort, limit=4)
    first = reader.search(query, TODAY)
    rebuild(catalog, index_dir)
    assert reader.reload_if_changed()
    rest = reader.search(dataclasses.replace(query, after=first.next, limit=100), TODAY)
    assert [orjson.loads(entry)["id"] for entry in (*first.items, *rest.items)] == [made["id"] for made in twins]
    with pytest.raises(QueryError, match="order"):
        ask(reader, "twin", sort="title" if sort != "title" else "modified", after=first.next)


def test_a_limit_of_nothing_counts(reader):
    page = ask(reader, "displaced", limit=0, facets=("access",))
    assert (page.total, page.items, page.next) == (2, (), "")
    assert [row.count for row in page.facets["access"]] == [1, 1]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(), max_size=60) | st.text(st.sampled_from("ab -\"'+*~^:()[]{}/\\ \x00\udc80é"), max_size=40)
)
def test_any_text_is_answered(reader, text):
    page = ask(reader, text, facets=("country",))
    assert page.total == sum(1 for _ in page.items)
    page = ask(reader, selected={"organization": (text,), "source": (text,), "format": (text,), "topic": (text,)})
    assert page.total == 0
    try:
        ask(reader, hxl=(text,), after=text, selected={"country": (text,)})
    except QueryError as error:
        assert error.parameter in {"hxl", "after", "country"}  # noqa: PT017


NAMES = st.sampled_from(["adm1", "adm2", "affected", "geo", "population", "AFFECTED"])
ATTRIBUTES = st.sampled_from(["f", "m", "code", "name", "children", "lat", "Lat"])


def _pattern(name: str, signs: list[tuple[str, str]], exact: bool) -> str:
    ending = "!" if exact and all(sign == "+" for sign, _ in signs) else ""
    return f"#{name}{''.join(sign + attribute for sign, attribute in signs)}{ending}"


PATTERNS = st.builds(
    _pattern, NAMES | st.just("*"), st.lists(st.tuples(st.sampled_from("+-"), ATTRIBUTES), max_size=3), st.booleans()
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PATTERNS, min_size=1, max_size=3))
def test_patterns_match_as_libhxl_does(reader, patterns):
    def has(made, pattern):
        columns = [Column.parse(entry["tag"]) for entry in made["tags"]]
        return TagPattern.parse(pattern).find_column(columns) is not None

    expected = {made["seq"] for made in PUBLIC if all(has(made, pattern) for pattern in patterns)}
    assert set(found(ask(reader, hxl=tuple(patterns)))) == expected


def test_each_audience_has_its_own_index(catalog, index_dir):
    followed = follow(catalog, index_dir)
    assert followed.documents == {Audience.PUBLIC: 7, Audience.COMMUNITY: 7, Audience.FULL: 8}
    assert followed.position == 8
    assert [ask(Reader(index_dir, audience), "holdings").total for audience in Audience] == [0, 0, 1]
    assert check(catalog, index_dir) == []


def test_following_writes_what_changed_and_only_that(catalog, index_dir):
    follow(catalog, index_dir)
    readers = {audience: Reader(index_dir, audience) for audience in Audience}
    before = {audience: reader.generation for audience, reader in readers.items()}
    assert follow(catalog, index_dir).changed == dict.fromkeys(Audience, 0)
    catalog.put({**CORPUS[7], "title": "Severe holdings, revised"}, etag="2")
    followed = follow(catalog, index_dir)
    assert followed.changed == {Audience.PUBLIC: 0, Audience.COMMUNITY: 0, Audience.FULL: 1}
    assert [reader.reload_if_changed() for reader in readers.values()] == [False, False, True]
    assert readers[Audience.PUBLIC].generation == before[Audience.PUBLIC], "a hidden change must not show"
    assert readers[Audience.PUBLIC].position == readers[Audience.FULL].position == 9
    assert ask(readers[Audience.FULL], "revised").total == 1
    catalog.put(CORPUS[0], audiences=(Audience.FULL,), etag="2")
    catalog.put({**CORPUS[1], "title": "Tracking, newly named"}, etag="2")
    catalog.put({**CORPUS[1], "title": "Tracking, named once more"}, etag="3")
    followed = follow(catalog, index_dir)
    assert (followed.documents, followed.rebuilt) == (
        {Audience.PUBLIC: 6, Audience.COMMUNITY: 6, Audience.FULL: 8},
        dict.fromkeys((Audience.PUBLIC, Audience.COMMUNITY), "held words that are not shown any more"),
    )  # fmt: skip
    assert readers[Audience.PUBLIC].reload_if_changed()
    page = ask(readers[Audience.PUBLIC], "named", facets=("organization",))
    assert [orjson.loads(entry)["title"] for entry in page.items] == ["Tracking, named once more"]
    assert ask(readers[Audience.PUBLIC], "polygons").total == 0
    assert check(catalog, index_dir) == []


def words_for(catalog, audience, made):
    """Another document than the other audiences have, as where links are withheld from them."""
    with Session(catalog.engine) as session:
        row = session.get(Disclosure, (audience, made["seq"]))
        row.document, row.etag = orjson.dumps(made), f"{row.etag}-{audience}"
        session.commit()


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def segments_of(index_dir, audience):
    return {path.name for path in generation_of(index_dir, audience).glob("*.store")}


def test_what_is_hidden_lies_in_no_file_of_a_lesser_audience(catalog, index_dir):
    community = document(9, title="Quarryside workshops", visibility="community")
    catalog.put(community, audiences=(Audience.COMMUNITY, Audience.FULL))
    catalog.put(document(10, title="Bluejacket bridge", visibility="restricted"))
    words_for(catalog, Audience.FULL, {**CORPUS[3], "title": "Vexillary depot"})
    built = follow(catalog, index_dir)
    assert built.documents == built.changed == {Audience.PUBLIC: 7, Audience.COMMUNITY: 8, Audience.FULL: 10}
    readers = {audience: Reader(index_dir, audience) for audience in Audience}
    secrets = ("Quarryside", "Bluejacket", "Vexillary")
    assert {audience: [ask(reader, word).total for word in secrets] for audience, reader in readers.items()} == {
        Audience.PUBLIC: [0, 0, 0], Audience.COMMUNITY: [1, 0, 0], Audience.FULL: [1, 1, 1],
    }  # fmt: skip
    folders = {audience: bytes_of(index_dir / audience) for audience in Audience}
    needles = [word.encode() for word in (*secrets, community["id"][:8], CORPUS[7]["id"][:8])]
    assert {audience: [needle in content for needle in needles] for audience, content in folders.items()} == {
        Audience.PUBLIC: [False, False, False, False, False],
        Audience.COMMUNITY: [True, False, False, True, False],
        Audience.FULL: [True, True, True, True, True],
    }
    lesser, middle, most = (segments_of(index_dir, audience) for audience in Audience)
    assert lesser < middle < most, "each begins as a copy of the one before"
    names = {audience: reader.generation for audience, reader in readers.items()}
    assert len(set(names.values())) == len(names)
    for audience, name in names.items():
        others = [other for other in Audience if other != audience]
        assert not any(name.split("-")[0].encode() in folders[other] for other in others)
    assert check(catalog, index_dir) == []


def test_a_copied_index_follows_merges_and_is_rebuilt_like_any_other(catalog, index_dir):
    follow(catalog, index_dir)
    copied = segments_of(index_dir, Audience.PUBLIC)
    assert copied < segments_of(index_dir, Audience.FULL)
    extra = [document(seq, title="Survey of wells") for seq in range(20, 60)]
    for etag in range(10):
        catalog.put(*extra[etag * 4 : etag * 4 + 4])
        catalog.put(CORPUS[0], CORPUS[7], etag=f"round {etag}")
        assert follow(catalog, index_dir).rebuilt == {}
    for audience in Audience:
        folder = generation_of(index_dir, audience)
        segments = orjson.loads((folder / "meta.json").read_bytes())["segments"]
        used = {entry["segment_id"].replace("-", "") for entry in segments}
        assert {path.name.split(".")[0] for path in folder.glob("[!.]*")} == used | {"meta"}
        assert copied.isdisjoint(segments_of(index_dir, audience)), "merged, and the old files swept away"
    catalog.put(extra[0], audiences=())
    assert set(follow(catalog, index_dir).documents.values()) == {46, 47}
    assert ask(Reader(index_dir, Audience.FULL), "wells").total == 39
    assert check(catalog, index_dir) == []
    assert rebuild(catalog, index_dir).documents == {
        Audience.PUBLIC: 46, Audience.COMMUNITY: 46, Audience.FULL: 47,
    }  # fmt: skip
    assert check(catalog, index_dir) == []


def test_check_finds_drift_in_a_copied_index(catalog, index_dir):
    follow(catalog, index_dir)
    words_for(catalog, Audience.COMMUNITY, CORPUS[1])
    copied = next(generation_of(index_dir, Audience.PUBLIC).glob("*.idx")).name
    victim = generation_of(index_dir, Audience.FULL) / copied
    body = bytearray(victim.read_bytes())
    body[len(body) // 2] ^= 0xFF
    victim.write_bytes(body)
    said = check(catalog, index_dir)
    assert f"community: record {CORPUS[1]['id']} differs from its disclosure" in said
    assert f"full: file {copied} is not as it was written" in said
    assert not any(line.startswith("public") for line in said)


def test_audiences_that_know_other_things_share_nothing(catalog, index_dir):
    for made in CORPUS[:4]:
        words_for(catalog, Audience.COMMUNITY, {**made, "notes": "Otherwise told"})
    follow(catalog, index_dir)
    lesser, middle, most = (segments_of(index_dir, audience) for audience in Audience)
    assert lesser.isdisjoint(middle)
    assert middle.isdisjoint(most)
    assert [ask(Reader(index_dir, audience), '"otherwise told"').total for audience in Audience] == [0, 4, 0]
    assert check(catalog, index_dir) == []


def test_what_only_the_lesser_audience_knows_is_taken_out_of_the_copy(catalog, index_dir):
    catalog.put(CORPUS[4], audiences=(Audience.PUBLIC, Audience.FULL))
    assert follow(catalog, index_dir).documents == {Audience.PUBLIC: 7, Audience.COMMUNITY: 6, Audience.FULL: 8}
    assert [ask(Reader(index_dir, audience), "population").total for audience in Audience] == [1, 0, 1]
    assert check(catalog, index_dir) == []


def test_an_update_gives_each_audience_its_own_words(catalog, index_dir):
    follow(catalog, index_dir)
    for made in CORPUS[:3]:
        catalog.put({**made, "notes": "Told to all alike"}, etag="2")
    words_for(catalog, Audience.FULL, {**CORPUS[0], "notes": "Told to few"})
    assert follow(catalog, index_dir).changed == dict.fromkeys(Audience, 3)
    readers = [Reader(index_dir, audience) for audience in Audience]
    assert [ask(reader, '"told to all alike"').total for reader in readers] == [3, 3, 2]
    assert [ask(reader, '"told to few"').total for reader in readers] == [0, 0, 1]
    assert check(catalog, index_dir) == []


def test_a_withdrawn_name_is_forgotten(catalog, index_dir):
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    for made in (CORPUS[0], CORPUS[3]):
        catalog.put(made, audiences=(), etag="2")
    follow(catalog, index_dir)
    reader.reload_if_changed()
    assert ask(reader, selected={"organization": ("HMAC",)}).notices == ('No organisation here is called "HMAC".',)


def test_only_one_process_writes(catalog, index_dir):
    follow(catalog, index_dir)
    holder = subprocess.Popen(
        [sys.executable, "-c",
         "import sys, filelock\nwith filelock.FileLock(sys.argv[1]):\n print('held', flush=True)\n sys.stdin.read()",
         str(index_dir / "writer.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout.readline().strip() == b"held"
        assert follow(catalog, index_dir, wait=0.05).busy
    finally:
        holder.kill()
        holder.communicate()
    assert not follow(catalog, index_dir).busy


def generation_of(index_dir, audience=Audience.PUBLIC):
    return next(path for path in (index_dir / audience).iterdir() if path.is_dir())


DAMAGE = {
    "all gone": shutil.rmtree,
    "manifest gone": lambda index_dir: (index_dir / "public" / "manifest.json").unlink(),
    "manifest cut": lambda index_dir: (index_dir / "public" / "manifest.json").write_text('{"folder": '),
    "folder gone": lambda index_dir: shutil.rmtree(generation_of(index_dir)),
    "meta gone": lambda index_dir: (generation_of(index_dir) / "meta.json").unlink(),
    "emptied": lambda index_dir: tantivy.Index(schema(), str(generation_of(index_dir)), reuse=False),
    "records lost": lambda index_dir: _lose(generation_of(index_dir)),
    "other version": lambda index_dir: _edit(index_dir, "version", "old"),
    "segment cut": lambda index_dir: next(generation_of(index_dir).glob("*.store")).write_bytes(b"x"),
    "segment gone": lambda index_dir: next(generation_of(index_dir).glob("*.term")).unlink(),
}


def _lose(folder: Path) -> None:
    writer = tantivy.Index.open(str(folder)).writer(30_000_000, 1)
    writer.delete_documents_by_term("id", CORPUS[0]["id"])
    writer.commit()
    writer.wait_merging_threads()


def _edit(index_dir, key, value):
    path = index_dir / "public" / "manifest.json"
    said = orjson.loads(path.read_bytes())
    said["marker"][key] = value
    path.write_bytes(orjson.dumps(said))


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_index_is_reported_and_rebuilt_never_empty(catalog, index_dir, name):
    follow(catalog, index_dir)
    DAMAGE[name](index_dir)
    with pytest.raises(IndexUnusableError, match="landmark index rebuild"):
        Reader(index_dir, Audience.PUBLIC)
    assert any("public" in line for line in check(catalog, index_dir))
    assert Audience.PUBLIC in follow(catalog, index_dir).rebuilt
    assert ask(Reader(index_dir, Audience.PUBLIC)).total == 7
    assert check(catalog, index_dir) == []


@pytest.mark.parametrize("name", ["all gone", "manifest gone", "manifest cut", "other version"])
def test_the_last_good_index_answers_until_a_damaged_one_is_built_anew(catalog, index_dir, name):
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    before = [ask(reader, q) for q in ("", "camps", "cleared land")]
    DAMAGE[name](index_dir)
    assert not reader.reload_if_changed()
    assert reader.fault
    assert [ask(reader, q) for q in ("", "camps", "cleared land")] == before
    follow(catalog, index_dir)
    assert reader.reload_if_changed()
    assert (reader.fault, ask(reader).total) == ("", 7)


def _overwritten(folder: Path, ending: str) -> None:
    for path in folder.glob(f"*.{ending}"):
        whole = path.read_bytes()
        path.unlink()
        path.write_bytes(bytes(byte ^ 0xFF for byte in whole[: len(whole) // 2]) + whole[len(whole) // 2 :])


@pytest.mark.parametrize("ending", ["fast", "term", "store", "idx"])
def test_damage_that_leaves_the_sizes_is_found_by_who_looks_thoroughly(catalog, index_dir, ending):
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    catalog.put({**CORPUS[0], "title": "Newly named"}, etag="new")
    follow(catalog, index_dir)
    _overwritten(generation_of(index_dir), ending)
    reader.reload_if_changed()
    assert follow(catalog, index_dir).rebuilt == {}
    assert follow(catalog, index_dir, thorough=True).rebuilt.keys() == {Audience.PUBLIC}
    reader.reload_if_changed()
    assert (reader.fault, ask(reader).total, ask(reader, "newly").total) == ("", 7, 1)


def test_what_cannot_be_read_of_a_new_generation_leaves_the_last_one(catalog, index_dir):
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    before = ask(reader, "camps")
    catalog.put({**CORPUS[0], "title": "Newly named"}, etag="new")
    follow(catalog, index_dir)
    _overwritten(generation_of(index_dir), "fast")
    assert not reader.reload_if_changed()
    assert "cannot be read" in reader.fault
    assert ask(reader, "camps") == before


def test_a_record_that_cannot_be_put_into_an_index_is_named_and_nothing_is_built_anew(catalog, index_dir):
    follow(catalog, index_dir)
    catalog.put({**CORPUS[0], "period": period("2024")}, etag="bad")
    with pytest.raises(RuntimeError, match=f"record {CORPUS[0]['id']} cannot be put into the index"):
        follow(catalog, index_dir)
    assert ask(Reader(index_dir, Audience.PUBLIC)).total == 7


@pytest.mark.parametrize("sort", ["title", "modified", "relevance"])
def test_pages_leave_out_nothing_when_records_of_earlier_ones_go(catalog, index_dir, sort):
    made = [document(seq, title=f"Survey {seq:03}") for seq in range(101, 181)]
    catalog.put(*made)
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    question = DatasetQuery(q="survey", sort=sort, limit=20)
    page = reader.search(question, TODAY)
    seen = [orjson.loads(one)["title"] for one in page.items]
    # The last record of a page too, which a score that may be another by now cannot be found without.
    gone = [one for one in made if one["title"] in (seen[:10] if sort == "relevance" else seen[10:])]
    catalog.put(*gone, audiences=(), etag="gone")
    follow(catalog, index_dir)
    reader.reload_if_changed()
    while page.next:
        page = reader.search(dataclasses.replace(question, after=page.next), TODAY)
        seen += [orjson.loads(one)["title"] for one in page.items]
    assert sorted(seen) == [one["title"] for one in made]


def test_patterns_on_one_table_that_would_take_long_are_refused(catalog, index_dir, monkeypatch):
    monkeypatch.setattr("catalog.search.clauses.MOST_ON_TABLES", 3)
    columns = [{"sheet": "s", "name": f"c{number}", "tags": tags_of(f"#affected+t{number}")} for number in range(4)]
    file = {"key": "f", "url": "", "name": "f", "format": "CSV", "columns": columns}
    catalog.put(document(99, distributions=[file], tags=tags(*(f"#affected+t{number}" for number in range(4)))))
    follow(catalog, index_dir)
    with pytest.raises(QueryError, match="ask for fewer patterns") as refused:
        ask(Reader(index_dir, Audience.PUBLIC), hxl_same=("#affected-zz",))
    assert refused.value.parameter == "hxl.same"


def tags_of(*names):
    return [{"tag": name, "origin": "declared", "confidence": 1.0} for name in names]


def test_a_facet_with_more_values_than_were_counted_when_it_was_opened_lists_them_all_the_same():
    rows = Rows(facets()["format"], {}, ["CSV", "XLSX"])
    counts = [{"key": key, "doc_count": 2} for key in ("XLSX", "NEW", "CSV")]
    assert orjson.loads(rows.json(counts, frozenset({"NEW"}))) == [
        {"value": "CSV", "label": "CSV", "count": 2, "selected": False},
        {"value": "XLSX", "label": "XLSX", "count": 2, "selected": False},
        {"value": "NEW", "label": "NEW", "count": 2, "selected": True},
    ]


def test_a_manifest_that_is_put_back_is_no_fault(catalog, index_dir):
    follow(catalog, index_dir)
    reader = Reader(index_dir, Audience.PUBLIC)
    manifest, away = index_dir / "public" / "manifest.json", index_dir / "away.json"
    manifest.rename(away)
    reader.reload_if_changed()
    assert reader.fault == "has not been built"
    away.rename(manifest)
    assert not reader.reload_if_changed()
    assert reader.fault == ""


def test_a_question_that_is_not_to_be_relaxed_finds_all_words_or_nothing(reader):
    assert ask(reader, "cleared camps").total > 0
    strict = ask(reader, "cleared camps", relax=False)
    assert (strict.total, strict.notices, strict.wording.get("help")) == (0, (), None)


def test_an_index_built_another_year_or_ahead_of_the_catalog_is_rebuilt(catalog, index_dir):
    follow(catalog, index_dir)
    _edit(index_dir, "year", 2001)
    assert follow(catalog, index_dir).rebuilt == {Audience.PUBLIC: "was built in another year"}
    with Session(catalog.engine) as session:
        session.execute(delete(Change).where(Change.seq > 3))
        session.commit()
    assert set(follow(catalog, index_dir).rebuilt) == set(Audience)


def test_a_writer_killed_before_its_commit_leaves_the_last_one(catalog, index_dir):
    follow(catalog, index_dir)
    folder = generation_of(index_dir)
    script = (
        "import sys, os, tantivy\nfrom catalog.search.schema import schema\n"
        "w = tantivy.Index.open(sys.argv[1]).writer(30_000_000, 1)\n"
        "w.delete_documents_by_term('kind', 'dataset')\nos._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(folder)], check=False).returncode == 9
    assert ask(Reader(index_dir, Audience.PUBLIC)).total == 7
    catalog.put({**CORPUS[0], "title": "After the kill"}, etag="2")
    assert follow(catalog, index_dir).rebuilt == {}
    assert ask(Reader(index_dir, Audience.PUBLIC), '"after the kill"').total == 1


def test_check_finds_drift_and_altered_files(catalog, index_dir):
    follow(catalog, index_dir)
    with Session(catalog.engine) as session:
        rows = session.scalars(
            select(Disclosure).where(Disclosure.audience == Audience.PUBLIC).order_by(Disclosure.seq)
        ).all()
        first, second = rows[0], rows[1]
        ids = str(first.dataset_id), str(second.dataset_id)
        first.etag = "other"
        session.delete(second)
        session.commit()
    assert check(catalog, index_dir) == [
        f"public: record {ids[1]} is in the index only",
        f"public: record {ids[0]} differs from its disclosure",
    ]
    rebuild(catalog, index_dir)
    assert check(catalog, index_dir) == []
    victim = max(generation_of(index_dir, Audience.FULL).glob("*.pos"), key=lambda path: path.stat().st_size)
    body = bytearray(victim.read_bytes())
    body[0] ^= 0xFF
    victim.write_bytes(body)
    assert check(catalog, index_dir) == [f"full: file {victim.name} is not as it was written"]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (fresh(), "unknown"), (fresh(always=True), "fresh"), (fresh("2026-11-21T00:00:00Z"), "fresh"),
        (fresh("2026-11-20T23:00:00Z"), "due"), (fresh("2026-01-01T00:00:00Z", "2026-11-20T00:00:00Z"), "overdue"),
        (fresh(delinquent="2026-11-19T00:00:00Z"), "delinquent"),
    ],
)  # fmt: skip
def test_freshness_on_a_day(given, state):
    assert state_of(given, TODAY) == state
