"""Dates as portals write them: whatever has one reading is read, and nothing else."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.records import ReadingNote
from harvester.reading.dates import DayOrder, Period, between, day, epoch, moment, period
from harvester.reading.fields import Fields
from harvester.reading.months import MONTHS

DAY_FIRST, MONTH_FIRST = DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("16 March 2026", datetime(2026, 3, 16, tzinfo=UTC)),
        ("1er août 2025", datetime(2025, 8, 1, tzinfo=UTC)),
        ("16 de marzo de 2026", datetime(2026, 3, 16, tzinfo=UTC)),
        ("16 березня 2026", datetime(2026, 3, 16, tzinfo=UTC)),
        ("16 мая 2026", datetime(2026, 5, 16, tzinfo=UTC)),
        ("16 كانون الثاني 2026", datetime(2026, 1, 16, tzinfo=UTC)),
        ("١٦ مارس ٢٠٢٦", datetime(2026, 3, 16, tzinfo=UTC)),
        ("March 16, 2026", datetime(2026, 3, 16, tzinfo=UTC)),
        ("Jun 18 2026", datetime(2026, 6, 18, tzinfo=UTC)),
        ("Dec-05-2019", datetime(2019, 12, 5, tzinfo=UTC)),
        ("Sunday, 16 March 2026", datetime(2026, 3, 16, tzinfo=UTC)),
        ("Mon, 10 Aug 2026 17:47:08 GMT", datetime(2026, 8, 10, 17, 47, 8, tzinfo=UTC)),
        ("Mon, 10 Aug 2026 17:47:08 +0200", datetime(2026, 8, 10, 15, 47, 8, tzinfo=UTC)),
        ("2011-11-19 12:00:00 UTC", datetime(2011, 11, 19, 12, tzinfo=UTC)),
        ("2026-07-25T10:00:00.1234567Z", datetime(2026, 7, 25, 10, 0, 0, 123456, tzinfo=UTC)),
        ("/Date(1496748288000+0200)/", datetime(2017, 6, 6, 11, 24, 48, tzinfo=UTC)),
        ("31/12/2020", datetime(2020, 12, 31, tzinfo=UTC)),
        ("12/31/2020", datetime(2020, 12, 31, tzinfo=UTC)),
        ("5/5/2020", datetime(2020, 5, 5, tzinfo=UTC)),
        ("2022-04", datetime(2022, 4, 1, tzinfo=UTC)),
        ("Apr2022", datetime(2022, 4, 1, tzinfo=UTC)),
        ("abril de 2022", datetime(2022, 4, 1, tzinfo=UTC)),
        ("2024 Q3", datetime(2024, 7, 1, tzinfo=UTC)),
    ],
)
def test_moments(written: str, read: datetime) -> None:
    assert moment(written) == read


@pytest.mark.parametrize(
    ("written", "order", "read"),
    [
        ("04/05/2019", DAY_FIRST, date(2019, 5, 4)),
        ("04/05/2019", MONTH_FIRST, date(2019, 4, 5)),
        ("4.5.2019", DAY_FIRST, date(2019, 5, 4)),
        ("mar, 10/12/2019 - 09:23", DAY_FIRST, date(2019, 12, 10)),
        ("Date changed  jeu, 19/12/2019 - 03:00", DAY_FIRST, date(2019, 12, 19)),
        ("16 March 2026", MONTH_FIRST, date(2026, 3, 16)),
        ("2019-04-05", DAY_FIRST, date(2019, 4, 5)),
    ],
)
def test_the_portal_declares_what_comes_first(written: str, order: DayOrder, read: date) -> None:
    assert day(written, order) == read


@pytest.mark.parametrize(
    ("written", "order"),
    [("04/05/2019", None), ("15/01/2025", MONTH_FIRST), ("01/15/2025", DAY_FIRST), ("31/02/2020", None)],
)
def test_no_order_is_guessed(written: str, order: DayOrder | None) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(written, order)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("8 March 2026 - 11 March 2026", date(2026, 3, 8), date(2026, 3, 11)),
        ("8 - 11 March 2026", date(2026, 3, 8), date(2026, 3, 11)),
        ("28 February – 3 March 2026", date(2026, 2, 28), date(2026, 3, 3)),
        ("March - April 2026", date(2026, 3, 1), date(2026, 4, 30)),
        ("May 2020 to June 2021", date(2020, 5, 1), date(2021, 6, 30)),
        ("2020-2021", date(2020, 1, 1), date(2021, 12, 31)),
        ("2022-04", date(2022, 4, 1), date(2022, 4, 30)),
        ("Feb 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("Q4 2024", date(2024, 10, 1), date(2024, 12, 31)),
        ("2020-01-01/P1Y", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020-01-31/P1M", date(2020, 1, 31), date(2020, 2, 28)),
        ("2004-11-03T00:00:00+01:00\n  /\n  2005-03-30", date(2004, 11, 2), date(2005, 3, 30)),
    ],
)
def test_periods(written: str, start: date, end: date) -> None:
    assert period(written) == Period(start, end)


@pytest.mark.parametrize("written", ["2019 - present", "2019/..", "[2019-01-01T00:00:00 TO *]"])
def test_open_periods(written: str) -> None:
    assert period(written) == Period(date(2019, 1, 1), None, open=True)


@pytest.mark.parametrize("written", ["R/P1M", "2021-2020", "March", "- 2020 -", "9999-12-31/P1Y", "None,"])
def test_what_is_no_period(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        period(written)


def test_two_fields_are_a_period_to_the_end_of_the_second() -> None:
    assert between("2022-04", "May 2022") == Period(date(2022, 4, 1), date(2022, 5, 31))
    assert between("", "2022") == Period(None, date(2022, 12, 31))
    assert between("2022", None) == Period(date(2022, 1, 1), None)
    assert between(None, "") is None
    with pytest.raises(ValueError, match="ends before it begins"):
        between("2022", "2021")


@given(st.one_of(st.integers(-(10**18), 10**18), st.floats(), st.text(max_size=20)), st.sampled_from(["s", "ms"]))
def test_counts_since_1970(count: object, unit: str) -> None:
    try:
        read = epoch(count, unit)  # type: ignore[arg-type] - one of the two
    except ValueError:
        return
    assert read is None or read.tzinfo is UTC


def test_a_count_is_what_the_portal_says_it_is() -> None:
    assert epoch(1_496_748_288_000, "ms") == epoch("1496748288", "s") == datetime(2017, 6, 6, 11, 24, 48, tzinfo=UTC)
    assert epoch("", "s") is epoch(None, "ms") is None
    with pytest.raises(ValueError, match="was expected"):
        epoch(value=True, unit="s")


@given(
    DAYS, st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%b-%d-%Y", "%d %b %Y", "%a, %d %b %Y %H:%M:%S GMT"])
)
def test_every_day_in_every_form(one: date, form: str) -> None:
    assert day(one.strftime(form)) == one
    assert period(one.strftime(form)) == Period(one, one)


@given(DAYS, st.sampled_from(sorted(MONTHS)))
def test_every_name_of_a_month(one: date, name: str) -> None:
    assert moment(f"1 {name} {one.year}") == datetime(one.year, MONTHS[name], 1, tzinfo=UTC)


@given(DAYS, st.integers(0, 5000), st.sampled_from(["/", " - ", " – ", " to "]))
def test_every_span_of_days(start: date, length: int, sign: str) -> None:
    end = start + timedelta(days=length)
    assert period(f"{start}{sign}{end}") == Period(start, end)


@given(DAYS)
def test_both_orders_of_every_day(one: date) -> None:
    assert day(f"{one.day}/{one.month}/{one.year}", DAY_FIRST) == one
    assert day(f"{one.month}/{one.day}/{one.year}", MONTH_FIRST) == one


@given(
    st.one_of(
        st.text(max_size=120),
        st.text(st.sampled_from("0123456789/-. :,TZPYMDWQ*[]()+marchjanto"), max_size=40),
        st.none() | st.booleans() | st.integers() | st.lists(st.text(max_size=5), max_size=2),
    ),
    st.sampled_from([None, *DayOrder]),
)
def test_anything_else_is_a_value_error(written: object, order: DayOrder | None) -> None:
    for read in (moment, day, period):
        with suppress(ValueError):
            read(written, order)


def test_fields_note_what_they_cannot_read() -> None:
    fields = Fields({"made": 1_496_748_288_000, "at": "04/05/2019", "from": "2022", "to": "2021", "when": "soon"})
    assert fields.epoch("made") == datetime(2017, 6, 6, 11, 24, 48, tzinfo=UTC)
    assert fields.moment("at", MONTH_FIRST) == datetime(2019, 4, 5, tzinfo=UTC)
    assert (fields.moment("at"), fields.epoch("when"), fields.between("from", "to")) == (None, None, Period(None, None))
    assert fields.notes == [
        ReadingNote("date-unreadable", "at", 'no date: "04/05/2019"'),
        ReadingNote("date-unreadable", "when", 'no time since 1970: "soon"'),
        ReadingNote("date-unreadable", "from", 'no reference period: "2022" to "2021"'),
    ]
