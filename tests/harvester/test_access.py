"""Access per artefact in the old Assessment Registry's words, and the closed words of other portals."""

from collections.abc import Mapping
from typing import Any

import pytest

from catalog.records import AccessRecord, ReadingNote
from catalog.vocabulary import AccessModality, Artefact
from harvester.reading.access import access, artefacts, declared, modality
from harvester.reading.fields import Fields

OPEN, ON_REQUEST, NOT_SHARED = AccessModality.OPEN, AccessModality.ON_REQUEST, AccessModality.NOT_SHARED


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Publicly Available", OPEN), ("publicly-available", OPEN), ("Accessible au public", OPEN),
        ("Disponible públicamente", OPEN), ("Available on Request", ON_REQUEST), ("Disponible sur demande", ON_REQUEST),
        ("Disponible previa solicitud", ON_REQUEST), ("Not Available", NOT_SHARED), ("Non disponible", NOT_SHARED),
        ("No disponible", NOT_SHARED), (" ", None), (None, None),
    ],
)  # fmt: skip
def test_three_words_in_three_languages(written: object, read: AccessModality | None) -> None:
    assert modality(written) is read


@pytest.mark.parametrize("written", ["perhaps", "not", 1, ["Not Available"]])
def test_other_words_are_errors(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        modality(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC", NOT_SHARED),
        ("http://publications.europa.eu/resource/authority/access-right/RESTRICTED", ON_REQUEST),
        ("http://purl.org/coar/access_right/c_abf2", OPEN),
        ("licensed_use", AccessModality.UNDER_AGREEMENT),
        ("data_enclave", AccessModality.ON_SITE),
        ("not_available", NOT_SHARED),
        ("public_use", AccessModality.REGISTER),
        ("org", ON_REQUEST),
        ("private", NOT_SHARED),
        ("", None),
    ],
)
def test_closed_words_of_other_portals(written: object, read: AccessModality | None) -> None:
    assert declared(written) is read


def test_instructions_alone_mean_asking() -> None:
    assert access(Artefact.REPORT, "", "Write to the sample desk.\nSay what for.") == AccessRecord(
        ON_REQUEST, ("Write to the sample desk.", "Say what for."), "", Artefact.REPORT
    )
    assert access(Artefact.DATA, None) is None


ASSESSMENT: Mapping[str, Any] = {
    "report": {"accessibility": "Publicly Available", "file": {"url": "https://a.example/report.pdf"}},
    "questionnaire": {"accessibility": "Not Available"},
    "data": [
        {"accessibility": "Not Available"},
        {
            "accessibility": "Available on Request",
            "instructions": "<p>Write to the sample desk.</p><p>Say what for. Wait a week.</p>",
            "url": "/ask",
        },
    ],
}


def test_an_assessment_says_of_each_artefact_how_it_can_be_had() -> None:
    fields = Fields(ASSESSMENT)
    assert artefacts(fields, "https://a.example") == (
        AccessRecord(
            ON_REQUEST,
            ("Write to the sample desk.", "Say what for.", "Wait a week."),
            "https://a.example/ask",
            Artefact.DATA,
        ),
        AccessRecord(OPEN, (), "https://a.example/report.pdf", Artefact.REPORT),
        AccessRecord(NOT_SHARED, (), "", Artefact.QUESTIONNAIRE),
    )
    assert fields.notes == []


def test_what_cannot_be_read_is_noted() -> None:
    fields = Fields({"report": {"accessibility": "perhaps", "url": "javascript:alert(1)"}, "data": "text"})
    assert artefacts(fields) == ()
    assert fields.notes == [
        ReadingNote(
            "address-unreadable", "report.url", "no address that can be a link: not a web address (http or https)"
        ),
        ReadingNote("access-unknown", "report.accessibility", 'no known way to have it: "perhaps"'),
    ]
