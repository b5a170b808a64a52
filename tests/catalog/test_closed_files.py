"""Where links are withheld, no address of a file stands in the way to the data, however its portal writes it."""

from dataclasses import replace

import orjson
import pytest

from catalog.assess import Assessor
from catalog.records import AccessRecord, DistributionRecord
from catalog.vocabulary import AccessModality, Artefact, Audience, Level
from tests.catalog.test_disclosure import RECORD, rendered, said

PAGE = RECORD.landing_page
STEPS = (
    "Take https://portal.example.org/quarryside.xlsx, or",
    "http://files.example.org/download?name=quarryside-rows",
    "files.example.org/closed/quarryside.csv (no password)",
    r"From the office: \\server\closed\quarryside.dta",
    "ftp://files.example.org/quarryside www.example.org/quarryside.zip",
    f"Read {PAGE}.",
    "Write to info@srw.example.org and/or ask.",
)
LEFT = [
    "Take [address withheld] or",
    "[address withheld]",
    "[address withheld] (no password)",
    "From the office: [address withheld]",
    "[address withheld] [address withheld]",
    f"Read {PAGE}.",
    "Write to info@srw.example.org and/or ask.",
]


@pytest.fixture(scope="module")
def judge(assessor: Assessor) -> Assessor:
    return Assessor(replace(assessor.rules, sensitivity=(), digest="sample"))


@pytest.mark.parametrize("files", [RECORD.distributions, ()], ids=["its files are listed", "none is listed"])
def test_steps_of_a_closed_record_have_no_address_of_a_file(judge: Assessor, files: tuple[DistributionRecord, ...]):
    record = replace(
        RECORD,
        distributions=files,
        access=(
            AccessRecord(AccessModality.ON_REQUEST, STEPS, PAGE),
            AccessRecord(AccessModality.OPEN, STEPS[:2], "https://portal.example.org/r.pdf", Artefact.REPORT),
            AccessRecord(
                AccessModality.OPEN, (), "https://portal.example.org/get?f=q.XLSX&v=2", Artefact.QUESTIONNAIRE
            ),
        ),
    )
    shown = rendered(judge, said(Level.HIGH), record=record)
    access = shown[Audience.PUBLIC]["access"]
    assert (access["steps"], access["address"], access["contacts"]) == (LEFT, PAGE, ["info@srw.example.org"])
    assert [(entry["artefact"], entry["steps"][:2], entry["address"]) for entry in access["artefacts"]] == [
        ("data", LEFT[:2], PAGE),
        ("report", LEFT[:2], ""),
        ("questionnaire", ["Download it from the portal's page of this dataset."], ""),
    ]
    assert "access" in shown[Audience.PUBLIC]["withheld"]
    assert shown[Audience.FULL]["access"]["steps"] == list(STEPS)
    assert b"quarryside.csv" not in orjson.dumps(shown[Audience.PUBLIC])


def test_steps_of_an_open_record_stay_as_they_are(judge: Assessor):
    record = replace(RECORD, access=(AccessRecord(AccessModality.OPEN, STEPS, PAGE),))
    public = rendered(judge, said(Level.LOW_NO, withhold_links=False), record=record)[Audience.PUBLIC]
    assert public["access"]["steps"] == list(STEPS)
