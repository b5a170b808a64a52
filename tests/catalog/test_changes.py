"""What each audience is told of what changed: in sentences, in order, and nothing that it may not know."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from catalog.assess import Assessor
from catalog.changes import ChangePage, ChangeQuery, changes, moment
from catalog.database import Catalog
from catalog.query import QueryError
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
    RelationRecord,
)
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.sentences import sentences
from catalog.store import Store, feed
from catalog.tables import Disclosure
from catalog.viewer import Viewer
from catalog.vocabulary import AccessModality, Audience, RelationKind, Role, Visibility
from config.declarations import Source

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, 8, 30, 15, 123_456, tzinfo=UTC)
SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")
OTHER = SOURCE.model_copy(update={"key": "other", "title": "Other sample portal"})
FILE = DistributionRecord(
    "r1", "Baseline", "http://127.0.0.1:9/baseline.csv", format="CSV", columns=(ColumnRecord("", 0, "State", "#adm1"),)
)
RECORD = DatasetRecord(
    remote_id="a1",
    title={"en": "Sample: Baseline"},
    notes={"en": "Fictional."},
    landing_page="http://127.0.0.1:9/dataset/a1",
    modified=datetime(2026, 10, 1, tzinfo=UTC),
    update_frequency=30,
    licence="Creative Commons Attribution",
    keywords=("sample",),
    agents=(AgentRole(AgentRecord("Sample Relief", "SR"), Role.PUBLISHER),),
    locations=(LocationRecord("SSD"),),
    distributions=(FILE,),
    access=(AccessRecord(AccessModality.OPEN),),
)
HIDDEN = replace(RECORD, visibility=Visibility.OWNER)
FLAGGED = replace(RECORD, flags=(PortalFlag("microdata", "true", "r1"),))


class History:
    """Writes one state of records after the other, a day apart."""

    def __init__(self, catalog: Catalog, assessor: Assessor) -> None:
        self.catalog, self.assessor, self.now = catalog, assessor, START
        sync_sources(catalog, [SOURCE, OTHER])

    def write(self, *records: DatasetRecord, source: Source = SOURCE) -> None:
        digest = self.now.isoformat()
        entries = [
            Entry(one, self.assessor.assess(one, source, self.now.date()), digest, b"{}", one.landing_page)
            for one in records
        ]
        with self.catalog.writing() as session:
            Store(source, self.assessor, self.catalog.address.drivername).write(session, None, entries, self.now)
        self.now += DAY

    def told(self, audience: Audience = Audience.PUBLIC, **asked: Any) -> ChangePage:
        with self.catalog.reading() as session:
            return changes(session, Viewer(audience), ChangeQuery(**asked))

    def says(self, audience: Audience = Audience.PUBLIC, **asked: Any) -> list[tuple[str, str, list[str]]]:
        page = self.told(audience, **asked)
        assert page.total == len(page.items)
        return [(item["title"], item["kind"], list(item["sentences"])) for item in page.items]


@pytest.fixture
def history(catalog: Catalog, assessor: Assessor) -> History:
    return History(catalog, assessor)


def test_a_change_is_told_in_sentences_with_the_machine_form_beside(history: History) -> None:
    history.write(RECORD)
    more = (
        replace(FILE, name="Baseline 2026"),
        DistributionRecord("r2", "Map", "http://127.0.0.1:9/map.pdf", format="PDF"),
        DistributionRecord("r3", "Notes", "http://127.0.0.1:9/notes.pdf", format="PDF"),
    )
    history.write(
        replace(
            RECORD,
            update_frequency=90,
            licence="Open Database License",
            distributions=more,
            access=(AccessRecord(AccessModality.ON_REQUEST, ("Write to the data desk.",)),),
        )
    )
    page = history.told()
    assert (page.total, page.next) == (2, "")
    assert page.items[0] == {
        "at": "2026-11-01T08:30:15Z",
        "source": "sample",
        "dataset": str(dataset_id("sample", "a1")),
        "name": f"sample-baseline-{dataset_id('sample', 'a1').hex[:8]}",
        "title": "Sample: Baseline",
        "kind": "created",
        "sentences": ["newly listed"],
        "fields": [],
    }
    changed = page.items[1]
    assert (changed["at"], changed["kind"]) == ("2026-11-02T08:30:15Z", "updated")
    assert changed["sentences"] == [
        "now asked for instead of open",
        "how to get it: Write to the data desk.",
        "2 files added: 'Map', 'Notes'",
        "file now named 'Baseline 2026'",
        "next update expected: now 2026-12-30",
        "licence: now Open Database License",
        "update frequency: every month -> every three months",
    ]
    assert [entry["field"] for entry in changed["fields"]] == [
        "access",
        "distributions",
        "freshness",
        "licence",
        "update_frequency",
    ]
    assert changed["fields"][3] == {
        "field": "licence", "old": None, "new": "Open Database License",
        "sentences": ["licence: now Open Database License"],
    }  # fmt: skip
    assert (
        "licence: Creative Commons Attribution -> Open Database License"
        in history.told(Audience.FULL).items[1]["sentences"]
    )
    assert changed["fields"][4] == {
        "field": "update_frequency",
        "old": {"days": 30, "words": "every month"},
        "new": {"days": 90, "words": "every three months"},
        "sentences": ["update frequency: every month -> every three months"],
    }


def test_only_what_is_asked_for_in_pages_that_continue(history: History) -> None:
    second, third = replace(RECORD, remote_id="a2"), replace(RECORD, remote_id="a3", title={"en": "Sample: Third"})
    history.write(RECORD, replace(HIDDEN, remote_id="a9"), second)
    history.write(third, source=OTHER)
    history.write(replace(RECORD, licence="Another"))
    assert history.told().total == 4
    assert history.says(source="other") == [("Sample: Third", "created", ["newly listed"])]
    for key in (str(dataset_id("sample", "a1")), f"sample-baseline-{dataset_id('sample', 'a1').hex[:8]}"):
        assert [kind for _, kind, _ in history.says(dataset=key)] == ["created", "updated"]
    assert [kind for _, kind, _ in history.says(since=START + DAY)] == ["created", "updated"]
    assert [kind for _, kind, _ in history.says(since=START + 2 * DAY)] == ["updated"]
    assert history.says(source="never") == history.says(dataset="never") == []
    assert history.says(dataset=str(dataset_id("sample", "a9"))) == []

    found, after = [], ""
    while True:
        page = history.told(limit=1, after=after)
        assert page.total == 4
        found += page.items
        after = page.next
        if not after:
            break
    assert found == list(history.told().items)
    none = history.told(limit=0)
    assert (none.total, none.items, none.next) == (4, [], "")


def test_a_cursor_tells_no_number_and_repeats_rather_than_omits(history: History) -> None:
    second = replace(RECORD, remote_id="a2", title={"en": "Sample: Second"})
    history.write(RECORD, second)
    history.write(replace(RECORD, licence="Another"), replace(second, licence="Another"))
    after = history.told(limit=3).next
    assert after == f"20261102T083015123456Z~{dataset_id('sample', 'a1')}"
    assert [title for title, *_ in told(history.told(after=after))] == ["Sample: Second"]
    history.write(HIDDEN)
    # The record of the cursor is hidden now, as is one that never was: both begin with the same time again.
    never = f"20261102T083015123456Z~{dataset_id('sample', 'never')}"
    assert told(history.told(after=after)) == told(history.told(after=never))
    assert told(history.told(after=after)) == [("Sample: Second", ["licence: now Another"])]
    # Nor does it tell that a record changed while it was hidden.
    hidden = replace(RECORD, remote_id="a3", visibility=Visibility.RESTRICTED)
    history.write(hidden)
    at = history.now
    history.write(replace(second, licence="Third"), replace(hidden, licence="Another"))
    history.write(replace(hidden, visibility=None))
    cursors = [f"{at:%Y%m%dT%H%M%S%fZ}~{dataset_id('sample', key)}" for key in ("a3", "never")]
    assert [told(history.told(after=cursor)) for cursor in cursors] == [
        [("Sample: Second", ["licence: now Third"]), ("Sample: Baseline", ["newly listed"])]
    ] * 2
    later = f"20991102T083015123456Z~{dataset_id('sample', 'a2')}"
    assert history.told(after=later).items == []
    for wrong in ("17", "20261102T083015123456Z~17", "never~never"):
        with pytest.raises(QueryError, match="begin anew"):
            history.told(after=wrong)
    for limit in (-1, 1001):
        with pytest.raises(QueryError, match="0 to 1,000"):
            history.told(limit=limit)


def told(page: ChangePage) -> list[tuple[str, list[str]]]:
    return [(item["title"], list(item["sentences"])) for item in page.items]


def test_a_record_that_became_hidden_vanishes_with_its_history(history: History) -> None:
    history.write(RECORD)
    history.write(replace(RECORD, licence="Another"))
    assert history.told().total == 2
    history.write(HIDDEN)
    assert history.says() == history.says(dataset=str(dataset_id("sample", "a1"))) == []
    assert history.says(Audience.COMMUNITY) == []
    full = history.says(Audience.FULL)
    assert [kind for _, kind, _ in full] == ["created", "updated", "withheld"]
    assert (full[1][2], "visibility: public -> owner" in full[2][2]) == (["licence changed"], True)


def test_what_a_record_was_before_it_became_visible_stays_untold(history: History) -> None:
    restricted = replace(RECORD, visibility=Visibility.RESTRICTED)
    history.write(replace(restricted, title={"en": "Sample: Quietcanary"}))
    history.write(replace(restricted, licence="Quietcanary"))
    history.write(replace(RECORD, visibility=Visibility.COMMUNITY, licence="Quietcanary"))
    history.write(replace(RECORD, visibility=Visibility.COMMUNITY))
    history.write(RECORD)
    history.write(replace(RECORD, licence="Another"))
    page = history.told()
    assert "Quietcanary" not in repr(page)
    assert told(page) == [
        ("Sample: Baseline", ["newly listed"]),
        ("Sample: Baseline", ["licence: now Another"]),
    ]
    assert (page.total, [item["kind"] for item in page.items]) == (2, ["created", "updated"])
    assert history.told(since=START + 5 * DAY).total == 1
    assert history.told(since=START).total == 2
    community = history.says(Audience.COMMUNITY)
    assert [kind for _, kind, _ in community] == ["created", "updated", "updated", "updated"]
    assert "licence changed" in community[1][2], "neither value is shown today"
    assert "visibility: community -> public" in community[2][2]
    assert history.told(Audience.FULL).total == 6

    history.write(HIDDEN)
    history.write(RECORD)
    assert history.says() == [("Sample: Baseline", "created", ["newly listed"])]


def test_links_and_columns_that_were_ever_withheld_are_in_no_history(history: History) -> None:
    history.write(RECORD)
    address, header = "http://127.0.0.1:9/quietcanary.csv", "Quietcanary area"
    history.write(replace(RECORD, distributions=(replace(FILE, url=address),)))
    column = ColumnRecord("", 1, header, "#adm2+name")
    history.write(replace(RECORD, distributions=(replace(FILE, columns=(*FILE.columns, column)),)))
    history.write(replace(RECORD, distributions=(replace(FILE, name="Renamed"),)))
    assert "quietcanary" not in repr(history.told()).lower(), "what was taken out again is told of nobody"
    history.write(replace(FLAGGED, distributions=(replace(FILE, name="Renamed"),)))
    history.write(replace(FLAGGED, distributions=(replace(FILE, name="Renamed", url=address),)))
    # A lesser assertion comes later; the record is severe all the same.
    flags = (*FLAGGED.flags, PortalFlag("pii_is_sensitive", "true", "r1"))
    again = replace(FILE, name="Again", columns=(*FILE.columns, column))
    history.write(replace(FLAGGED, flags=flags, distributions=(again,)))
    full, public = history.told(Audience.FULL), history.told()
    assert full.total == 7
    assert "quietcanary" not in repr(public).lower()
    assert "baseline.csv" not in repr(public)
    assert [(item["kind"], [entry["field"] for entry in item["fields"]]) for item in public.items] == [
        ("created", []),
        ("updated", ["distributions"]),
        ("updated", ["level", "links_withheld"]),
        ("updated", ["distributions"]),
    ]
    assert public.total == 4
    assert public.items[1]["sentences"] == ["files changed"]
    assert public.items[2]["sentences"][0].startswith("sensitivity: not classified -> severe (")
    assert public.items[3]["sentences"] == ["file now named 'Again'"]
    assert all(entry["new"][0]["withheld"] for entry in public.items[3]["fields"])


def test_old_links_of_a_record_that_became_highly_sensitive_are_in_no_history(history: History) -> None:
    history.write(RECORD)
    history.write(replace(RECORD, distributions=(replace(FILE, url="http://127.0.0.1:9/quietcanary.csv"),)))
    assert "quietcanary" in repr(history.told())
    history.write(replace(RECORD, flags=(PortalFlag("pii_is_sensitive", "true", "r1"),)))
    assert "quietcanary" in repr(history.told(Audience.FULL))
    assert "quietcanary" not in repr(history.told())


def test_missing_withdrawn_and_listed_again(history: History) -> None:
    history.write(RECORD, replace(RECORD, remote_id="a2"))
    lines: list[tuple[int, str, Sequence[str]]] = [
        (1, "missing", ("listed", "missing")),
        (2, "missing", ("listed", "missing")),
        (1, "withdrawn", ("missing", "withdrawn")),
    ]
    with history.catalog.writing() as session:
        for number, kind, (old, new) in lines:
            feed(session, "sample", None, [(number, kind, [{"field": "state", "old": old, "new": new}])], history.now)
        session.execute(delete(Disclosure).where(Disclosure.seq == 1, Disclosure.audience != Audience.FULL))
    gone = history.says()
    assert [(kind, said) for _, kind, said in gone] == [
        ("created", ["newly listed"]),
        ("missing", ["no longer listed"]),
    ]
    full = [said for _, _, said in history.says(Audience.FULL)]
    assert full[2:] == [["no longer listed"], ["no longer listed"], ["withdrawn"]]
    history.write(replace(RECORD, licence="Another"))
    with history.catalog.writing() as session:
        back = [{"field": "state", "old": "withdrawn", "new": "listed"}]
        feed(session, "sample", None, [(1, "returned", back)], history.now)
    first = str(dataset_id("sample", "a1"))
    assert [said for _, _, said in history.says(dataset=first)] == [
        ["licence: now Another"],
        ["listed again"],
    ]


def test_no_corrected_word_is_told_of_its_correction(history: History) -> None:
    """What a title, a licence, a period, a file or a column was once is in no line of what the public is told."""

    def state(word: str, day: int, **more: Any) -> DatasetRecord:
        moment = datetime(2020, 1, day, tzinfo=UTC)
        return replace(
            RECORD, title={"en": f"Sample: {word}", "fr": f"Exemple: {word}"}, notes={"en": f"Notes of {word}."},
            licence=word, methodology=word, caveats=word, series=word, keywords=(word, "kept"), languages=(word,),
            issued=moment, modified=moment, period_start=moment.date(), period_end=moment.date(),
            landing_page=f"http://127.0.0.1:9/{word}",
            access=(AccessRecord(AccessModality.ON_REQUEST, (f"Ask {word}.",), f"http://127.0.0.1:9/ask/{word}"),),
            agents=(AgentRole(AgentRecord(f"Sample {word}"), Role.HOLDER, f"info@{word}.example"),),
            distributions=(replace(FILE, name=word, url=f"http://127.0.0.1:9/{word}.csv", description=word,
                                   columns=(ColumnRecord("", 0, word, f"#adm1+{word}"),)),),
            relations=(RelationRecord(RelationKind.BASED_ON, f"http://127.0.0.1:9/of/{word}"),),
            urgency_recipients=(word,), harm_if_withheld=word, **more,
        )  # fmt: skip

    history.write(state("quietone", 11))
    history.write(state("quiettwo", 12))
    history.write(state("plainthree", 13))
    public, community, full = (repr(history.told(audience)).lower() for audience in Audience)
    for told_, name in ((public, "public"), (community, "community")):
        assert "quiet" not in told_, name
        assert not {"2020-01-11", "2020-01-12"} & set(re.findall(r"2020-01-1\d", told_)), name
        assert "title: now sample: plainthree" in told_
    assert "quietone" in full
    assert "quiettwo" in full
    last = history.told().items[-1]
    assert (last["kind"], {entry["old"] for entry in last["fields"]}) == ("updated", {None})
    assert [item["kind"] for item in history.told().items] == ["created", "updated", "updated"]
    assert "title changed" in history.told().items[1]["sentences"]


SAID: Sequence[tuple[str, Any, Any, list[str]]] = (
    ("title", "Sample A", "Sample B", ["title: Sample A -> Sample B"]),
    ("titles", {"en": "A"}, {"en": "A", "fr": "B"}, ["title in fr: not said -> B"]),
    ("notes", "a" * 200, "b" * 300, ["description changed"]),
    ("notes", "", "b" * 300, ["description added"]),
    ("caveats", "Old.", "", ["caveats: Old. -> not said"]),
    ("countries", ["SSD"], ["SSD", "UKR"], ["country added: Ukraine"]),
    ("countries", ["SSD", "SDN"], ["UKR"], ["country added: Ukraine", "2 countries removed: South Sudan, Sudan"]),
    ("keywords", [], ["a", "b", "c", "d"], ["4 keywords added: a, b, c, ..."]),
    ("urgent", False, True, ["now urgent"]),
    ("modified", "2026-01-01T00:00:00Z", None, ["data last changed: 2026-01-01 -> not said"]),
    ("holders", ["A"], ["A", "B"], ["held by: A -> A and B"]),
    (
        "period",
        {"start": "2025-01-01", "end": "2025-12-31", "open": False},
        {"start": "2025-01-01", "end": None, "open": True},
        ["period: 2025-01-01 to 2025-12-31 -> 2025-01-01 to today"],
    ),
    (
        "locations",
        [{"iso3": "SSD", "name": "South Sudan", "admin_level": 1, "p_coded": None}],
        [{"iso3": "SSD", "name": "South Sudan", "admin_level": 2, "p_coded": True}],
        ["South Sudan: admin level 1 -> 2", "South Sudan: p-coded: not assessed -> yes"],
    ),
    (
        "tags",
        [{"tag": "#adm1", "origin": "inferred"}],
        [{"tag": "#adm1", "origin": "declared"}, {"tag": "#adm2", "origin": "declared"}],
        ["hashtag added: #adm2", "hashtag #adm1: inferred -> declared"],
    ),
    ("state", "listed", "missing", ["no longer listed"]),
    ("what_comes_later", None, {"a": 1}, ["what comes later changed"]),
    ("distributions", None, [], ["files changed"]),
    ("links_withheld", False, True, ["links to files withheld"]),
    ("links_withheld", True, False, ["links to files given again"]),
)


@pytest.mark.parametrize(("field", "old", "new", "said"), SAID)
def test_each_field_in_words(field: str, old: Any, new: Any, said: list[str]) -> None:
    assert list(sentences([{"field": field, "old": old, "new": new}])) == [said]


def test_files_that_are_only_newer_are_told_together() -> None:
    def file(key: str, **more: Any) -> dict[str, Any]:
        known = {"name": f"{key}.csv", "format": "CSV", "url": "u", "description": "", "under_review": False}
        return {"key": key, **known, "size": 1, "modified": None, "columns": [], **more}

    old = [file("a"), file("b"), file("c"), file("d")]
    new = [file("b", size=2), file("a", size=2), file("c", format="XLSX"), file("e")]
    assert list(sentences([{"field": "distributions", "old": old, "new": new}])) == [
        [
            "file 'e.csv' added",
            "file 'd.csv' removed",
            "file 'c.csv': format CSV -> XLSX",
            "2 files updated: 'b.csv', 'a.csv'",
            "files in another order",
        ]
    ]


def test_a_day_or_a_time() -> None:
    day = datetime(2024, 1, 31, tzinfo=UTC)
    assert [moment(text) for text in ("2024-01-31", "2024-01-31T00:00:00", "2024-01-31T02:00:00+02:00")] == [day] * 3
    for wrong in ("yesterday", "", "2024-13-01", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(ValueError, match="It must be a day such as 2024-01-31"):
            moment(wrong)
