"""The way to a dataset, line by line, and where each line comes from. All records are fictional."""

from typing import Any

import pytest

from catalog.route import LINES, Origin, Route, Ways, route_json, route_of, shipped
from catalog.vocabulary import AccessModality, Artefact
from config.access import Agreement, Role, Way
from config.load import Access
from tests.catalog.samples import document

RELIEF = {"id": "1", "name": "Sample Relief", "acronym": "SR", "kind": "unknown", "roles": ["holder"]}
STEPS = ["Write to the desk."]


def way(id_: str, **says: Any) -> Way:
    return Way.model_validate({"id": id_, "evidence": "a sample"} | says)


def known(*ways: Way) -> Ways:
    names = dict.fromkeys(("en", "fr", "es", "ar", "uk"), "the desk of {holder}")
    stewards = dict.fromkeys(names, "the stewards of this register")
    roles = {
        "desk": Role(key="desk", name=names),
        "data-holder": Role(key="data-holder", name=dict.fromkeys(names, "{holder} (holder)")),
        "source-publisher": Role(key="source-publisher", name=dict.fromkeys(names, "the publisher of {source}")),
        "register-stewards": Role(key="register-stewards", name=stewards),
    }
    mou = Agreement(key="mou", title="Sample understanding", what="Settles it.", aliases=("MoU",), evidence="a sample")
    return Ways(Access(tuple(sorted(ways, key=lambda one: one.rank)), roles, {"mou": mou}, "sample"))


def record(modality: str = "on_request", *, steps: list[str] | None = None, **facts: Any) -> dict[str, Any]:
    route = {"modality": modality, "steps": steps or [], "address": facts.pop("address", "")}
    more = facts.pop("artefacts", [])
    access = route | {"contacts": facts.pop("contacts", []), "artefacts": [{"artefact": "data", **route}, *more]}
    given = {"access": access, "organizations": [RELIEF], "holders": ["Sample Relief"]}
    return document(1, **(given | facts))


def told(route: Route) -> dict[str, tuple[tuple[str, ...], str, str]]:
    return {name: (line.said, line.origin.value, line.by) for name, line in route.lines.items()}


def test_a_line_comes_from_the_record_else_its_organisation_else_its_source_else_the_way_of_access():
    ways = known(
        way(
            "by-access",
            access=["on_request"],
            role="desk",
            asked=["A purpose."],
            conditions=["None."],
            meanwhile=["Totals."],
        ),
        way("by-source", sources=["sample"], conditions=["The source's terms."], meanwhile=["The page."], days=9),
        way("by-both", sources=["sample"], access=["on_request"], meanwhile=["The list of columns."]),
        way(
            "by-name",
            organisations=["SR"],
            agreement="mou",
            conditions=["Those of {holder} at {source}."],
            verified=True,
        ),
        way("other-name", organisations=["Another"], steps=["Never."]),
        way("other-source", sources=["another"], steps=["Never."]),
        way("other-access", access=["open"], steps=["Never."]),
    )
    route = route_of(record(steps=STEPS, address="https://portal.example/ask"), ways)
    assert told(route) == {
        "steps": (("Write to the desk.",), "record", ""),
        "ask": (("the desk of Sample Relief",), "record", ""),
        "address": (("https://portal.example/ask",), "record", ""),
        "agreement": (("Sample understanding. Settles it.",), "organisation", "by-name"),
        "asked": (("A purpose.",), "access", "by-access"),
        "wait": (("Usually 9 days.",), "source", "by-source"),
        "conditions": (("Those of Sample Relief at Sample portal.",), "organisation", "by-name"),
        "meanwhile": (("The list of columns.",), "source", "by-both"),
    }
    assert (route.agreement, route.expected_days, route.address, route.not_known) == (
        "mou", 9, "https://portal.example/ask", (),
    )  # fmt: skip
    assert (route.ask.role, route.ask.organisation, route.ask.mailbox) == ("desk", "Sample Relief", "")
    assert [route.lines[name].verified for name in ("agreement", "asked")] == [True, False]


def test_what_nobody_knows_says_so_and_whom_to_ask():
    route = route_of(record("unknown", link=""), known())
    asking = (("Not known: ask Sample Relief (holder).",), "not_known", "")
    assert told(route) == dict.fromkeys(LINES, asking) | {"ask": (("Sample Relief (holder)",), "record", "")}
    assert route.not_known == tuple(name for name in LINES if name != "ask")
    assert (route.agreement, route.expected_days, route.address) == ("", None, "")
    nobody = route_of(record("unknown", organizations=[], holders=[]), known())
    assert nobody.lines["wait"].said == ("Not known: ask the publisher of Sample portal.",)
    mailbox = route_of(record("unknown", link="", contacts=["data@sr.example"]), known())
    assert (mailbox.lines["ask"].said, mailbox.lines["address"].said, mailbox.ask.mailbox, mailbox.address) == (
        ("Sample Relief (holder): data@sr.example",), ("data@sr.example",), "data@sr.example", "",
    )  # fmt: skip


def test_what_a_record_says_of_agreement_wait_and_conditions_is_told_in_their_lines():
    steps = [*STEPS, "Agreement needed: MoU.", "An answer usually takes 14 days.", "Conditions: no copies."]
    route = route_of(
        record(steps=steps, licence="cc-by"), known(way("w", sources=["sample"], agreement="none", days=3))
    )
    lines = told(route)
    assert [lines[name] for name in ("steps", "agreement", "wait", "conditions")] == [
        (("Write to the desk.",), "record", ""),
        (("MoU",), "record", ""),
        (("Usually 14 days.",), "record", ""),
        (("Licence: cc-by.", "no copies."), "record", ""),
    ]
    assert (route.agreement, route.expected_days) == ("mou", 14)
    assert route_of(record(steps=["Agreement needed: a paper of ours."]), known()).agreement == "own"


def test_report_questionnaire_and_data_are_told_apart():
    report = {"artefact": "report", "modality": "open", "steps": ["Read it."], "address": "https://portal.example/r"}
    routes = route_of(record("unknown", artefacts=[report]), known()).artefacts
    asking = ("Not known: ask Sample Relief (holder).",)
    assert [(one.artefact, one.access, one.said, one.address, one.known) for one in routes] == [
        (Artefact.DATA, AccessModality.UNKNOWN, asking, "", False),
        (Artefact.REPORT, AccessModality.OPEN, ("Read it.",), "https://portal.example/r", True),
        (Artefact.QUESTIONNAIRE, AccessModality.UNKNOWN, asking, "", False),
    ]


def test_meanwhile_there_is_the_safe_product_and_the_same_dataset_where_it_is_open():
    there = {"title": "Sample: as totals", "source": {"title": "Open portal"}, "access": {"modality": "open"}}
    closed = {"title": "Sample: closed too", "source": {"title": "Other"}, "access": {"modality": "on_request"}}
    made = [{"id": "2", "name": "n", "title": "Sample: by district", "access": "open"}]
    ways = known(way("w", sources=["sample"], meanwhile=["Never."]))
    route = route_of(record() | {"also_at": [there, closed]}, ways, made)
    assert told(route)["meanwhile"] == (
        (
            "A safe product made from it: Sample: by district.",
            "The same dataset is open at Open portal: Sample: as totals.",
        ),
        "record",
        "",
    )
    assert route_json(route, ways, made)["safe_products"] == made


@pytest.mark.parametrize("mode", ["ask", "redacted"])
def test_a_record_whose_page_is_not_told_tells_no_more_by_its_route(mode: str):
    ways = known(
        way("src", sources=["sample"], steps=["Open its page."], address="https://portal.example/form", days=2),
        way("org", organisations=["Sample Relief"], conditions=["Under its rules."]),
    )
    hidden = {"link": "", "withheld": ["link", "access"], "mode": mode}
    asked = route_of(record(steps=["Ask the holder: Sample Relief."], **hidden), ways)
    assert told(asked)["address"][1] == told(asked)["wait"][1] == "not_known"
    assert asked.lines["conditions"].said == ("Under its rules.",)
    unnamed = {"id": "", "name": "International NGO (not named)", "acronym": "", "kind": "x", "roles": ["holder"]}
    nobody = record(steps=["Ask."], organizations=[unnamed], holders=["International NGO (not named)"], **hidden)
    route = route_of(nobody, ways)
    assert (route.ask.role, route.ask.organisation) == ("register-stewards", "")
    assert route.lines["conditions"].said == ("Not known: ask the stewards of this register.",)


def test_an_address_that_is_no_web_address_is_none():
    route = route_of(record(link="javascript:alert(1)", address="javascript:alert(2)"), known())
    assert (route.address, route.lines["address"].origin) == ("", Origin.NOT_KNOWN)


@pytest.mark.parametrize("modality", list(AccessModality))
def test_by_the_shipped_entries_every_way_of_access_has_a_whole_route(modality: AccessModality):
    route = route_of(record(modality.value, steps=STEPS))
    assert (tuple(route.lines), route.access) == (LINES, modality)
    assert all(line.said and all(said.strip() for said in line.said) for line in route.lines.values())
    assert {"steps", "ask", "address"}.isdisjoint(route.not_known)
    assert (route.agreement == "none") == (modality is AccessModality.OPEN) == (route.expected_days == 0)


def test_the_shipped_entries_know_of_hdx_connect_and_of_dtms_forms():
    hdx = {"key": "hdx", "title": "Humanitarian Data Exchange"}
    connect = route_of(record(steps=STEPS, source=hdx))
    assert (connect.agreement, connect.ask.role, connect.lines["asked"].by) == (
        "hdx-connect", "data-contributor", "hdx-connect",
    )  # fmt: skip
    assert connect.not_known == ("wait",)
    iom = RELIEF | {"name": "International Organization for Migration", "acronym": "IOM"}
    asked = route_of(record(steps=STEPS, source=hdx, organizations=[iom], holders=[iom["name"]]))
    assert (asked.agreement, asked.ask.role) == ("dtm-data-access-request", "dtm-mission")
    assert (asked.lines["agreement"].verified, asked.lines["agreement"].origin) == (False, Origin.ORGANISATION)
    shared = route_of(record("bilateral", steps=STEPS, organizations=[iom], holders=[iom["name"]]))
    assert shared.agreement == "dtm-data-sharing-agreement"
    assert set(shipped().known.agreements) >= {"mou", "dtm-data-sharing-agreement", "dtm-data-access-request"}
