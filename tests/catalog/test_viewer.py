"""Who is shown what: by id, in a list, in counts and in names, the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from catalog import audit, reach, reading
from catalog.agents import Agents
from catalog.database import Catalog
from catalog.facets import facets
from catalog.query import DatasetQuery
from catalog.records import AgentRecord
from catalog.rows import dataset_id
from catalog.search import Reader, check, follow, rebuild
from catalog.tables import Base, Change, Dataset, Disclosure, Grant, Reach
from catalog.viewer import PUBLIC, Viewer, breaking_glass, community, organisation, steward
from catalog.vocabulary import Audience, Role, Visibility
from config.settings import Settings
from landmark import app
from tests.api.conftest import CLOSED, RECORDS, write
from tests.api.conftest import PUBLIC as PUBLIC_SOURCE
from tests.catalog.samples import SAMPLES, dataset, document, listed

TODAY = date(2026, 11, 20)
HILL, RIVER = uuid5(SAMPLES, "Hillside"), uuid5(SAMPLES, "Riverside")
VIEWERS = (
    PUBLIC,
    community("Sample partner"),
    organisation(HILL, "Hillside"),
    organisation(RIVER, "Riverside"),
    steward("A. Sample"),
    steward("B. Sample", sources=["one"]),
    steward("C. Sample", sources=["two"], countries=["SSD"]),
    breaking_glass("D. Sample"),
    organisation(HILL, "Hillside within one", sources=["one"]),
    organisation(RIVER, "Riverside within two and there", sources=["two"], countries=["SSD"]),
)


@dataclass(frozen=True)
class Record:
    """A record as the catalog holds it: in which words each audience is shown it, None for not at all."""

    seq: int
    visibility: Visibility
    public: str | None
    community: str | None
    owner: UUID
    source: str
    country: str
    granted: UUID | None = None
    ended: bool = False
    whole: str = ""

    @property
    def id(self) -> UUID:
        return uuid5(SAMPLES, str(self.seq))

    @property
    def full(self) -> str:
        return self.whole or f"Whole {self.seq}"

    @property
    def terms(self) -> frozenset[str]:
        return reach.terms([(self.owner, Role.HOLDER)], self.source, [self.country], self.visibility)

    def title_for(self, viewer: Viewer) -> str | None:
        """What the rules say, in words of their own."""
        mine = viewer.reach & self.terms
        granted = self.granted and not self.ended and f"org:{self.granted}" in viewer.reach
        inside = not viewer.within or viewer.within & self.terms
        if viewer.audience is Audience.FULL or (inside and ((mine and self.closed) or granted)):
            return self.full
        return self.public if viewer.audience is Audience.PUBLIC else self.community

    @property
    def closed(self) -> bool:
        return {self.public, self.community} != {self.full}


class Shelf:
    """A catalog of records that are put into it ready-made."""

    def __init__(self, folder: Path) -> None:
        self.engine = create_engine(f"sqlite:///{(folder / 'landmark.db').as_posix()}")
        Base.metadata.create_all(self.engine)
        self.index_dir = folder / "index"
        self.changes = 0

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            yield session

    def put(self, *records: Record) -> None:
        with Session(self.engine) as session:
            for record in records:
                session.merge(Dataset(**{**dataset(record.id, record.seq), "visibility": record.visibility}))
                session.merge(listed(record.id, record.seq))
                for table in (Disclosure, Reach, Grant):
                    of = table.dataset_id if table is Grant else table.seq if table is Disclosure else table.dataset_seq
                    session.execute(delete(table).where(of == (record.id if table is Grant else record.seq)))
                titles = {
                    Audience.PUBLIC: record.public, Audience.COMMUNITY: record.community, Audience.FULL: record.full,
                }  # fmt: skip
                for audience, title in titles.items():
                    if title is None:
                        continue
                    body = document(
                        record.seq, title=title, source={"key": record.source, "title": record.source},
                        organizations=[
                            {"id": str(record.owner), "name": title, "acronym": "", "kind": "un", "roles": ["holder"]}
                        ],
                        tags=[{"tag": f"#affected+{title.split()[0].lower()}", "origin": "declared"}],
                    )  # fmt: skip
                    session.add(
                        Disclosure(dataset_id=record.id, audience=audience, seq=record.seq, name=None,
                                   document=orjson.dumps(body), etag=title)
                    )  # fmt: skip
                if record.closed:
                    session.add_all(Reach(term=term, dataset_seq=record.seq) for term in record.terms)
                if record.granted:
                    until = datetime.now(UTC) + timedelta(days=-1 if record.ended else 1)
                    session.add(Grant(dataset_id=record.id, grantee=str(record.granted), granted_by="A. Sample",
                                      reason="Sample.", at=datetime.now(UTC), until=until))  # fmt: skip
                self.changes += 1
                session.add(Change(seq=self.changes, dataset_seq=record.seq, source_key=record.source, run_id=None,
                                   at=datetime.now(UTC), kind="updated", fields=[]))  # fmt: skip
            session.commit()

    def by_id(self, viewer: Viewer, records: Sequence[Record]) -> dict[int, str]:
        with self.reading() as session:
            found = {record.seq: reading.document(session, viewer, str(record.id)) for record in records}
        return {seq: orjson.loads(body[0])["title"] for seq, body in found.items() if body}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path)
    yield made
    made.engine.dispose()


def records(seq: int) -> st.SearchStrategy[Record]:
    # The community is never shown less than the public.
    shown = st.sampled_from([(True, True), (False, True), (False, False)])
    words = st.sampled_from(["Whole", "Partly"])
    return st.builds(
        lambda known, public, partner, visibility, owner, source, country, granted, ended: Record(
            seq, visibility, f"{public} {seq}" if known[0] else None, f"{partner} {seq}" if known[1] else None,
            owner, source, country, granted, ended,
        ),
        shown, words, words, st.sampled_from(Visibility), st.sampled_from([HILL, RIVER]),
        st.sampled_from(["one", "two"]),
        st.sampled_from(["SSD", "UKR"]), st.sampled_from([None, None, RIVER]), st.booleans(),
    )  # fmt: skip


CORPUS = st.tuples(*(records(seq) for seq in range(1, 9)))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=CORPUS, then=CORPUS)
def test_by_id_in_lists_in_counts_and_in_names_everybody_is_shown_the_same(
    tmp_path_factory: pytest.TempPathFactory, first: tuple[Record, ...], then: tuple[Record, ...]
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    try:
        for corpus in (first, then):
            shelf.put(*corpus)
            follow(shelf, shelf.index_dir)
            assert check(shelf, shelf.index_dir) == []
            for viewer in VIEWERS:
                agrees(shelf, viewer, corpus)
        rebuild(shelf, shelf.index_dir)
        assert check(shelf, shelf.index_dir) == []
        for viewer in VIEWERS:
            agrees(shelf, viewer, then)
    finally:
        shelf.engine.dispose()


def agrees(shelf: Shelf, viewer: Viewer, corpus: Sequence[Record]) -> None:
    rules = {record.seq: title for record in corpus if (title := record.title_for(viewer)) is not None}
    assert shelf.by_id(viewer, corpus) == rules, viewer
    page = Reader(shelf.index_dir, viewer.index).search(
        DatasetQuery(limit=100, facets=("organization", "source")), TODAY, viewer
    )
    numbers = {str(record.id): record.seq for record in corpus}
    shown = {numbers[item["id"]]: item["title"] for item in map(orjson.loads, page.items)}
    assert (shown, page.total, len(page.items)) == (rules, len(rules), len(rules)), viewer
    assert sum(count.count for count in page.facets["source"]) == len(rules)
    named = {count.label for count in page.facets["organization"]}
    assert named <= set(rules.values()), "an organisation is called as in a record that is shown"
    reader = Reader(shelf.index_dir, viewer.index)
    for word in ("whole", "partly"):
        found = reader.search(DatasetQuery(q=word, limit=100), TODAY, viewer)
        tagged = reader.search(DatasetQuery(hxl=(f"#affected+{word}",), limit=100), TODAY, viewer)
        expected = {title for title in rules.values() if title.lower().startswith(word)}
        assert {orjson.loads(item)["title"] for item in found.items} == expected
        assert {orjson.loads(item)["title"] for item in tagged.items} == expected


OPEN = Record(1, Visibility.PUBLIC, "Whole 1", "Whole 1", HILL, "one", "SSD")
OWNERS = Record(2, Visibility.OWNER, None, None, HILL, "one", "SSD")
PARTLY = Record(3, Visibility.PUBLIC, "Partly 3", "Partly 3", RIVER, "two", "UKR")


def test_what_a_viewer_is_not_shown_changes_nothing_that_they_are_answered(shelf: Shelf) -> None:
    shelf.put(OPEN, OWNERS, PARTLY)
    follow(shelf, shelf.index_dir)
    viewer = steward("A. Sample")
    reader = Reader(shelf.index_dir, viewer.index)
    asked = DatasetQuery(limit=1, sort="title", facets=tuple(facets()))
    before = reader.search(asked, TODAY, viewer)
    shelf.put(Record(2, Visibility.OWNER, None, None, RIVER, "two", "UKR"), Record(9, *OWNERS_REST))
    follow(shelf, shelf.index_dir)
    assert reader.reload_if_changed()
    after = reader.search(asked, TODAY, viewer)
    assert (after.items, after.total, dict(after.facets), after.next, after.generation) == (
        before.items, before.total, dict(before.facets), before.next, before.generation,
    )  # fmt: skip
    assert reader.search(asked, TODAY, breaking_glass("A. Sample")).total == before.total + 2
    shelf.put(Record(3, Visibility.PUBLIC, "Partly 3", "Partly 3", RIVER, "one", "UKR"))
    follow(shelf, shelf.index_dir)
    assert reader.reload_if_changed()
    assert reader.search(asked, TODAY, viewer).generation == before.generation, "shown in the same words"


@pytest.mark.parametrize("viewer", [VIEWERS[2], VIEWERS[3], VIEWERS[4], VIEWERS[5]], ids=lambda viewer: viewer.name)
def test_words_of_what_is_hidden_move_nothing_in_the_order_of_what_is_shown(tmp_path: Path, viewer: Viewer) -> None:
    orders = []
    for hidden in ("Alpha", "Bravo"):
        folder = tmp_path / hidden
        folder.mkdir()
        shelf = Shelf(folder)
        shown = ("Bravo Alpha", "Alpha Bravo", "Alpha Alpha Bravo", "Alpha Bravo Bravo", "Filler", "Alpha", "Bravo")
        shelf.put(*(Record(n, Visibility.PUBLIC, t, t, RIVER, "two", "UKR", whole=t) for n, t in enumerate(shown, 1)))
        never = uuid5(SAMPLES, "Nobody")
        shelf.put(*(Record(n, Visibility.OWNER, None, None, never, "two", "UKR", whole=hidden) for n in range(20, 29)))
        follow(shelf, shelf.index_dir)
        reader = Reader(shelf.index_dir, viewer.index)
        for word in ("alpha bravo", "alpha zulu bravo", "alpha", "bravo -filler"):
            found, after = [], ""
            while not found or after:
                page = reader.search(DatasetQuery(q=word, limit=2, after=after), TODAY, viewer)
                found += [orjson.loads(item)["title"] for item in page.items]
                after = page.next
            orders.append((hidden, word, found, page.notices))
        shelf.engine.dispose()
    half = len(orders) // 2
    assert [order[1:] for order in orders[:half]] == [order[1:] for order in orders[half:]]
    assert [len(order[2]) for order in orders[:half]] == [4, 4, 5, 5]


@pytest.mark.parametrize("viewer", [VIEWERS[2], VIEWERS[3], VIEWERS[4], VIEWERS[5]], ids=lambda viewer: viewer.name)
def test_nothing_hidden_is_suggested_read_into_a_question_or_told_as_a_reason(tmp_path: Path, viewer: Viewer) -> None:
    answers = []
    for hidden in ("Wellsprings minefield returnees Wellington", "Nothing of that kind whatever"):
        folder = tmp_path / hidden[:4]
        folder.mkdir()
        shelf = Shelf(folder)
        shown = ("Displaced people in camps", "Bravo wells", "Clearance of mines", "Filler")
        shelf.put(*(Record(n, Visibility.PUBLIC, t, t, RIVER, "two", "UKR", whole=t) for n, t in enumerate(shown, 1)))
        never = uuid5(SAMPLES, "Nobody")
        shelf.put(*(Record(n, Visibility.OWNER, None, None, never, "two", "UKR", whole=hidden) for n in range(20, 29)))
        follow(shelf, shelf.index_dir)
        reader = Reader(shelf.index_dir, viewer.index)
        for q in ("wel", "wellsprigns", "mine field", "returnee", "idp minefeild", "bravo wellington", "Wel* -bravo"):
            page = reader.search(DatasetQuery(q=q, explain=True), TODAY, viewer)
            items = [(orjson.loads(item)["title"], orjson.loads(item)["why"]) for item in page.items]
            answers.append((q, page.total, items, page.notices, page.wording))
        shelf.engine.dispose()
    half = len(answers) // 2
    assert answers[:half] == answers[half:]
    assert [answer[1] for answer in answers[:half]] == [1, 0, 0, 1, 1, 1, 0]


def test_a_rare_word_weighs_more_for_stewards_too(shelf: Shelf) -> None:
    titles = ("Common one", "Common two", "Common three", "Common four", "Rare")
    shelf.put(*(Record(n, Visibility.PUBLIC, t, t, HILL, "one", "SSD", whole=t) for n, t in enumerate(titles, 1)))
    follow(shelf, shelf.index_dir)
    viewer = steward("A. Sample")
    page = Reader(shelf.index_dir, viewer.index).search(DatasetQuery(q="common rare"), TODAY, viewer)
    assert [orjson.loads(item)["title"] for item in page.items] == ["Rare", *titles[:4]]


OWNERS_REST = (Visibility.OWNER, None, None, HILL, "one", "SSD")


def test_an_index_is_only_asked_for_those_whose_it_is(shelf: Shelf) -> None:
    shelf.put(OPEN, OWNERS)
    follow(shelf, shelf.index_dir)
    with pytest.raises(ValueError, match="does not ask"):
        Reader(shelf.index_dir, Audience.FULL).search(DatasetQuery(), TODAY, PUBLIC)


def test_the_terms_of_a_record_are_its_owners_and_its_stewards() -> None:
    agents = [(HILL, Role.PUBLISHER), (RIVER, Role.HOLDER)]
    own = {f"org:{RIVER}"}
    assert reach.terms(agents, "one", ["SSD"], Visibility.RESTRICTED) == own | {"source:one", "country:SSD", "steward"}
    assert reach.terms(agents, "one", ["SSD"], Visibility.OWNER) == own
    assert reach.terms([*agents, (HILL, Role.OWNER)], "one", [], Visibility.OWNER) == {f"org:{HILL}"}
    assert reach.terms([], "one", [], Visibility.OWNER) == frozenset()


def test_records_whose_owner_has_no_name_have_no_owner_in_common() -> None:
    unnamed = Agents(()).resolve(AgentRecord("???")).id
    assert reach.terms([(unnamed, Role.HOLDER)], "one", [], Visibility.OWNER) == frozenset()
    assert reach.terms([(unnamed, Role.OWNER), (HILL, Role.HOLDER)], "one", [], Visibility.COMMUNITY) == {
        "steward", "source:one",
    }  # fmt: skip


def test_the_commands_about_the_indexes_tell_nobody_what_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("LANDMARK_ACTOR", raising=False)
    hidden = dataset_id(CLOSED.key, "hidden")

    def landmark(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        return done.exit_code, done.output

    with Catalog(Settings().catalog_url, create=True) as catalog:
        write(catalog, PUBLIC_SOURCE, RECORDS[:3])
        write(catalog, CLOSED, RECORDS[5:])
        assert landmark("index", "rebuild") == (0, "Built anew: public 3 records.\n")
        told = "Built anew: public 3, community 3, full 4 records.\n"
        assert landmark("index", "rebuild", "--as", "A. Sample") == (0, told)
        assert landmark("index", "check") == (0, "The indexes agree with the database.\n")
        with catalog.writing() as session:
            session.execute(delete(Disclosure).where(Disclosure.dataset_id == hidden))
        asked = 'Whose and in which records: "landmark index check --as NAME".'
        mend = 'Mend it with "landmark index rebuild".'
        assert landmark("index", "check") == (1, f"The indexes differ from the database. {asked}\n{mend}\n")
        differs = f"full: record {hidden} is in the index only"
        assert landmark("index", "check", "--as", "A. Sample") == (1, f"{differs}\n{mend}\n")
        with catalog.reading() as session:
            done = [(line["actor"], line["action"]) for line in audit.lines(session)]
    assert done == [("A. Sample", "index rebuild"), ("A. Sample", "index check")]
