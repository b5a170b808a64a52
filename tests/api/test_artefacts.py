"""Access to report, questionnaire and data apart, on the page and in the API."""

from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from catalog.database import Catalog
from catalog.records import AccessRecord, DatasetRecord
from catalog.rows import dataset_id
from catalog.search.writer import follow
from catalog.vocabulary import AccessModality, Artefact
from config.settings import Settings
from tests.api.conftest import PUBLIC, write

REPORT = AccessRecord(
    AccessModality.OPEN, ("Download the report.",), "https://data.example.org/report.pdf", Artefact.REPORT
)
QUESTIONNAIRE = AccessRecord(AccessModality.NOT_SHARED, ("It is not given out.",), "", Artefact.QUESTIONNAIRE)
DATA = AccessRecord(AccessModality.ON_REQUEST, ("Write to the sample desk.",), "https://data.example.org/ask")


def shown(folder: Path, access: tuple[AccessRecord, ...]) -> tuple[dict[str, object], str]:
    """The access of one record as the API gives it, and its page."""
    settings = Settings(data_dir=folder, database_url="", config_dir=None)
    page = "https://data.example.org/assessment"
    record = DatasetRecord("assessment", {"en": "Sample: assessment"}, landing_page=page, access=access)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, (record,))
        follow(catalog, settings.index_dir)
    key = dataset_id(PUBLIC.key, "assessment")
    with TestClient(create_app(settings)) as client:
        return client.get(f"/api/v1/datasets/{key}").json()["access"], client.get(f"/dataset/{key}").text


def test_each_artefact_has_its_way(tmp_path: Path):
    access, page = shown(tmp_path, (REPORT, QUESTIONNAIRE, DATA))
    assert access == {
        "modality": "on_request",
        "steps": ["Write to the sample desk."],
        "address": "https://data.example.org/ask",
        "contacts": [],
        "artefacts": [
            {
                "artefact": "report",
                "modality": "open",
                "steps": ["Download the report."],
                "address": "https://data.example.org/report.pdf",
            },
            {
                "artefact": "questionnaire",
                "modality": "not_shared",
                "steps": ["It is not given out."],
                "address": "https://data.example.org/assessment",
            },
            {
                "artefact": "data",
                "modality": "on_request",
                "steps": ["Write to the sample desk."],
                "address": "https://data.example.org/ask",
            },
        ],
    }
    assert "<td>Report</td>" in page
    assert "It is not given out." in unescape(page)
    assert 'href="https://data.example.org/report.pdf"' in page


@pytest.mark.parametrize("given", [(REPORT,), (REPORT, QUESTIONNAIRE)])
def test_an_open_report_does_not_make_the_data_open(tmp_path: Path, given: tuple[AccessRecord, ...]):
    access, _ = shown(tmp_path, given)
    assert access["modality"] == "unknown"
    assert [(entry["artefact"], entry["modality"]) for entry in access["artefacts"]] == [
        ("data", "unknown"),
        *((entry.artefact.value, entry.modality.value) for entry in given),
    ]
