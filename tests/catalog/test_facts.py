"""Facts of a portal that have no field of their own: told as other details are, and not where they would tell more."""

from dataclasses import replace

import pytest

from api.pages.words import detail
from catalog.assess import Assessor
from catalog.records import DatasetRecord, LocationRecord
from catalog.vocabulary import Audience, Level
from tests.catalog.test_disclosure import RECORD, rendered, said

TOLD = [{"name": "component", "value": "Tracking by Sample Relief Works"}, {"name": "rounds", "value": "1 to 14"}]
FACTS = {"component": "Tracking by Sample Relief Works", "rounds": "1 to 14"}
UNTOLD = {"num_of_rows": "37", "dataset_source": "Sample Relief Works"}


@pytest.fixture(scope="module")
def judge(assessor: Assessor) -> Assessor:
    return Assessor(replace(assessor.rules, sensitivity=(), digest="sample"))


def record(**facts: str) -> DatasetRecord:
    return replace(RECORD, locations=(LocationRecord("UKR"),), extra=FACTS | UNTOLD | facts)


def test_facts_are_told_but_those_that_are_told_otherwise(judge: Assessor) -> None:
    made = rendered(judge, said(Level.MODERATE), record=record())
    assert made[Audience.PUBLIC]["facts"] == TOLD
    assert made[Audience.FULL]["facts"] == TOLD


def test_a_fact_that_tells_of_columns_goes_with_them(judge: Assessor) -> None:
    told = replace(record(layers="Victims; Homes"), locations=(LocationRecord("SSD"),))
    public = rendered(judge, said(Level.SEVERE, "portal"), record=told)[Audience.PUBLIC]
    assert [fact["name"] for fact in public["facts"]] == ["component", "rounds"]
    assert "Victims" not in str(public)


def test_facts_go_with_the_other_details(judge: Assessor) -> None:
    made = rendered(judge, said(Level.SEVERE), record=record())
    assert (made[Audience.PUBLIC]["facts"], made[Audience.FULL]["facts"]) == ([], TOLD)


def test_a_holder_who_is_not_named_is_not_named_in_facts(judge: Assessor) -> None:
    made = rendered(judge, said(Level.HIGH), record=record())
    told = made[Audience.PUBLIC]["facts"]
    assert [fact for fact in told if "Relief Works" in fact["value"]] == []


def test_a_persons_number_in_a_fact_is_masked_and_asks_for_attention(judge: Assessor) -> None:
    made = rendered(judge, said(Level.LOW_NO), record=record(desk="call +380 44 123 45 67"))
    (desk,) = [fact for fact in made[Audience.PUBLIC]["facts"] if fact["name"] == "desk"]
    assert "123 45 67" not in desk["value"]
    assert "facts" in [entry["field"] for entry in made[Audience.FULL]["attention"]]


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([], ""),
        ([(None, None)], ""),
        ([(0, None)], "by country"),
        ([(1, True), (2, True)], "down to admin 2, with p-codes"),
        ([(3, False)], "down to admin 3, without p-codes"),
        ([(None, True), (None, False)], ""),
    ],
)
def test_how_far_down_the_data_goes_in_words(places: list[tuple[int | None, bool | None]], told: str) -> None:
    assert detail([{"admin_level": level, "p_coded": coded} for level, coded in places]) == told
