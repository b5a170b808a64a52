"""Days in all the guises of spreadsheets and people."""

from datetime import date, datetime

import pytest

from catalog.register.days import NoDay, day_of

FIFTH = date(2026, 3, 5)


@pytest.mark.parametrize(
    "given",
    [
        date(2026, 3, 5),
        datetime(2026, 3, 5, 13, 30),
        46086,
        46086.0,
        "46086",
        "2026-03-05",
        "2026-3-5",
        "2026/03/05",
        "2026-03-05 00:00:00",
        "2026-03-05T00:00:00Z",
        "05.03.2026",
        "5 March 2026",
        "March 5, 2026",
        "5 mars 2026",
        "5 de marzo de 2026",
        "5 de março de 2026",
        "5 березня 2026 р.",
        "5 марта 2026 года",
        "٥ مارس ٢٠٢٦",
        "٥ آذار ٢٠٢٦",
        "5-Mar-2026",
        "\u200e2026-03-05",
        46086.75,
        "46086.5",
        "20260305",
        "Thursday, March 5, 2026",
        "jeudi 5 mars 2026",
        "jueves, 5 de marzo de 2026",
        "четвер, 5 березня 2026 р.",
        "05.03.2026 р.",
        "05.03.2026 14:30:00",
        "2026-03-05 2:30 PM",
        "2026-03-05T14:30:00+02:00",
    ],
)
def test_one_day_in_many_guises(given: object) -> None:
    assert day_of(given) == FIFTH  # type: ignore[arg-type]


def test_a_workbook_may_count_from_1904() -> None:
    assert day_of(44624, from_1904=True) == FIFTH
    assert day_of(44624) == date(2022, 3, 4)


@pytest.mark.parametrize(
    ("given", "edge", "day"),
    [
        ("2026", "first", date(2026, 1, 1)),
        (2026, "last", date(2026, 12, 31)),
        ("2026-02", "last", date(2026, 2, 28)),
        ("03/2026", "first", date(2026, 3, 1)),
        ("février 2024", "last", date(2024, 2, 29)),
        ("1er mars 2026", "", date(2026, 3, 1)),
        ("13/05/2026", "", date(2026, 5, 13)),
        ("05/13/2026", "", date(2026, 5, 13)),
        ("05/05/2026", "", date(2026, 5, 5)),
    ],
)
def test_months_and_years_have_a_first_and_a_last_day(given: object, edge: str, day: date) -> None:
    assert day_of(given, edge=edge) == day  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "reason", "mend"),
    [
        ("03/04/2026", "it may be two days", "Write 2026-04-03 or 2026-03-04, whichever is meant."),
        ("5/3/26", "the year has two digits", "Write the year with four digits, as in 2026-03-05."),
        ("5-Mar-26", "the year has two digits", "Write the year with four digits, as in 2026-03-05."),
        ("20261305", "there is no such day", "Write the day as in 2026-03-05."),
        ("2026", "it does not say which day", "Write the day too, as in 2026-03-05."),
        ("31.02.2026", "there is no such day", "Write the day as in 2026-03-05."),
        ("soon", "it is no day that can be read", "Write the day as in 2026-03-05."),
        ("5 6 March 2026", "it is no day that can be read", "Write the day as in 2026-03-05."),
        (99999, "99999 is no day", "Write the day as in 2026-03-05."),
        (date(1066, 10, 14), "the year 1066 cannot be meant", "Write the day as in 2026-03-05."),
    ],
)
def test_what_may_be_two_days_or_none_is_asked_back(given: object, reason: str, mend: str) -> None:
    with pytest.raises(NoDay) as raised:
        day_of(given)  # type: ignore[arg-type]
    assert (str(raised.value), raised.value.mend) == (reason, mend)
