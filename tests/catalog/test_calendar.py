"""The calendar of what will be collected: whatever a title says, it is RFC 5545 and says the same."""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from catalog.calendar import calendar
from catalog.upcoming import Round, rounds

TODAY = date(2026, 11, 22)
ID = "7c9e6679-7425-50de-944b-e07fc1f90ae7"
LONGEST_LINE = 75
"""Octets of a line, by the RFC."""


def item(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "title": "Sample: tents",
        "operation": "Sample operation",
        "round": "7",
        "expected": "2027-02-28",
        "questions_until": "2027-01-10",
        "countries": ["SDN"],
        "holders": ["Sample Office"],
        "access": {"contacts": ["im@office.example"], "address": "https://ask.example"},
        "urgent": False,
        **more,
    }


def test_a_round_is_two_days_in_the_calendar() -> None:
    body = calendar(rounds([item(), item(id="b", title="Sample: wells", urgent=True)]), TODAY)
    made = Calendar.from_ical(body)
    assert (str(made["version"]), str(made["method"]), str(made["prodid"])) == (
        "2.0",
        "PUBLISH",
        "-//Landmark//Upcoming data//EN",
    )
    questions, expected = made.walk("VEVENT")
    assert str(questions["summary"]) == "Last day to add questions: Sample operation, round 7"
    assert (questions.decoded("dtstart"), questions.decoded("dtend")) == (date(2027, 1, 10), date(2027, 1, 11))
    assert str(expected["summary"]) == "Data expected: Sample operation, round 7"
    assert (expected.decoded("dtstart"), expected.decoded("dtend")) == (date(2027, 2, 28), date(2027, 3, 1))
    assert expected.decoded("dtstamp") == datetime.fromisoformat("2026-11-22T00:00:00+00:00")
    assert str(expected["location"]) == "Sudan"
    assert str(expected["description"]).split("\n") == [
        "Collected by: Sample Office",
        "Where: Sudan",
        "Ask: im@office.example, https://ask.example",
        "- Sample: tents",
        "- Sample: wells (urgent)",
    ]
    assert (questions["uid"], expected["uid"]) == tuple(
        f"d959be90-f20e-5ed7-bbbc-872f247cf538-{what}@landmark" for what in ("questions", "expected")
    )


def test_an_event_keeps_its_uid_while_its_day_and_needs_change() -> None:
    def uids(*items: dict[str, Any]) -> list[str]:
        return [str(event["uid"]) for event in Calendar.from_ical(calendar(rounds(items), TODAY)).walk("VEVENT")]

    before = uids(item())
    later = {"expected": "2027-05-01", "questions_until": "2027-04-01"}
    assert uids(item(title="Sample: other", id="c", **later)) == before
    assert set(uids(item(round="8"))).isdisjoint(before)
    holding = uids(item(operation="", round="", questions_until=None))
    assert holding == [f"{ID}-expected@landmark"]


@pytest.mark.parametrize("left", [0, 3])
def test_a_long_round_names_its_first_needs(left: int) -> None:
    items = [item(id=str(number), title=f"Sample: need {number:02}") for number in range(20 + left)]
    told = str(Calendar.from_ical(calendar(rounds(items), TODAY)).walk("VEVENT")[0]["description"]).split("\n")
    assert told[3:] == [f"- Sample: need {number:02}" for number in range(20)] + ([f"and {left} more"] if left else [])


TEXT = st.text(max_size=200) | st.sampled_from(
    ["a\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR", "x;y,z\\n:\"'", "نقل " * 60, "𝔖" * 90, "\u2028\u0085\x00\x0b", "=1+1"]
)


@given(title=TEXT, operation=TEXT, holder=TEXT)
def test_whatever_is_said_every_line_is_short_and_the_calendar_says_it_again(
    title: str, operation: str, holder: str
) -> None:
    found = rounds([item(title=title, operation=operation, holders=[holder])])
    body = calendar(found, TODAY)
    lines = body.split(b"\r\n")
    assert (lines[0], lines[-2:], lines.count(b"BEGIN:VCALENDAR")) == (b"BEGIN:VCALENDAR", [b"END:VCALENDAR", b""], 1)
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 2
    assert max(map(len, lines)) <= LONGEST_LINE
    assert not any(re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line) for line in lines)
    for line in lines:
        line.decode("utf-8")
    events = Calendar.from_ical(body).walk("VEVENT")
    assert len(events) == 2
    plain = " ".join("".join(" " if _unseen(letter) else letter for letter in holder).split())
    assert str(events[0]["description"]).split("\n")[0] == f"Collected by: {plain or 'not said'}"


def _unseen(letter: str) -> bool:
    return unicodedata.category(letter)[0] == "C"


def test_nothing_to_come_is_a_calendar_without_events() -> None:
    made = Calendar.from_ical(calendar([], TODAY))
    assert made.walk("VEVENT") == []
    assert rounds([]) == []
    assert isinstance(rounds([item()])[0], Round)


def test_the_last_day_that_there_is_breaks_no_calendar() -> None:
    (event,) = Calendar.from_ical(calendar(rounds([item(expected="9999-12-31", questions_until=None)]), TODAY)).walk(
        "VEVENT"
    )
    assert event.decoded("dtstart") == date(9999, 12, 31)
    assert "dtend" not in event, "a day without an end is that day"
