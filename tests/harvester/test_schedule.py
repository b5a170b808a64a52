"""When sources run, and which schedules are refused."""

import pytest
from pydantic import ValidationError

from config.declarations import Source
from harvester.schedule import next_runs, trigger


def source(key: str, schedule: str) -> Source:
    return Source(key=key, kind="hdx", title="Sample", url="http://127.0.0.1:9", schedule=schedule)


def test_a_named_weekday_means_that_day() -> None:
    days = {
        key: moment.strftime("%A %H:%M")
        for key, moment in next_runs([source("a", "15 3 * * mon"), source("b", "0 4 * * sun")])
    }
    assert days == {"a": "Monday 03:15", "b": "Sunday 04:00"}


def test_the_soonest_comes_first_and_runs_are_apart_by_some_seconds() -> None:
    order = [key for key, _ in next_runs([source("yearly", "0 0 1 1 *"), source("often", "* * * * *")])]
    assert order == ["often", "yearly"]
    assert trigger(source("a", "0 4 * * *")).jitter == 120


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("15 3 * * 1", r'name the weekday \("mon", "tue-fri"\): the number in "1" means another day to cron'),
        ("61 3 * * *", r'"61 3 \* \* \*" is no schedule \(.*\); write one such as "15 3 \* \* mon"'),
        ("15 3 * *", r'a schedule has five fields, such as "15 3 \* \* mon"'),
    ],
)
def test_what_is_no_schedule_is_refused(schedule: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        source("a", schedule)
