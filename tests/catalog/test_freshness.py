"""HDX's freshness table, day by day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from catalog.freshness import DAYS, Freshness, freshness, in_words, state

MODIFIED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("frequency", sorted(DAYS))
def test_each_state_begins_on_its_day(frequency: int) -> None:
    due, overdue, delinquent = DAYS[frequency]
    judged = freshness(MODIFIED, None, frequency)
    states = [
        state(judged, MODIFIED.date() + timedelta(days=days))
        for days in (0, due - 1, due, overdue - 1, overdue, delinquent - 1, delinquent)
    ]
    assert states == ["fresh", "fresh", "due", "due", "overdue", "overdue", "delinquent"]


@pytest.mark.parametrize("frequency", [0, -1, -2])
def test_live_never_and_as_needed_are_always_fresh(frequency: int) -> None:
    assert freshness(MODIFIED, None, frequency) == Freshness(always_fresh=True)
    assert state(freshness(None, None, frequency), date(2040, 1, 1)) == "fresh"


@pytest.mark.parametrize(("modified", "frequency"), [(MODIFIED, None), (None, 30), (MODIFIED, -7)])
def test_what_nobody_promised_is_unknown_and_never_fresh(modified: datetime | None, frequency: int | None) -> None:
    assert state(freshness(modified, None, frequency), date(2026, 1, 2)) == "unknown"


def test_a_review_counts_as_an_update() -> None:
    assert freshness(MODIFIED, datetime(2026, 3, 1, tzinfo=UTC), 30).due == datetime(2026, 3, 31, tzinfo=UTC)


def test_a_frequency_outside_the_table_is_judged_by_the_next_shorter_one() -> None:
    assert freshness(MODIFIED, None, 45) == freshness(MODIFIED, None, 30)
    assert (in_words(45), in_words(90), in_words(None)) == ("every 45 days", "every three months", "not said")


def test_a_date_near_the_end_of_time_is_unknown() -> None:
    assert freshness(datetime(9999, 12, 1, tzinfo=UTC), None, 365) == Freshness()
