"""No disguise of a name makes another person of whoever has it."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.names import disguise, same_person

LOOKS = {
    "A": "ΑАᴀ", "B": "ΒВ", "C": "СϹ", "E": "ΕЕ", "H": "ΗН", "I": "ΙІ", "J": "Ј", "K": "ΚК", "M": "ΜМ", "N": "Ν",
    "O": "ΟОՕ", "P": "ΡР", "S": "Ѕ", "T": "ΤТ", "X": "ΧХ", "Y": "ΥҮ", "Z": "Ζ", "a": "аɑ", "c": "сϲ", "d": "ԁ",
    "e": "е", "h": "һհ", "i": "іι", "j": "јϳ", "l": "ӏ", "n": "ո", "o": "оοօ", "p": "рρ", "q": "ԛ", "s": "ѕ",
    "u": "սυ", "v": "νѵ", "w": "ԝω", "x": "хχ", "y": "уγ",
}  # fmt: skip
"""Letters that a reader takes for one another; written apart from the table that is tested."""
UNSEEN = "\u200b\u200d\u2060\u00ad\ufeff\u202e\u034f\u3164\u115f\ufe0f"
LETTERS = st.sampled_from(sorted({*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZé"}))
WORDS = st.lists(st.text(LETTERS, min_size=3, max_size=8), min_size=1, max_size=3)


@st.composite
def disguised(draw: st.DrawFn) -> tuple[str, str]:
    """A name, and the same one as somebody may write who wants to be another."""
    name = " ".join(draw(WORDS))
    letters = []
    for letter in name:
        shown = draw(st.sampled_from([letter, *LOOKS.get(letter, "")]))
        wide = chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter
        letters.append(draw(st.sampled_from([shown, shown, wide])))
        letters.append(draw(st.sampled_from(["", "", "", *UNSEEN])))
    form = draw(st.sampled_from(["NFC", "NFD"]))
    parts = normalize(form, "".join(letters)).split(" ")
    return name, draw(st.sampled_from([" ", "  ", "\u00a0", "-", " . "])).join(draw(st.permutations(parts)))


@given(disguised())
def test_whoever_disguises_their_name_is_the_same_person(names: tuple[str, str]) -> None:
    name, other = names
    assert same_person(name, other), (name, other)
    assert same_person(other, name)


@given(disguised(), st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_the_case_makes_no_other_person(names: tuple[str, str], written: "type[str.upper]") -> None:
    name, _ = names
    assert same_person(name, written(name))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("Amal M. Karim", True), ("Karim, Amal Mary", True), ("Mary Amal Karim", True), ("Amаl M. Kаrim", True),
        ("Amal M. Karimova", False), ("Mary Karim", False), ("Omar Sample", False),
    ],
)  # fmt: skip
def test_a_name_in_the_middle_makes_no_other_person(other: str, same: bool) -> None:
    assert (same_person("Amal Karim", other), same_person(other, "Amal Karim")) == (same, same)


@given(st.text(max_size=20), st.text(max_size=20))
def test_it_is_the_same_both_ways_and_to_oneself(one: str, other: str) -> None:
    assert same_person(one, one)
    assert same_person(one, other) == same_person(other, one)
    assert same_person(one, f"{one} (laptop)") or disguise(one) or not one.strip()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("\u041elena Sample", "has letters of several alphabets in one word (Cyrillic and Latin)"),
        ("Ol\u0395na", "has letters of several alphabets in one word (Greek and Latin)"),
        ("O\u0585lena", "has letters of several alphabets in one word (Armenian and Latin)"),
        ("\uff2f\u043blena", "has letters of several alphabets in one word (Cyrillic and Latin)"),
        ("O\u2060\u043b\u0435na", "has letters of several alphabets in one word (Cyrillic and Latin)"),
        ("Олена Sample", ""),
        ("Лук\u02bcян Коваль", ""),
        ("Sample-Олена", ""),
        ("山田みのる", ""),
        ("أمل كريم", ""),
        ("Ren\u00e9 O'Sample", ""),
        ("Rene\u0301 M\u00fcller", ""),
        (":", "has no letter that is seen"),
        ("\u3164", "has no letter that is seen"),
        ("", ""),
    ],
)
def test_a_word_of_several_alphabets_is_no_name(name: str, told: str) -> None:
    assert disguise(name) == told
