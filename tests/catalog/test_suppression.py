"""No figure that is left out can be had from those that are told."""

from itertools import combinations_with_replacement

from hypothesis import given
from hypothesis import strategies as st

from catalog.suppression import K, Told, told

CELLS = ("AAA", "BBB", "CCC", "DDD", "EEE")


@st.composite
def registers(draw: st.DrawFn) -> tuple[dict[str, set[int]], set[int]]:
    """Records, each in none, one or several cells."""
    places = st.sets(st.sampled_from(CELLS), max_size=3)
    held = draw(st.lists(places, max_size=60))
    return {name: {at for at, of in enumerate(held) if name in of} for name in CELLS}, set(range(len(held)))


@given(registers())
def test_nothing_under_five_is_told_nor_left_by_what_is_told(register: tuple[dict[str, set[int]], set[int]]) -> None:
    cells, whole = register
    found = told(cells, whole)
    assert all(len(cells[name]) >= K for name in found.cells)
    rest = whole.difference(*(cells[name] for name in found.cells))
    assert not found.whole or len(rest) >= K, "the total less all that is told"
    assert found.whole or not found.cells or len(rest) < K


@given(registers(), st.sampled_from(CELLS))
def test_a_small_cell_might_as_well_be_empty(register: tuple[dict[str, set[int]], set[int]], name: str) -> None:
    cells, whole = register
    if len(cells[name]) >= K:
        return
    found = told(cells, whole)
    assert name not in found.cells
    assert told({**cells, name: set()}, whole) == found, "the same is told of a register in which it is"


def test_who_subtracts_what_is_told_from_the_whole_is_left_with_many() -> None:
    """Every register of four countries without records in common; the reader knows that there are no others."""
    for sizes in combinations_with_replacement((0, 1, 2, 4, 5, 7), 4):
        start = [sum(sizes[:at]) for at in range(4)]
        cells = {name: range(start[at], start[at] + sizes[at]) for at, name in enumerate(CELLS[:4])}
        found = told(cells, range(sum(sizes)))
        left = [name for name in cells if name not in found.cells]
        if found.whole:
            assert sum(len(cells[name]) for name in left) >= K, sizes
            assert all(len(cells[name]) != sum(sizes) - sum(len(cells[one]) for one in found.cells) for name in left
                       if 0 < len(cells[name]) < K), sizes  # fmt: skip


def test_two_countries_with_the_same_few_records_are_not_counted_twice() -> None:
    cells = {"AAA": {1, 2, 3, 4}, "BBB": {1, 2, 3, 4}, "CCC": range(10, 20), "DDD": range(30, 50)}
    found = told(cells, {1, 2, 3, 4, *range(10, 20), *range(30, 50)})
    assert found == Told(frozenset({"DDD"}), True), "four are behind the first two: the next smallest goes with them"
    assert told(cells, {1, 2, 3, 4, 5, *range(10, 20), *range(30, 50)}) == Told(frozenset({"CCC", "DDD"}), True)


def test_little_is_told_of_little() -> None:
    assert told({"AAA": {1, 2}}, {1, 2, 3}) == Told(frozenset(), False)
    assert told({"AAA": set(range(5))}, range(5)) == Told(frozenset(), True)
    assert told({}, ()) == Told(frozenset(), False)
