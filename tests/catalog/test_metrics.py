"""How much is hidden, exact for stewards, and published so that no difference gives a small figure back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.metrics import ALL, Hidden, Published, hidden, published
from catalog.records import DatasetRecord, LocationRecord
from catalog.rows import Entry
from catalog.runs import sync_sources
from catalog.sensitivity import Assertion
from catalog.store import Store
from catalog.suppression import K
from catalog.viewer import PUBLIC, steward
from catalog.vocabulary import Level, Visibility
from config.declarations import Source
from config.load import ConfigurationError
from landmark import app

PORTAL = Source(key="sample", kind="ckan", title="Sample portal", url="https://portal.example.org")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def level(name: Level) -> Assertion:
    return Assertion("dataset", name, "rule", "sample", "sample-rule", 1, "", "Sample.")


def record(number: int, iso3: str, *, closed: bool, harm: str = "") -> DatasetRecord:
    return DatasetRecord(
        remote_id=f"r{number}",
        title={"en": f"Sample {number}"},
        locations=(LocationRecord(iso3),),
        visibility=Visibility.RESTRICTED if closed else None,
        harm_if_withheld=harm,
    )


@pytest.fixture
def held(catalog: Catalog, assessor: Assessor) -> Iterator[Catalog]:
    """South Sudan: 6 shown, one of them in part, 6 hidden. Yemen: 7 shown, 2 hidden. Iraq: 3 shown, none hidden."""
    sync_sources(catalog, (PORTAL,))
    kinds = (
        [("SSD", False)] * 6 + [("SSD", True)] * 6 + [("YEM", False)] * 7 + [("YEM", True)] * 2 + [("IRQ", False)] * 3
    )
    entries = []
    for number, (iso3, closed) in enumerate(kinds):
        made = record(number, iso3, closed=closed, harm="People walk there." if number == 6 else "")
        said = level(Level.SEVERE if number == 0 else Level.LOW_NO)
        judged = replace(assessor.assess(made, PORTAL, NOW.date()), assertions=(said,))
        entries.append(Entry(made, judged, f"h{number}", b"{}", ""))
    with catalog.writing() as session:
        Store(PORTAL, assessor, catalog.address.drivername).write(session, None, entries, NOW)
    return catalog


def test_stewards_are_told_exactly_how_much_is_hidden(held: Catalog):
    with held.reading() as session:
        rows = hidden(session, steward("A. Sample"))
        assert rows == [
            Hidden(ALL, 24, 15, 1, 8, 1), Hidden("IRQ", 3, 3, 0, 0), Hidden("SSD", 12, 5, 1, 6, 1),
            Hidden("YEM", 9, 7, 0, 2),
        ]  # fmt: skip
        assert [(row.name, round(row.share, 2)) for row in rows[2:]] == [("South Sudan", 0.5), ("Yemen", 0.22)]
        assert hidden(session, PUBLIC) == [
            Hidden(ALL, 16, 16, 0, 0), Hidden("IRQ", 3, 3, 0, 0), Hidden("SSD", 6, 6, 0, 0), Hidden("YEM", 7, 7, 0, 0),
        ]  # fmt: skip
        assert [row.iso3 for row in hidden(session, steward("Of Yemen", countries=["YEM"])) if row.hidden] == [
            ALL,
            "YEM",
        ]


def test_what_is_only_listed_is_told_apart_and_not_hidden(catalog: Catalog, assessor: Assessor):
    sync_sources(catalog, (PORTAL,))
    made = [
        replace(record(number, "SSD", closed=False), visibility=visibility)
        for number, visibility in enumerate((None, Visibility.DESCRIBED, Visibility.LISTED, Visibility.COMMUNITY))
    ]
    entries = [Entry(one, assessor.assess(one, PORTAL, NOW.date()), one.remote_id, b"{}", "") for one in made]
    with catalog.writing() as session:
        Store(PORTAL, assessor, catalog.address.drivername).write(session, None, entries, NOW)
    with catalog.reading() as session:
        assert hidden(session, steward("A. Sample")) == [
            Hidden(iso3, 4, whole=1, redacted=1, hidden=1, listed=1) for iso3 in (ALL, "SSD")
        ]


def test_of_records_for_owners_alone_stewards_of_everything_are_told_how_many_there_are(
    held: Catalog, assessor: Assessor
):
    """Six in South Sudan, two in Yemen, one of them in both, five in no country."""

    def write(places: list[tuple[str, ...]]) -> dict[str, tuple[int | None, float | None]]:
        entries = []
        for number, of in enumerate(places, 100):
            made = replace(
                record(number, "", closed=False),
                visibility=Visibility.OWNER,
                locations=tuple(LocationRecord(iso3) for iso3 in of),
            )
            judged = replace(assessor.assess(made, PORTAL, NOW.date()), assertions=(level(Level.LOW_NO),))
            entries.append(Entry(made, judged, f"h{number}", b"{}", ""))
        with held.writing() as session:
            Store(PORTAL, assessor, held.address.drivername).write(session, None, entries, NOW)
        with held.reading() as session:
            assert all(row.owners is None for row in hidden(session, steward("Of Yemen", countries=["YEM"])))
            assert all(row.owners is None for row in hidden(session, PUBLIC))
            rows = hidden(session, steward("A. Sample"))
        assert [(row.iso3, row.records, row.hidden) for row in rows] == [
            (ALL, 24, 8), ("IRQ", 3, 0), ("SSD", 12, 6), ("YEM", 9, 2),
        ]  # fmt: skip
        return {row.iso3: (row.owners, row.share_with_owners) for row in rows}

    nothing = (None, None)
    in_places: list[tuple[str, ...]] = [("SSD",)] * 5 + [("SSD", "YEM"), ("YEM",)]
    assert write(in_places[:3]) == dict.fromkeys((ALL, "IRQ", "SSD", "YEM"), nothing)
    assert write(in_places) == dict.fromkeys(("IRQ", "SSD", "YEM"), nothing) | {ALL: (7, 15 / 31)}
    assert write([*in_places, *[()] * 5]) == {
        ALL: (12, 20 / 36), "IRQ": nothing, "SSD": (6, 12 / 18), "YEM": nothing,
    }  # fmt: skip


def test_a_country_that_only_hidden_records_tell_of_has_no_row_in_what_is_published(held: Catalog, assessor: Assessor):
    made = [record(number, "SOM", closed=True) for number in range(100, 108)]
    entries = [Entry(one, assessor.assess(one, PORTAL, NOW.date()), one.remote_id, b"{}", "") for one in made]
    with held.writing() as session:
        Store(PORTAL, assessor, held.address.drivername).write(session, None, entries, NOW)
    with held.reading() as session:
        assert "SOM" in [row.iso3 for row in hidden(session, steward("A. Sample"))]
        assert published(session, steward("A. Sample")) == [
            Published(ALL, 32, 16), Published("IRQ", None, None), Published("SSD", 12, 6), Published("YEM", None, None),
        ]  # fmt: skip


def test_the_command_tells_nobody_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(tmp_path))
    run = CliRunner()
    assert run.invoke(app, ["init"]).exit_code == 0
    refused = run.invoke(app, ["metrics"])
    assert isinstance(refused.exception, ConfigurationError), refused.output
    for more, k in ([], 1), (["--for-others"], K):
        answer = run.invoke(app, ["metrics", "--as", "A. Sample", "--json", *more])
        assert (answer.exit_code, orjson.loads(answer.output)["k"]) == (0, k), answer.output


def test_published_figures_leave_out_the_small_one_and_the_next(held: Catalog):
    with held.reading() as session:
        assert published(session, steward("A. Sample")) == [
            Published(ALL, 24, 8), Published("IRQ", None, None), Published("SSD", None, None),
            Published("YEM", None, None),
        ]  # fmt: skip
        told = published(session, steward("Of Yemen", countries=["YEM"]))
        assert {(row.records, row.hidden) for row in told} == {(None, None)}, "two hidden ones are all they are shown"
