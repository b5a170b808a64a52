"""The message in the language of the holder, with what of the record may be told, ready to be copied."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from catalog.requests.message import LONGEST_LINK, Said, language_of, languages, message
from catalog.requests.route import Route, route
from catalog.route import Ways
from config.access import Way
from config.load import access

SAID = Said("Survey desk", "Sample Survey", "Planning {of} surveys.", "Two teams", date(2027, 1, 31))
RECORD: dict[str, Any] = {
    "id": "7c9e6679-7425-50de-944b-e07fc1f90ae7",
    "title": "Sample: {hazards} & more",
    "link": "",
    "mode": "shown",
    "withheld": [],
    "licence": "",
    "source": {"key": "sample", "title": "Sample: exchange"},
    "holders": [],
    "organizations": [{"id": "x", "acronym": "SMAC", "name": "Sample Mine Action Centre", "roles": ["holder"]}],
    "access": {
        "modality": "on_request",
        "address": "smac-im@smac.example",
        "contacts": ["jane.doe@smac.example"],
        "steps": ["Agreement needed: Memorandum.", "An answer usually takes 14 days."],
        "artefacts": [],
    },
}


def test_a_short_message_opens_whole_in_a_mail_program_and_a_long_one_is_copied():
    way = route(RECORD)
    assert way == Route("on_request", "smac-im@smac.example", "", "Memorandum", 14)
    short = message(RECORD, way, SAID, "en", 14)
    assert short.body == (
        "To whoever holds this data,\n\n"
        "Sample Survey asks you for access to data that is listed as yours in the register Landmark.\n\n"
        "Data: Sample: {hazards} & more\n"
        "Reference in the register: 7c9e6679-7425-50de-944b-e07fc1f90ae7\n"
        "What it is for: Planning {of} surveys.\n"
        "Who would use it: Two teams\n"
        "Needed until: 2027-01-31\n"
        "Agreement that the register says you ask for: Memorandum\n\n"
        "Please tell us whether you can share it in full, in part (counts by area or a gridded version may be enough), "
        "or not, and why. If another office decides, please tell us which. An answer within 14 days would help us plan."
        "\n\nPlease send no data before we have agreed on a safe way.\n\n"
        "Kind regards,\nSurvey desk\nSample Survey"
    )
    link = urlsplit(short.mailto)
    assert (link.scheme, link.path, short.whole) == ("mailto", "smac-im@smac.example", True)
    assert parse_qs(link.query) == {"subject": [short.subject], "body": [short.body.replace("\n", "\r\n")]}
    arabic = message(RECORD, way, SAID, "ar", 14)
    assert (arabic.direction, arabic.whole, len(arabic.mailto) <= LONGEST_LINK) == ("rtl", False, True)
    assert parse_qs(urlsplit(arabic.mailto).query) == {"subject": [arabic.subject]}
    assert message({**RECORD, "title": "خ" * 900}, way, SAID, "ar", 14).mailto == "mailto:smac-im@smac.example"
    assert message(RECORD, way, SAID, "xx", 14).language == "en"


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar", "uk"])
def test_every_language_says_all_of_it(language: str):
    said = Said("Desk", "Survey", "PURPOSE", "TEAMS", date(2027, 1, 31), "OFFERED")
    record = {**RECORD, "link": "https://data.example.org/x", "holders": ["HOLDER"]}
    made = message(record, Route("on_request", agreement="WANTED"), said, language, 21)
    parts = (
        "PURPOSE",
        "TEAMS",
        "2027-01-31",
        "OFFERED",
        "WANTED",
        "HOLDER",
        "Survey",
        "21",
        RECORD["id"],
        record["link"],
    )
    assert [part for part in parts if part not in made.body] == []
    assert RECORD["title"] in made.subject
    assert (made.to, made.mailto, made.form) == ("", "", "")
    assert "{holder}" not in made.body


def test_no_persons_mailbox_is_written_to_and_a_form_is_one_of_the_web():
    access = {
        "modality": "on_request",
        "address": "https://ask.example/form",
        "contacts": ["jane.doe@x.example", "im@x.example"],
        "steps": [],
        "artefacts": [],
    }
    assert route({**RECORD, "access": access}) == Route("on_request", "im@x.example", "https://ask.example/form")
    access |= {"modality": "unknown", "address": "javascript:alert(1)", "contacts": ["jane.doe@x.example"]}
    for days in ("0", "9999", "soon", "١٤"):
        steps = [f"An answer usually takes {days} days."]
        assert route({**RECORD, "access": {**access, "steps": steps}}) == Route("unknown"), days


def test_what_is_known_of_access_beside_the_record_is_asked_for_too():
    known = access()
    way = Way(
        id="sample", evidence="A sample.", organisations=("Sample Mine Action Centre",), agreement="mou", days=21,
    )  # fmt: skip
    told = route({**RECORD, "access": {**RECORD["access"], "steps": []}}, Ways(replace(known, ways=(way, *known.ways))))
    assert (told.agreement, told.days) == (known.agreements["mou"].title, 21)


@pytest.mark.parametrize(
    ("countries", "said", "titled", "expected"),
    [
        (["COL"], [], ["und"], "es"),
        (["SDN"], [], ["en"], "ar"),
        (["TCD"], [], [], "fr"),
        (["UKR"], [], [], "uk"),
        (["SSD"], [], [], "en"),
        (["AFG"], [], [], "en"),
        (["WLD"], [], [], "en"),
        ([], [], [], "en"),
        (["COL", "UKR"], [], [], "en"),
        (["COL", "VEN"], [], [], "es"),
        (["UKR"], ["en"], [], "en"),
        (["UKR"], ["ru", "en", "uk"], [], "uk"),
        (["UKR"], ["ru", "fr", "es"], [], "fr"),
        (["SSD"], [], ["en", "ar"], "ar"),
        (["UKR"], [], ["fr", "es"], "uk"),
    ],
)
def test_the_language_is_what_the_record_says_else_its_countrys(
    countries: list[str], said: list[str], titled: list[str], expected: str
):
    document = {"countries": countries, "languages": said, "titles": dict.fromkeys(titled, "x")}
    assert language_of(document) == expected


def test_languages_are_called_as_they_call_themselves():
    assert languages() == {"en": "English", "fr": "français", "es": "español", "ar": "العربية", "uk": "українська"}
