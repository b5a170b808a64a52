"""Figures of requests: exact of what the reader sees; of others nothing that tells of fewer than five."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.requests.outcomes import ALL, Figures, Outcome, figures
from catalog.requests.states import State

SSD, YEM = frozenset({"SSD"}), frozenset({"YEM"})


def some(count: int, countries: frozenset[str], state: State, *days: float, seen: bool = False) -> list[Outcome]:
    return [Outcome(countries, state, days[at] if at < len(days) else None, seen) for at in range(count)]


def test_what_the_reader_sees_is_counted_exactly_and_others_are_told_from_five_on():
    found = [
        *some(2, SSD, State.GRANTED, 4, 10, seen=True),
        *some(6, SSD, State.GRANTED, 1, 2, 3, 30, 31, 32),
        *some(4, SSD, State.REFUSED, 1, 1, 1, 1),
        *some(7, YEM, State.REFUSED),
        *some(5, YEM, State.GRANTED),
        *some(1, YEM, State.SENT, seen=True),
    ]
    assert figures(found) == [
        Figures(ALL, 3, {State.SENT: 1, State.GRANTED: 2}, 7.0, 25, {State.REFUSED: 11}, 2.5),
        Figures("SSD", 2, {State.GRANTED: 2}, 7.0, None, {State.GRANTED: 8}, 2.5),
        Figures("YEM", 1, {State.SENT: 1}, None, None, {}, None),
    ]


def test_a_country_of_which_nothing_is_told_is_not_named():
    rows = figures([*some(4, YEM, State.GRANTED, 1, 1, 1, 1), *some(9, SSD, State.GRANTED)])
    assert [(row.iso3, row.all_requests, row.all_states) for row in rows] == [(ALL, 13, {})]
    assert figures([]) == [Figures(ALL, 0, {}, None, None, {}, None)]


STATES = (State.GRANTED, State.REFUSED, State.SENT)
PLACES = st.sets(st.sampled_from(("SSD", "YEM", "COL")), max_size=2).map(frozenset)
REQUESTS = st.lists(st.builds(Outcome, PLACES, st.sampled_from(STATES), st.none(), st.booleans()), max_size=50)


@given(REQUESTS)
def test_no_figure_and_no_difference_of_figures_is_of_one_to_four_others(found: list[Outcome]):
    rows = {row.iso3: row for row in figures(found)}
    others = [one for one in found if not one.seen]
    whole = rows.pop(ALL)
    left = list(others)
    for iso3, row in rows.items():
        for state in row.all_states:
            behind = [one for one in others if one.state is state and iso3 in one.countries]
            assert len(behind) >= 5
            left = [one for one in left if one.state is not state or iso3 not in one.countries]
    for state in whole.all_states:
        of_state = [one for one in others if one.state is state]
        told = {iso3 for iso3, row in rows.items() if state in row.all_states}
        assert len(of_state) >= 5
        assert len([one for one in of_state if told.isdisjoint(one.countries)]) >= 5, "the total less its countries"
        left = [one for one in left if one.state is not state]
    assert whole.all_requests is None or len(left) >= 5, "the number of all less everything that is told"
    own = [one for one in found if one.seen]
    assert (whole.requests, sum(whole.states.values())) == (len(own), len(own))
