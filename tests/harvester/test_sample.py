"""The sample portals: what they hold, how they answer, and what the real readers make of them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from http.client import HTTPConnection
from typing import Any

import pytest

from catalog.assess import Assessor
from catalog.records import DatasetRecord
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from config.load import rules
from config.settings import Settings
from harvester.http import Client
from harvester.portal import RawRecord, Start, portals
from harvester.sample import QUESTION, SENTENCE, SamplePortals
from harvester.sample.content import entries, language

LABELS = (
    "Sample record, fictional. ",
    "Fiche d'exemple, fictive. ",
    "Registro de muestra, ficticio. ",
    "سجل نموذجي، خيالي. ",
    "Зразковий запис, вигаданий. ",
)
Harvested = list[tuple[Source, RawRecord, DatasetRecord]]
PORTALS = ("exchange", "microdata", "directory", "network")
SSD_DISPLACEMENT = {
    "South Sudan - Displacement baseline by county, round 18": ("Northfold Displacement Tracking (NDT)", "open"),
    "South Sudan - Displacement and protection monitoring, household interviews": (
        "Sirasso Relief and Protection (SRP)",
        "on_request",
    ),
    "Forced Displacement Household Survey 2025": (
        "Brannock University Household Survey Unit (BUHS)",
        "under_agreement",
    ),
    "South Sudan - Displacement tracking interviews along the northern routes": (
        "Sirasso Relief and Protection (SRP)",
        "bilateral",
    ),
}


@pytest.fixture(scope="module")
def running() -> Iterator[SamplePortals]:
    with SamplePortals() as portals_running:
        yield portals_running


@pytest.fixture(scope="module")
def harvested(running: SamplePortals) -> Harvested:
    found = []
    for source in running.sources():
        portal = portals()[source.kind]
        with Client(source, Settings()) as client:
            for page in portal.records(source, client, Start()):
                assert (page.total, page.notes) == (source.expect.min_records, ())
                for raw in page.records:
                    kept = RawRecord(raw.remote_id, portal.essence(raw.payload), raw.address)
                    found.append((source, raw, portal.normalize(source, kept)))
    return found


def holder(record: DatasetRecord) -> str:
    """Who has it, as the catalog reads it: the holder, else the publisher."""
    names = {entry.role: entry.agent.name for entry in reversed(record.agents)}
    return names.get(Role.HOLDER) or names[Role.PUBLISHER]


def ask(source: Source, path: str, body: object = None) -> tuple[int, str, Any]:
    host = source.allow_hosts[0]
    connection = HTTPConnection(host, timeout=10)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        media_type = answer.headers["Content-Type"]
        return answer.status, media_type, json.loads(text) if "json" in media_type else text
    finally:
        connection.close()


def test_everything_is_read_without_a_note(harvested: Harvested):
    assert Counter(source.key for source, _, _ in harvested) == {
        "sample-exchange": 45,
        "sample-microdata": 14,
        "sample-directory": 16,
        "sample-network": 12,
    }
    assert len({(source.key, record.remote_id) for source, _, record in harvested}) == 87
    assert [record.reading_notes for _, _, record in harvested if record.reading_notes] == []


def test_it_is_broad_enough_to_try_everything(harvested: Harvested):
    records = [record for _, _, record in harvested]
    assert len({holder(record) for record in records}) == 19
    countries = {place.iso3 for record in records for place in record.locations}
    assert countries == {"AFG", "COD", "COL", "IRQ", "MMR", "SSD", "UKR", "YEM"}
    languages = Counter(language(entry) for portal in PORTALS for entry in entries(portal))
    assert set(languages) == {"en", "fr", "es", "ar", "uk"}
    assert min(languages.values()) >= 7
    assert {access.modality for record in records for access in record.access} == set(AccessModality)
    assert {-2, -1, 0, 1, 7, 30, 90, 180, 365, None} <= {record.update_frequency for record in records}
    assert {record.cod_level for record in records} == {"", "cod-standard", "cod-enhanced", "cod-candidate"}


def test_some_have_hashtags_a_quarantine_a_request_and_flags(harvested: Harvested):
    exchange = [record for source, _, record in harvested if source.key == "sample-exchange"]
    tagged = [r for r in exchange if any(column.hashtag for file in r.distributions for column in file.columns)]
    assert len(tagged) == 19
    held_back = [
        (record.display_title, file.url) for record in exchange for file in record.distributions if file.under_review
    ]
    assert held_back == [("Ukraine - Schools damaged by shelling and air strikes", "")]
    (raw,) = (raw for _, raw, record in harvested if record.display_title == held_back[0][0])
    (resource,) = raw.payload["resources"]
    assert resource["in_quarantine"] is True
    assert resource.keys().isdisjoint({"url", "download_url", "hdx_rel_url", "fs_check_info"})
    by_request = {record.display_title: len(record.columns) for record in exchange if not record.distributions}
    assert by_request == {
        "South Sudan - Displacement and protection monitoring, household interviews": 5,
        "Colombia - Educación en el riesgo de minas, participantes": 5,
    }
    flags = Counter((flag.field, flag.value) for record in exchange for flag in record.flags)
    assert flags == {
        ("pii", "true"): 1,
        ("pii_is_sensitive", "true"): 1,
        ("pii_report_flag", "FINDINGS"): 2,
        ("pii_report_flag", "OK"): 1,
        ("in_quarantine", "true"): 1,
        ("microdata", "true"): 1,
    }
    assert sum(any(place.p_coded for place in record.locations) for record in exchange) == 10


def test_the_question_has_four_holdings_with_four_kinds_of_access(harvested: Harvested):
    assert SENTENCE == "Who holds displacement data for South Sudan?"
    assert QUESTION.selected == {"country": ("SSD",), "topic": ("displacement",)}
    assessor = Assessor(rules(Settings()))
    found = {}
    for source, _, record in harvested:
        topics = {concept.key for concept in assessor.assess(record, source, date(2026, 11, 22)).concepts}
        if "SSD" in {place.iso3 for place in record.locations} and "displacement" in topics:
            found[record.display_title] = (holder(record), record.access[0].modality.value)
    assert found == SSD_DISPLACEMENT


def test_every_record_and_source_is_labelled(running: SamplePortals, harvested: Harvested):
    assert all(source.title.startswith("Sample: ") for source in running.sources())
    unlabelled = [r.display_title for _, _, r in harvested if not next(iter(r.notes.values()), "").startswith(LABELS)]
    assert unlabelled == []
    assert {
        label for label in LABELS for _, _, r in harvested if next(iter(r.notes.values())).startswith(label)
    } == set(LABELS)


def test_the_network_is_for_the_community_only(running: SamplePortals):
    assert {source.key: Visibility(source.visibility) for source in running.sources()} == {
        "sample-exchange": Visibility.PUBLIC,
        "sample-microdata": Visibility.PUBLIC,
        "sample-directory": Visibility.PUBLIC,
        "sample-network": Visibility.COMMUNITY,
    }


def test_no_address_leads_to_anyone(harvested: Harvested):
    text = json.dumps([raw.payload for _, raw, _ in harvested], ensure_ascii=False)
    assert {host for host in re.findall(r"[\w.+-]+@([\w.-]+\w)", text) if not host.endswith(".example")} == set()
    links = {r.landing_page for _, _, r in harvested} | {f.url for _, _, r in harvested for f in r.distributions}
    assert {link for link in links if link and not link.startswith("http://127.0.0.1:")} == set()


def test_content_says_only_what_is_known():
    described = {
        "exchange": "name title notes organisation countries period created modified frequency method tags caveats"
        " resources request cod subnational language",
        "microdata": "id idno nation organisation access years created changed title notes language",
        "directory": "id organisation country level rights title notes issued modified period frequency keywords files"
        " language",
    }
    described["network"] = described["directory"]
    unknown = {
        (portal, str(entry.get("name", entry.get("id"))), key)
        for portal in PORTALS
        for entry in entries(portal)
        for key in entry.keys() - set(described[portal].split())
    }
    assert unknown == set()


@pytest.mark.parametrize("prefix", ["/api/action", "/api/3/action"])
def test_the_exchange_answers_as_ckan_does(running: SamplePortals, prefix: str):
    exchange = running.sources()[0]
    asked = {"q": "*:*", "fq": "+dataset_type:dataset", "sort": "id asc", "rows": 5000, "start": 40}
    status, _, answer = ask(exchange, f"{prefix}/package_search", asked)
    assert (status, answer["success"], answer["result"]["count"], len(answer["result"]["results"])) == (
        200,
        True,
        45,
        5,
    )
    since = "fq=%2Bmetadata_modified:[2026-11-19T00:00:00Z%20TO%20*]&rows=10"
    _, _, answer = ask(exchange, f"{prefix}/package_search?{since}")
    assert {package["name"] for package in answer["result"]["results"]} == {
        "ukr-zabrudneni-terytorii",
        "ukr-explosive-ordnance-casualties",
        "afg-returnees-border",
    }
    status, _, answer = ask(exchange, f"{prefix}/package_show?id=ssd-cod-boundaries")
    assert (status, answer["result"]["cod_level"]) == (200, "cod-enhanced")


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("package_show?id=none-such", 404, "Not Found Error"),
        ("package_search?fq=organization:x", 409, "Validation Error"),
        ("package_search?rows=many", 409, "Validation Error"),
        ("user_list", 400, "Bad Request"),
    ],
)
def test_the_exchange_refuses_as_ckan_does(running: SamplePortals, path: str, status: int, kind: str):
    found, _, answer = ask(running.sources()[0], f"/api/3/action/{path}")
    assert (found, answer["success"], answer["error"]["__type"]) == (status, False, kind)


def test_pages_for_people_say_that_all_is_made_up(running: SamplePortals):
    for source in running.sources():
        status, media_type, page = ask(source, "/dataset/<b>x</b>")
        assert (status, media_type) == (200, "text/html; charset=utf-8")
        assert "Sample portal, fictional" in page
        assert "<b>" not in page


def test_a_port_can_be_given_and_one_that_is_taken_is_refused(running: SamplePortals):
    taken = {source.key: int(source.allow_hosts[0].rpartition(":")[2]) for source in running.sources()}
    with (
        pytest.raises(OSError, match="in use|10048|permitted"),
        SamplePortals({"sample-network": taken["sample-network"]}),
    ):
        pass
    with SamplePortals() as others:
        network = others.sources()[3]
        port = int(network.allow_hosts[0].rpartition(":")[2])
    with SamplePortals({"sample-network": port}) as again:
        assert again.sources()[3] == network


def test_it_answers_alike_each_time(running: SamplePortals):
    network = running.sources()[3]
    port = int(network.allow_hosts[0].rpartition(":")[2])
    with SamplePortals() as others:
        other = others.sources()[3]
        text = json.dumps(ask(other, "/data.json")[2]).replace(other.allow_hosts[0], f"127.0.0.1:{port}")
    assert json.loads(text) == ask(network, "/data.json")[2]


def test_a_portal_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="sample-exchnage"):
        SamplePortals({"sample-exchnage": 8041})
