"""How far a need is met: each criterion, each state, and the words that say why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from catalog.freshness import freshness
from catalog.needs.held import WORLD, Held
from catalog.needs.judging import (
    NOTHING_LISTED,
    RULES,
    WORLD_ONLY,
    State,
    Verdict,
    judge,
    weigh,
)
from catalog.needs.ways import Counts
from config.needs import MetBy, Need

TODAY = date(2026, 6, 1)
CHANGED = datetime(2026, 5, 20, tzinfo=UTC)
ASKED = MetBy.model_validate(
    {
        "any": [{"about": ["displacement"]}],
        "admin_level": 2,
        "newest_within": 12,
        "kept_up": True,
        "disaggregation": ["sex"],
        "access": ["open", "on_request"],
    }
)
NEED = Need.model_validate(
    {
        "id": "sample", "theme": "displacement", "question": {"en": "Sample?"}, "why": "Sample.",
        "decisions": ["coordinate"], "met_by": ASKED.model_dump(by_alias=True),
    }
)  # fmt: skip
GOOD = Held(
    number=1, id="one", countries=("SSD",), levels={"SSD": 2}, told_by="portal", geographic=False,
    start=date(2026, 1, 1), end=date(2026, 4, 30), open=False, modified=CHANGED.date(), frequency=30,
    fresh=freshness(CHANGED, None, 30), data=True, splits=frozenset({"sex"}), columns=True, modality="open",
    planned=False, asking=False, counts={"sample": Counts("", ("title: displaced",))},
)  # fmt: skip
YES = {
    "subject": ("yes", "It is on the subject."),
    "places": ("yes", "It goes down to admin 2."),
    "recent": ("yes", "It reaches to 2026-04-30."),
    "kept up": ("yes", "It is updated every month."),
    "sex": ("yes", "It tells people apart by sex."),
    "form": ("yes", "It is base data."),
    "access": ("yes", "It can be had: open."),
}
OLD = datetime(2026, 1, 1, tzinfo=UTC)


def ticked(record: Held) -> dict[str, tuple[str, str]]:
    return {tick.criterion: (tick.answer, tick.words) for tick in weigh("sample", ASKED, "SSD", record, TODAY).ticks}


def judged(*records: Held, **more: Any) -> Any:
    return judge("sample", NEED, "SSD", records, TODAY, **more)


def test_what_meets_every_criterion_meets_the_need():
    assert ticked(GOOD) == YES
    found = judged(GOOD)
    assert (found.state, found.rule, found.missing) == (State.MET, "A dataset meets every criterion.", ())


@pytest.mark.parametrize(
    ("changes", "criterion", "answer", "words", "verdict"),
    [
        ({"levels": {"SSD": 0}}, "places", "no", "It goes down to the country only; admin 2 is asked.", "falls short"),
        ({"levels": {"SSD": 1}}, "places", "no", "It goes down to admin 1 only; admin 2 is asked.", "falls short"),
        ({"levels": {}}, "places", "not said",
         "How finely it tells places apart is not said; admin 2 is asked.", "does not say enough"),
        ({"levels": {}, "geographic": True}, "places", "not said",
         "How finely it tells places apart is not said; admin 2 is asked.", "does not say enough"),
        ({"end": date(2024, 12, 31)}, "recent", "no",
         "It ends on 2024-12-31, 17 months ago; at most 12 months ago is asked.", "falls short"),
        ({"end": date(2019, 12, 31)}, "recent", "no",
         "It ends on 2019-12-31, 6 years ago; at most 12 months ago is asked.", "tells of the past"),
        ({"end": None}, "recent", "not said",
         "What time it is about is not said; at most 12 months ago is asked.", "does not say enough"),
        # What goes on reaches no further than it was changed.
        ({"end": None, "open": True, "modified": date(2024, 12, 31)}, "recent", "no",
         "It ends on 2024-12-31, 17 months ago; at most 12 months ago is asked.", "falls short"),
        ({"frequency": None, "fresh": freshness(CHANGED, None, None)}, "kept up", "not said",
         "How often it is updated is not said, so it is never taken for fresh.", "does not say enough"),
        ({"frequency": -2, "fresh": freshness(CHANGED, None, -2)}, "kept up", "not said",
         "It is updated as needed, which promises nothing.", "does not say enough"),
        ({"frequency": -1, "fresh": freshness(CHANGED, None, -1)}, "kept up", "no", "It is never updated.",
         "falls short"),
        ({"fresh": freshness(OLD, None, 30)}, "kept up", "no", "Its update is overdue since 2026-02-14.",
         "falls short"),
        ({"splits": frozenset()}, "sex", "no", "Its known columns do not tell people apart by sex.", "falls short"),
        ({"splits": frozenset(), "columns": False}, "sex", "not said",
         "Whether it tells people apart by sex is not said.", "does not say enough"),
        ({"data": False}, "form", "no", "Only a report is listed; base data is asked.", "falls short"),
        ({"data": None}, "form", "not said", "Whether there is base data behind it is not said.",
         "does not say enough"),
        ({"modality": "unknown"}, "access", "not said", "How it can be had is not said.", "does not say enough"),
        ({"modality": "not_shared"}, "access", "no", "It can be had only so: not shared.", "restricted"),
        ({"counts": {"sample": Counts("It counts all people.", ())}}, "subject", "no", "It counts all people.",
         "falls short"),
    ],
)  # fmt: skip
def test_a_criterion_that_is_not_ticked_says_why(
    changes: dict[str, Any], criterion: str, answer: str, words: str, verdict: str
):
    record = replace(GOOD, **changes)
    assert ticked(record) == YES | {criterion: (answer, words)}
    assert weigh("sample", ASKED, "SSD", record, TODAY).verdict == verdict


def test_of_things_that_have_a_place_a_geographic_file_tells_places_apart():
    asked = ASKED.model_copy(update={"of_places": True})
    record = replace(GOOD, levels={}, geographic=True)
    tick = next(one for one in weigh("sample", asked, "SSD", record, TODAY).ticks if one.criterion == "places")
    assert (tick.answer, tick.words) == ("yes", "It has a geographic file, so each thing has its place.")


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ([], State.GAP),
        ([replace(GOOD, levels={"SSD": 0})], State.PARTLY),
        ([replace(GOOD, frequency=None, fresh=freshness(None, None, None))], State.UNKNOWN),
        ([replace(GOOD, modality="not_shared")], State.RESTRICTED),
        ([replace(GOOD, asking=True, levels={}, end=None, data=None)], State.RESTRICTED),
        ([replace(GOOD, start=date(2026, 7, 1), end=date(2026, 9, 1))], State.PLANNED),
        ([replace(GOOD, planned=True)], State.PLANNED),
        ([replace(GOOD, planned=True, asking=True)], State.PLANNED),
        ([replace(GOOD, end=date(2015, 1, 1))], State.GAP),
        # Best first: met, partly, held but restricted, planned, unknown.
        ([replace(GOOD, number=2, modality="not_shared"), GOOD], State.MET),
        ([replace(GOOD, number=2, modality="not_shared"), replace(GOOD, levels={"SSD": 0})], State.PARTLY),
        ([replace(GOOD, number=2, modality="not_shared"), replace(GOOD, levels={})], State.RESTRICTED),
    ],
)
def test_the_dataset_that_comes_nearest_decides(records: list[Held], state: State):
    found = judged(*records)
    assert (found.state, found.rule) == (state, RULES[state])


def test_what_falls_short_of_more_than_access_is_not_only_restricted():
    record = replace(GOOD, modality="not_shared", end=date(2024, 12, 31))
    found = judged(record)
    assert found.state is State.PARTLY
    assert found.missing == (
        "It ends on 2024-12-31, 17 months ago; at most 12 months ago is asked.",
        "It can be had only so: not shared.",
    )


def test_a_gap_says_what_a_dataset_would_have_to_be():
    assert judged().missing == (
        "A dataset on the subject.",
        "It tells places apart down to admin 2.",
        "What it is about ended at most 12 months ago.",
        "It is updated at a promised pace, and is not overdue.",
        "People are told apart by sex.",
        "It is base data, not only a report.",
        "It can be had: open, on request.",
    )


def test_nothing_listed_is_not_a_gap_and_the_world_is_no_country():
    assert (judged(known=False).state, judged(known=False).rule) == (State.UNKNOWN, NOTHING_LISTED)
    world = replace(GOOD, countries=(WORLD,))
    found = judged(world=(world,))
    assert (found.state, found.rule, found.world) == (State.UNKNOWN, WORLD_ONLY, (world,))


def test_what_does_not_apply_is_not_judged():
    found = judged(GOOD, not_applicable="None has ever been found there.")
    assert (found.state, found.rule, found.datasets) == (State.NOT_APPLICABLE, "None has ever been found there.", ())


def test_a_copy_on_two_portals_counts_once_by_the_one_that_comes_nearest():
    far, near, other = (
        replace(GOOD, number=1, id="far", data=None),
        replace(GOOD, number=2, id="near"),
        replace(GOOD, number=3, id="other"),
    )
    found = judged(far, near, other, copies={1: 1, 2: 1})
    assert [(one.held.id, one.also) for one in found.datasets] == [("near", ("far",)), ("other", ())]


def test_a_state_changes_with_the_day_alone():
    later = TODAY + timedelta(days=365)
    assert judge("sample", NEED, "SSD", [GOOD], TODAY).state is State.MET
    assert judge("sample", NEED, "SSD", [GOOD], later).state is State.PARTLY
    assert weigh("sample", ASKED, "SSD", GOOD, later).verdict is Verdict.FALLS_SHORT
