"""What will be collected as a calendar (RFC 5545) that people subscribe to: whole days, no alarms, nobody invited."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from unicodedata import category

from icalendar import Calendar, Event

from catalog.upcoming import Round

MEDIA_TYPE = "text/calendar; charset=utf-8"
MOST_TITLES = 20
"""Needs of a round that an event names."""
_DOMAIN = "landmark"


def calendar(rounds: Sequence[Round], today: date) -> bytes:
    """One event for the day on which each is expected, and one for the last day to add questions.

    An event's UID stays the same while its day changes. DTSTAMP is the day of the answer: with a method it says when
    the calendar was made, and when a record changed is not told.

    Args:
        rounds: As the reader may know them.
        today: The day of the answer.
    """
    made = Calendar()
    made.add("prodid", "-//Landmark//Upcoming data//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", "Landmark: upcoming data")
    made.add("refresh-interval", timedelta(days=1), parameters={"VALUE": "DURATION"})
    stamp = datetime.combine(today, time(), UTC)
    for one in rounds:
        called = _line(one.name or one.items[0]["title"])
        if one.questions_until:
            made.add_component(
                _event(one, "questions", one.questions_until, f"Last day to add questions: {called}", stamp)
            )
        if one.expected:
            made.add_component(_event(one, "expected", one.expected, f"Data expected: {called}", stamp))
    return bytes(made.to_ical())


def _event(one: Round, what: str, day: str, summary: str, stamp: datetime) -> Event:
    first = date.fromisoformat(day)
    event = Event()
    event.add("uid", f"{one.id}-{what}@{_DOMAIN}")
    event.add("dtstamp", stamp)
    event.add("dtstart", first)
    if first < date.max:
        # Without an end it is that one day (RFC 5545, 3.6.1).
        event.add("dtend", first + timedelta(days=1))
    event.add("summary", summary)
    event.add("description", _described(one))
    event.add("location", _line(", ".join(one.countries)))
    event.add("transp", "TRANSPARENT")
    return event


def _described(one: Round) -> str:
    titles = [f"- {_line(item['title'])}{' (urgent)' if item['urgent'] else ''}" for item in one.items[:MOST_TITLES]]
    left = len(one.items) - MOST_TITLES
    return "\n".join(
        [
            f"Collected by: {_line(', '.join(one.holders)) or 'not said'}",
            f"Where: {_line(', '.join(one.countries)) or 'not said'}",
            f"Ask: {_line(', '.join(one.contacts)) or 'see the page'}",
            *titles,
            *([f"and {left} more"] if left > 0 else []),
        ]
    )


def _line(text: str) -> str:
    """On one line, without signs that are not seen."""
    return " ".join("".join(" " if category(letter)[0] == "C" else letter for letter in text).split())
