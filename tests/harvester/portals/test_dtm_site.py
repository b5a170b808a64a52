"""DTM's list of datasets: what a row and a page become. Documented shape, not recorded; all content is a sample."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, AgentKind, Role
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import dtm_site
from tests.portals_served.dtm_site import DATASETS, RECORDED, SERVED, listed, page, recorded_rows, row, site
from tests.portals_served.served import Answer, Asked, Mood, Served, served

SOURCE = Source(
    key="dtm-site",
    kind="dtm-site",
    title="Sample DTM site",
    url="https://dtm.example",
    publisher="Sample Tracking Unit",
    licence="Sample terms",
)
IOM = AgentRecord("International Organization for Migration", "IOM", AgentKind.UN)
PUBLISHER = AgentRole(AgentRecord("Sample Tracking Unit"), Role.PUBLISHER)
REQUEST = 'Choose "Request Access" on the dataset\'s page and say what for.'


def read(portal: Served = SERVED, start: Start = Start(), **changes: Any) -> list[RawPage]:  # noqa: B008 - frozen
    with served(portal) as server:
        source = portal.source(server).model_copy(update=changes)
        with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
            return list(dtm_site.records(source, client, start))


def made(portal: Served = SERVED, **changes: Any) -> list[DatasetRecord]:
    return [dtm_site.normalize(SOURCE, record) for one in read(portal, **changes) for record in one.records]


def one(dataset: dict[str, Any]) -> DatasetRecord:
    """The record of a site with one dataset."""
    (record,) = made(replace(SERVED, answers=lambda asked, mood: site([dataset], asked, mood)))
    return record


def paged(text: str) -> DatasetRecord:
    """The record of a dataset with this page."""
    return one(listed("sample-paged", "Sample", page=text))


def normalized(**payload: Any) -> DatasetRecord:
    return dtm_site.normalize(SOURCE, RawRecord("", dtm_site.essence(payload), ""))


def test_a_dataset_that_can_be_downloaded():
    at = datetime(2026, 7, 23, tzinfo=UTC)
    assert made()[0] == DatasetRecord(
        remote_id="node/900001",
        title={"und": "Sample Registry & Count"},
        notes={"und": "Sample description, fictional."},
        landing_page="https://dtm.example/datasets/sample-registry",
        issued=at,
        modified=at,
        period_start=date(2026, 4, 1),
        period_end=date(2026, 4, 30),
        methodology="Key informants",
        licence="Sample terms",
        keywords=("Mobility Tracking", "Baseline Assessment", "sample", "displacement"),
        agents=(AgentRole(IOM, Role.HOLDER, "DTMYemen@iom.example"), PUBLISHER),
        locations=(LocationRecord("YEM", 3),),
        access=(
            AccessRecord(
                AccessModality.OPEN,
                ("Download it from the dataset's page.",),
                "https://dtm.example/datasets/sample-registry",
            ),
        ),
        flags=(PortalFlag("access", "open"), PortalFlag("access_label", "public dataset")),
        extra={
            "slug": "sample-registry",
            "node": "900001",
            "region": "middle-east-and-north-africa",
            "activities": "Mobility Tracking, Baseline Assessment",
            "format": "Infosheet",
            "period": "Apr 01 2026 - Apr 30 2026",
            "population": "IDPs, Returnees",
            "unit": "Admin Area 2/3",
            "assessment": "Key informant",
            "scope": "Whole country",
        },
    )


def test_a_dataset_on_request_and_a_mailbox_that_is_no_persons():
    record = made()[1]
    assert (record.remote_id, record.period_start, record.period_end) == (
        "datasets/sample-survey",
        date(2026, 6, 24),
        date(2026, 6, 24),
    )
    assert record.agents == (AgentRole(IOM, Role.HOLDER, "dtm.info@iom.example"), PUBLISHER)
    assert record.flags == (PortalFlag("access", "on_request"),)
    assert record.access == (
        AccessRecord(
            AccessModality.ON_REQUEST,
            (REQUEST, "Or write to dtm.info@iom.example, the mission's mailbox."),
            "https://dtm.example/datasets/sample-survey",
        ),
    )


def test_a_regional_row_has_no_country_and_its_format_is_no_activity():
    record = made()[2]
    assert (record.locations, record.keywords, record.notes, record.reading_notes) == ((), (), {}, ())
    assert record.extra == {
        "slug": "sample-regional-flows",
        "node": "900003",
        "region": "europe-and-central-asia",
        "format": "Infosheet",
    }


def test_a_page_that_is_gone_is_noted_and_the_dataset_lands():
    pages = read()
    assert pages[1].remarks[0] == ReadingNote(
        "page-missing", "detail", "the page of sample-regional-flows is not there"
    )
    record = made()[4]
    assert (record.remote_id, record.period_start, [place.iso3 for place in record.locations]) == (
        "datasets/sample-gone",
        None,
        ["COD"],
    )
    assert record.access[0].steps == (REQUEST, "Or ask IOM's mission in the country.")


@pytest.mark.parametrize(
    ("words", "contact"),
    [
        ("Contact: DTMYemen@iom.example", "DTMYemen@iom.example"),
        ("<b>Contact</b> <i>yemeniomdtm@iom.example</i>", "yemeniomdtm@iom.example"),
        ("<p>Contacts</p><p>dtmyem@iom.example</p>", "dtmyem@iom.example"),
        ("<p>Contact</p><p>dtmsupport@iom.example</p>", "dtmsupport@iom.example"),
        ("<p>Contact</p><p>jane.doe@iom.example</p>", ""),
        ("<p>Contact</p><p>dtmjane@iom.example</p>", ""),
        ("<p>Contact</p><p>yemen@iom.example</p>", ""),
        ("<p>word</p>" * 9 + "<p>DTMYemen@iom.example</p>", ""),
        ("<p>Contact</p><p>Location</p><p>DTMYemen@iom.example</p>", ""),
    ],
)
def test_of_contacts_only_a_missions_mailbox_is_kept(words: str, contact: str):
    assert paged(words).agents[0].contact == contact


def test_no_person_of_a_page_is_in_what_is_read():
    assert "jane" not in repr(read()).lower()


@pytest.mark.parametrize(
    ("words", "period", "notes"),
    [
        ("Period Covered: 1 January 2026 - 28 February 2026", (date(2026, 1, 1), date(2026, 2, 28)), []),
        ("<dt>Period Covered</dt><dd>2026-01-01 - 2026-01-31</dd>", (date(2026, 1, 1), date(2026, 1, 31)), []),
        ("<dt>Snapshot Date</dt><dd>Jan 05 2026</dd>", (date(2026, 1, 5), date(2026, 1, 5)), []),
        ("<p>Period Covered</p><p>round 7</p>", (None, None), ["date-unreadable"]),
        ("<p>Period Covered</p><p>2026-02-01 - 2026-01-01</p>", (None, None), ["date-unreadable"]),
        ("<p>Period Covered</p>", (None, None), []),
    ],
)
def test_periods_as_pages_write_them(words: str, period: tuple[date | None, date | None], notes: list[str]):
    record = paged(words)
    assert (record.period_start, record.period_end) == period
    assert [note.code for note in record.reading_notes] == notes


def test_a_country_is_told_by_its_name_or_its_address():
    assert [place.iso3 for place in one(listed("a", "A", country="Côte d’Ivoire")).locations] == ["CIV"]
    assert [place.iso3 for place in one(listed("a", "A", country="", country_slug="south-sudan")).locations] == ["SSD"]
    odd = one(listed("a", "A", country="Kaldora", country_slug="kaldora"))
    assert (odd.locations, odd.reading_notes) == (
        (),
        (ReadingNote("place-unknown", "country", 'no country is called "Kaldora"'),),
    )


def test_of_a_page_only_what_is_named_is_essence():
    kept: dict[str, Any] = {"slug": "a", "detail": {"unit": "Admin Area 1", "label": "public dataset"}}
    assert dtm_site.essence(kept | {"views": 7, "detail": kept["detail"] | {"focal_point": "Jane Doe"}}) == kept


def test_a_row_without_a_link_or_a_title_is_refused():
    with pytest.raises(RecordError) as nameless:
        normalized(title="Sample")
    with pytest.raises(RecordError) as untitled:
        normalized(slug="a", title=" ")
    assert (nameless.value.code, untitled.value.code) == ("no-id", "no-title")


def test_rows_are_read_however_the_page_is_broken():
    rows = row(DATASETS[0]).replace("</div></div></div>", "") + row(DATASETS[1]) + '<div class="report-item1">odd</div>'
    portal = replace(SERVED, answers=lambda asked, mood: page(rows) if asked.one("page") == "0" else page(""))
    found = [record for one in read(portal, options={"details": False}) for record in one.records]
    assert "node/900001" in [record.remote_id for record in found]


def test_without_details_only_the_list_is_asked_for():
    with served(SERVED) as server:
        source = SERVED.source(server).model_copy(update={"options": {"details": False}})
        with Client(source, Settings(http_cache_bytes=0)) as client:
            pages = list(dtm_site.records(source, client, Start("1")))
        asked = [seen.target.partition("?")[0] for seen in server.seen]
    assert [[record.remote_id for record in page.records] for page in pages] == [
        ["node/900003", "node/900004"],
        ["datasets/sample-gone"],
        [],
    ]
    assert [page.token for page in pages] == ["2", "3", None]
    assert asked == ["/datasets", "/datasets", "/datasets"]


def test_the_reader_says_who_it_is_and_a_refusal_says_whom_to_ask():
    def refusing(asked: Asked, mood: Mood) -> Answer:
        return Answer("refused", 403 if asked.headers["user-agent"].startswith("Landmark/") else 200)

    with pytest.raises(PortalError) as fault:
        read(replace(SERVED, answers=refusing))
    assert fault.value.code == "blocked"
    assert fault.value.mend.startswith("Ask IOM")


def test_a_last_page_that_comes_again_ends_the_list():
    def again(asked: Asked, mood: Mood) -> Answer | None:
        number = str(min(1, int(asked.one("page", "0"))))
        return site(DATASETS[:4], replace(asked, query={**asked.query, "page": [number]}), mood)

    pages = read(replace(SERVED, answers=again), options={"details": False})
    assert [len(page.records) for page in pages] == [2, 2, 0]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer("<html><title>We are under maintenance</title></html>"), "unexpected-answer"),
        (Answer('<div class="report-item1">' + "<p>" * 21_000), "too-large"),
        (Answer("at fault", 500), "http-500"),
    ],
)
def test_a_site_that_cannot_be_read_says_why(answer: Answer, code: str):
    with pytest.raises(PortalError) as fault:
        read(replace(SERVED, answers=lambda asked, mood: answer))
    assert fault.value.code == code
    assert fault.value.mend or code == "http-500"


def test_a_token_of_something_else_is_refused():
    with pytest.raises(PortalError, match="no page of this list"):
        read(start=Start("after SSD"))


@pytest.mark.recorded
def test_the_recorded_rows_are_read_as_somebody_else_read_them(shared: Path):
    found = [record.payload for one in read(RECORDED(shared)) for record in one.records]
    rows = recorded_rows(shared)
    assert len(found) == len(rows) == 11
    for ours, theirs in zip(found, rows, strict=True):
        assert (ours["slug"], ours["title"], ours["region"], ours.get("country_slug", "")) == (
            theirs["slug"],
            theirs["title"],
            theirs["region"],
            theirs["country_path"],
        )
        assert ours["open"] == (theirs["access"] == "open")
        assert f"{date.fromisoformat(ours['published']):%b %d %Y}" == theirs["date"]
        # Their reader counts positions: where a row has no country, the format stands in the activity's place.
        shifted = not theirs["country_path"]
        assert (ours["activities"], ours["format"]) == (
            ("", theirs["activities"]) if shifted else (theirs["activities"], theirs["format"])
        )
    records = [dtm_site.normalize(SOURCE, RawRecord("", payload, "")) for payload in found]
    assert [record.access[0].modality.value for record in records].count("on_request") == 3
    assert [[place.iso3 for place in record.locations] for record in records] == [
        ["LBN"], ["AFG"], ["YEM"], ["SOM"], ["LBY"], ["PAK"], ["YEM"], ["BDI"], ["LBN"], ["SDN"], [],
    ]  # fmt: skip
    assert [note for record in records for note in record.reading_notes] == []
    assert not [record for record in records if "&" in record.notes.get("und", "")]


def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dtm_site, "_MOST_PAGES", 3)
    endless = replace(SERVED, answers=lambda asked, mood: page(row(listed(f"sample-{asked.one('page')}", "Sample"))))
    with pytest.raises(PortalError) as fault:
        read(endless, options={"details": False})
    assert fault.value.code == "endless"
