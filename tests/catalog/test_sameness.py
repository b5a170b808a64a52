"""Two records of one dataset: what speaks for it, what against, and how they meet."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.records import (
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    RelationRecord,
)
from catalog.sameness import SAID, SAME, WORTH_A_LOOK, Likeness, address, compare, keys, of_record
from catalog.vocabulary import RelationKind, Role
from tests.bench import sameness
from tests.bench.figures import SAMENESS

HOLDER = "Sample Survey Office (SSO)"
FILE = "https://files.example.org/survey/sample-household-survey-2024.xlsx"


def record(remote_id: str = "sample-record-0001", title: str = "Sample household survey", **more: Any) -> DatasetRecord:
    given: dict[str, Any] = {
        "remote_id": remote_id,
        "title": {"en": title},
        "landing_page": f"https://one.example.org/dataset/{remote_id}",
        "agents": (AgentRole(AgentRecord(more.pop("holder", HOLDER)), Role.HOLDER),),
        "locations": tuple(LocationRecord(iso3) for iso3 in more.pop("countries", ("SSD",))),
        "distributions": tuple(DistributionRecord(str(at), "", url) for at, url in enumerate(more.pop("files", ()))),
    }
    return DatasetRecord(**(given | more))


def judged(one: DatasetRecord, other: DatasetRecord, sources: tuple[str, str] = ("one", "other")) -> Likeness:
    """Compared in both orders, with the same answer."""
    left, right = (of_record(found, source) for found, source in zip((one, other), sources, strict=True))
    assert compare(left, right) == compare(right, left)
    return compare(left, right)


def codes(found: Likeness) -> list[str]:
    return [reason.code for reason in found.reasons]


def test_the_same_file_at_two_portals_is_the_same_dataset():
    one = record(files=(FILE,))
    other = record(
        "other-000002", "Enquête auprès des ménages", files=(f"http://www.FILES.example.org{FILE[25:]}#top",)
    )
    found = judged(one, other)
    assert codes(found) == ["file-address"]
    assert found.reasons[0].evidence == "files.example.org/survey/sample-household-survey-2024.xlsx"
    assert found.same
    assert keys(of_record(one, "one")) & keys(of_record(other, "other"))


def test_one_file_of_many_makes_no_sameness():
    rounds = tuple(f"https://files.example.org/survey/sample-survey-round-{number:02}.xlsx" for number in range(9))
    found = judged(record(files=(rounds[0],)), record("other-000002", "Sample: all rounds", files=rounds))
    assert codes(found) == ["file-address"]
    assert WORTH_A_LOOK <= found.score < SAME


def test_an_identifier_in_the_others_addresses_is_the_same_dataset():
    number = "6f3b7c1a-8f57-4c8e-9d37-2a9d5f6c0b11"
    mirrored = record("mirror-of-000001", "Sample mirror", files=(f"https://two.example.org/dataset/{number}/a.csv",))
    found = judged(record(number), mirrored)
    assert codes(found) == ["portal-id"]
    assert found.reasons[0].evidence == number
    assert found.same
    assert not judged(record(number), mirrored, ("one", "one")).same, "a portal that refers to itself says less"


def test_a_register_that_leads_to_the_page_is_the_same_dataset():
    listed = record("listed-00000001", "something else entirely", landing_page="http://one.example.org/dataset/abc/")
    found = judged(record(landing_page="https://one.example.org/dataset/abc"), listed)
    assert codes(found) == ["page"]
    assert found.same


@pytest.mark.parametrize(
    ("target", "sources"),
    [
        ("https://ONE.example.org/dataset/sample-record-0001/", ("one", "other")),
        ("https://one.example.org/view/sample-record-0001", ("one", "other")),
        ("sample-record-0001", ("one", "one")),
    ],
    ids=("page", "identifier in an address", "identifier at its own portal"),
)
def test_what_a_record_says_it_is_the_same_as_is_the_same_dataset(target: str, sources: tuple[str, str]):
    said = (RelationRecord(RelationKind.SAME_AS, target),)
    saying = record("sample-coverage-of-it", "Coverage", countries=("YEM",), relations=said)
    found = judged(record(), saying, sources)
    assert codes(found) == ["declared"]
    assert found.same
    assert keys(of_record(record(), sources[0])) & keys(of_record(saying, sources[1]))
    based_on = replace(saying, relations=(RelationRecord(RelationKind.BASED_ON, target),))
    assert not judged(record(), based_on, sources).same, "a report is not its base data"


def test_an_identifier_of_another_portal_means_nothing_by_itself():
    said = (RelationRecord(RelationKind.SAME_AS, "sample-record-0001"),)
    assert codes(judged(record(), record("sample-coverage-of-it", "Coverage", relations=said))) == []


@pytest.mark.parametrize(
    ("title", "holder"),
    [
        ("SAMPLE: household surveys", HOLDER),
        ("Household survey, sample [SSO]", "SSO"),
        ("South Sudan - The sample household survey", "Sample survey office (inactive)"),
    ],
)
def test_title_holder_and_period_make_the_same_dataset_however_they_are_spelt(title: str, holder: str):
    period = {"period_start": date(2024, 1, 1), "period_end": date(2024, 6, 30)}
    one = record(title="Sample household survey", **period)
    other = record("other-000002", title, holder=holder, **period)
    found = judged(one, other)
    assert codes(found) == ["title-holder-period"]
    assert found.score == 0.9
    assert keys(of_record(one, "one")) & keys(of_record(other, "other"))


@pytest.mark.parametrize(
    "other",
    [
        record("other-000002", "Sample household survey round 7"),
        record("other-000002", "Sample household survey 2023"),
        record("other-000002", "Sample household survey", holder="Another Sample Office"),
        record("other-000002", "Sample household survey", countries=("SDN",)),
        record("other-000002", "Sample household survey", countries=("SSD", "SDN", "TCD", "CAF", "ETH")),
        record("other-000002", "Sample household survey", period_start=date(2023, 1, 1), period_end=date(2023, 2, 1)),
        record("other-000002", "Sample household listing and survey of markets"),
    ],
    ids=("round", "year", "holder", "country", "part of a region", "period", "words"),
)
def test_what_speaks_against_it(other: DatasetRecord):
    one = record(title="Sample household survey", period_start=date(2024, 1, 1), period_end=date(2024, 6, 30))
    assert judged(one, record("other-000002", "Sample household survey")).same, "the others differ in one thing each"
    assert not judged(one, other).same


def test_rounds_are_apart_even_where_they_share_their_files():
    one = record(title="Sample survey round 6", files=(FILE,))
    found = judged(one, record("other-000002", "Sample survey round 7", files=(FILE,)))
    assert codes(found) == ["file-address", "file-name"]
    assert found.score == 0.5


def test_looks_from_above_need_a_day():
    def seen(remote_id: str, **period: Any) -> DatasetRecord:
        return record(remote_id, "Geodata of shelters at the sample crossing", **period)

    day = {"period_start": date(2024, 3, 1), "period_end": date(2024, 3, 1)}
    assert not judged(seen("sample-0000001"), seen("sample-0000002", **day)).same
    assert judged(seen("sample-0000001", **day), seen("sample-0000002", **day)).same


def test_file_names_count_with_alike_titles_only():
    one = record(title="Sample wells", files=("https://one.example.org/a/sample-wells-by-county.csv",))
    two = "https://two.example.org/b/sample-wells-by-county.csv"
    assert codes(judged(one, record("other-000002", "Sample wells listed", files=(two,)))) == ["file-name"]
    assert codes(judged(one, record("other-000002", "Something else", files=(two,)))) == []


def test_every_reason_has_words_of_its_own():
    one = record(files=(FILE,))
    for code in codes(judged(one, record("other-000002", files=(FILE,)))):
        assert SAID[code]
    assert len(set(SAID.values())) == len(SAID)
    assert "example" not in " ".join(SAID.values())


@pytest.mark.parametrize("url", ["", "no address", "https://example.org/", "http://[broken", "file.csv", "http://"])
def test_what_is_no_address_of_a_file_is_none(url: str):
    assert address(url) == ""


@pytest.mark.recorded
def test_figures_are_those_of_the_labelled_pairs(shared: Path):
    found = sameness.measure()
    committed = json.loads(SAMENESS.read_text(encoding="utf-8"))
    assert found["records"] > 29_000
    assert (found["halves"], found["agreement"]) == (committed["halves"], committed["agreement"])
    assert found["halves"]["second"]["precision"] >= 0.9
    assert found["halves"]["second"]["recall"] >= 0.75


def test_labels_hold_keys_and_nothing_else():
    rows = sameness.read("pairs")
    assert len(rows) >= 200
    assert {row["label"] for row in rows} == {"same", "version", "derived", "different"}
    assert not any(" " in row["first"] + row["second"] for row in rows)
    assert len(sameness.read("pairs_again")) == 50
