"""CKAN and DKAN sites: what a package becomes, and what their answers do to a reading. All content is fictional."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, DistributionRecord, LocationRecord
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import AccessKey, Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start
from harvester.portals import ckan
from tests.portals_served.ckan_sites import ORGANISATION, RECORDED, SEARCH, package
from tests.portals_served.plain import Plain, Reply, Seen, plain

SOURCE = Source(key="site", kind="ckan", title="Sample site", url="https://site.example", publisher="Sample Site")
CENTRE = AgentRecord("Kaldoran Mine Action Centre (KMAC)")


def normalized(**changes: Any) -> DatasetRecord:
    payload = {name: value for name, value in (package(1) | changes).items() if value is not None}
    text = json.dumps(ckan.essence(payload)).replace("{base}", "https://site.example")
    return ckan.normalize(SOURCE, RawRecord(str(payload.get("id", "")), json.loads(text), "https://site.example"))


def read(answer: object, status: int = 200, **more: Any) -> list[RawPage]:
    def script(request: Seen, reply: Reply, _: Plain) -> None:
        assert request.target.startswith(SEARCH)
        reply.send(status, json.dumps(answer).encode(), content_type="application/json")

    with plain(script) as server:
        source = SOURCE.model_copy(update={"url": server.url, "allow_hosts": (server.host,), **more})
        with Client(source, Settings(http_cache_bytes=0), sleep=lambda _: None) as client:
            return list(ckan.records(source, client, Start()))


def test_a_whole_package() -> None:
    page = "https://site.example/dataset/sample-1"
    assert normalized() == DatasetRecord(
        remote_id="00000001-0000-4000-8000-000000000000",
        title={"und": "Sample: cleared roads 1"},
        notes={"und": "Sample, fictional. Roads by district."},
        landing_page=page,
        issued=datetime(2025, 3, 2, 8, 47, 17, 995815, tzinfo=UTC),
        modified=datetime(2026, 3, 3, 14, 4, 57, 436723, tzinfo=UTC),
        period_start=date(2025, 1, 1),
        period_end=date(2025, 12, 31),
        licence="CC BY",
        keywords=("roads",),
        agents=(
            AgentRole(CENTRE, Role.PUBLISHER),
            AgentRole(CENTRE, Role.HOLDER),
            AgentRole(CENTRE, Role.CONTACT, "data@kmac.example"),
        ),
        locations=(LocationRecord("SSD"),),
        distributions=(
            DistributionRecord(
                key="r-1",
                name="roads.csv",
                url="https://site.example/dataset/sample-1/roads.csv",
                description="One row for each road.",
                format="CSV",
                declared_format="csv",
                media_type="text/csv",
                size=4200,
                modified=datetime(2026, 3, 1, 10, tzinfo=UTC),
            ),
        ),
        access=(AccessRecord(AccessModality.OPEN, ("Download the files from the dataset's page.",), page),),
    )


def test_no_person_is_kept() -> None:
    kept = ckan.essence(package(1))
    assert "a.person@kmac.example" not in json.dumps(kept)
    assert kept["maintainer_email"] == "data@kmac.example"


def test_a_private_package_is_its_owners_and_loses_its_links() -> None:
    made = normalized(private=True)
    assert (made.visibility, made.access, [part.url for part in made.distributions]) == (Visibility.OWNER, (), [""])


def test_what_dkan_calls_private_was_given_to_anybody() -> None:
    file = {"id": "r", "url": "https://site.example/a.xlsx", "format": "xlsx", "size": "42 octets", "state": "Active"}
    made = normalized(
        private=True, state="Active", type="Dataset", organization=None, groups=[ORGANISATION], resources=[file],
        metadata_created="mar, 10/12/2019 - 09:23", license_id=None, license_title="Licence Ouverte",
    )  # fmt: skip
    assert (made.visibility, made.issued, made.distributions[0].size, made.agents[0].agent) == (
        None,
        datetime(2019, 12, 10, 9, 23, tzinfo=UTC),
        None,
        CENTRE,
    )
    assert made.access[0].modality is AccessModality.OPEN
    assert made.reading_notes == ()


def test_what_dcat_ap_adds_is_read() -> None:
    made = normalized(
        extras=None, frequency="monthly", language=["en"], access_rights="Ask the centre.",
        temporal_coverage=[{"start": "2024-04-10", "end": "2024-05-29"}],
    )  # fmt: skip
    assert (made.update_frequency, made.languages, made.title, made.period_start, made.period_end) == (
        30, ("en",), {"en": "Sample: cleared roads 1"}, date(2024, 4, 10), date(2024, 5, 29),
    )  # fmt: skip
    assert made.access == (AccessRecord(AccessModality.UNKNOWN, ("Ask the centre.",), made.landing_page),)


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"id": None, "name": None}, RecordError, "no-id"),
        ({"title": None}, RecordError, "no-title"),
        ({"type": "showcase"}, SkipRecord, "not-a-dataset"),
        ({"state": "deleted"}, SkipRecord, "not-active"),
    ],
)
def test_what_is_no_dataset_is_told(changes: dict[str, Any], error: type[Exception], code: str) -> None:
    with pytest.raises(error) as caught:
        normalized(**changes)
    assert caught.value.code == code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ({"success": False, "error": {"__type": "Validation Error"}}, 409, "http-409"),
        ({"success": False, "error": {"__type": "Authorization Error"}}, 403, "http-403"),
        ({"success": False, "error": {"__type": "Validation Error"}}, 200, "portal-refused"),
        ({"success": True, "result": {"results": []}}, 200, "unexpected-answer"),
        ({"success": True, "result": "maintenance"}, 200, "unexpected-answer"),
        ({}, 200, "unexpected-answer"),
    ],
)
def test_an_answer_that_is_none_ends_the_reading(answer: object, status: int, code: str) -> None:
    with pytest.raises(PortalError) as caught:
        read(answer, status)
    assert caught.value.code == code


def test_a_refused_key_is_told_with_its_variable() -> None:
    with pytest.raises(PortalError) as caught:
        read({"success": False}, 403, access_key=AccessKey(how="Ask the site."))
    assert caught.value.mend == "Set LANDMARK_KEY_SITE to a key that may read this. Ask the site."


def test_a_page_that_comes_again_ends_the_reading() -> None:
    with pytest.raises(PortalError) as caught:
        read({"success": True, "result": {"count": 9, "results": [package(1)]}})
    assert caught.value.code == "repeated-page"


def test_a_count_that_is_too_high_makes_the_reading_partial() -> None:
    (page,) = read({"success": True, "result": {"count": 9, "results": []}})
    assert [(note.code, note.message) for note in page.notes] == [
        ("wrong-count", "the site counts 9 datasets, and gives 0"),
    ]


@pytest.mark.recorded
def test_recorded_packages_are_read_without_a_note(shared: Path) -> None:
    recorded = RECORDED(shared)
    folder = shared / "portals" / "ckan-other"
    dkan = json.loads((folder / "dkan-french-package_show.json").read_text(encoding="utf-8"))["result"][0]
    made = ckan.normalize(SOURCE, RawRecord(dkan["id"], ckan.essence(dkan), ""))
    assert recorded.ids[0] == made.remote_id
    assert (made.issued, len(made.distributions), made.visibility) == (
        datetime(2019, 12, 10, 9, 23, tzinfo=UTC), len(dkan["resources"]), None,
    )  # fmt: skip
    assert [note.code for note in made.reading_notes] == []
