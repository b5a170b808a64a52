"""Which act by whom brings a request from which state into which, and what time alone makes of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from catalog.requests.states import ANSWERS, MAY, OPEN, Note, Part, State, as_what, due, history, possible

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
UNTIL = date(2026, 4, 30)


def notes(*given: tuple[State, int]) -> list[Note]:
    """States noted so many days after the start."""
    return [
        Note(at, state, START + timedelta(days=days), Part.REQUESTER, "Desk")
        for at, (state, days) in enumerate(given, 1)
    ]


def stands(given: list[Note], days: float, until: date = UNTIL) -> list[tuple[str, str, bool]]:
    """What is told after so many days: state, day, and whether time made it."""
    told = history(given, until, 14, START + timedelta(days=days))
    return [(one.state.value, f"{one.at:%m-%d}", one.part is Part.TIME) for one in told]


def test_without_an_answer_time_notes_it_on_the_day_and_not_before():
    sent = notes((State.DRAFTED, 0), (State.SENT, 1))
    assert stands(sent, 14.9) == [("drafted", "03-01", False), ("sent", "03-02", False)]
    assert stands(sent, 15) == [("drafted", "03-01", False), ("sent", "03-02", False), ("no_answer", "03-16", True)]
    assert due(sent[-1], 14) == START + timedelta(days=15)
    assert due(sent[0], 14) is None, "nobody waits for an answer to a draft"


def test_a_late_answer_stands_after_the_line_that_none_had_come():
    late = notes((State.DRAFTED, 0), (State.SENT, 1), (State.ACKNOWLEDGED, 20), (State.GRANTED, 40))
    assert stands(late, 90) == [
        ("drafted", "03-01", False),
        ("sent", "03-02", False),
        ("no_answer", "03-16", True),
        ("acknowledged", "03-21", False),
        ("no_answer", "04-04", True),
        ("granted", "04-10", False),
    ], "what is granted stays so after its last day"


def test_a_request_ends_with_its_last_day_and_a_draft_too():
    assert stands(notes((State.DRAFTED, 0)), 61) == [("drafted", "03-01", False), ("expired", "05-01", True)]
    assert stands(notes((State.DRAFTED, 0)), 60) == [("drafted", "03-01", False)]
    sent = notes((State.DRAFTED, 0), (State.SENT, 1))
    assert [one[:2] for one in stands(sent, 90)] == [
        ("drafted", "03-01"), ("sent", "03-02"), ("no_answer", "03-16"), ("expired", "05-01"),
    ]  # fmt: skip
    assert [one[:2] for one in stands(sent, 90, date(2026, 3, 10))] == [
        ("drafted", "03-01"), ("sent", "03-02"), ("expired", "03-11"),
    ], "it was over before an answer was due"  # fmt: skip


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            Part.REQUESTER,
            {
                "drafted": "sent expired",
                "sent": "acknowledged granted partly refused expired",
                "acknowledged": "granted partly refused expired",
                "no_answer": "sent acknowledged granted partly refused expired",
                "granted": "",
                "partly": "",
                "refused": "",
                "expired": "",
            },
        ),
        (
            Part.OWNER,
            {
                "drafted": "",
                "sent": "acknowledged granted partly refused",
                "acknowledged": "granted partly refused",
                "no_answer": "acknowledged granted partly refused",
                "granted": "partly refused",
                "partly": "granted refused",
                "refused": "granted partly",
                "expired": "",
            },
        ),
        (
            Part.STEWARD,
            {
                "drafted": "sent expired",
                "sent": "acknowledged granted partly refused expired",
                "acknowledged": "granted partly refused expired",
                "no_answer": "sent acknowledged granted partly refused expired",
                "granted": "partly refused",
                "partly": "granted refused",
                "refused": "granted partly",
                "expired": "",
            },
        ),
    ],
)
def test_who_may_note_what(part: Part, expected: dict[str, str]):
    assert {state.value: " ".join(possible(state, {part})) for state in State} == expected


def test_nobody_notes_that_no_answer_came_and_time_nothing_else():
    assert all(State.NO_ANSWER not in may for may in MAY.values())
    assert all(Part.TIME not in parts for may in MAY.values() for parts in may.values())
    assert OPEN | ANSWERS | {State.EXPIRED} == set(State)


def test_of_their_own_request_somebody_notes_as_the_requester_if_that_is_enough():
    both = {Part.REQUESTER, Part.OWNER}
    assert as_what(State.SENT, State.GRANTED, both) is Part.REQUESTER
    assert as_what(State.GRANTED, State.PARTLY, both) is Part.OWNER
    assert as_what(State.GRANTED, State.PARTLY, {Part.REQUESTER}) is None
    assert as_what(State.DRAFTED, State.GRANTED, set(Part)) is None
