"""What free text of a request must not carry, and what it may."""

import pytest

from catalog.requests.texts import clean

NAME, PHONE, MAIL, PLACE = "a person's name", "a telephone number", "an e-mail address", "coordinates"


@pytest.mark.parametrize(
    ("given", "kept", "found"),
    [
        ("Planning with Dr. Mona Sample.", "Planning with [name withheld].", (NAME,)),
        ("Prof. Dr. A. B. Sample and Mrs Exemple-Sample agreed", "[name withheld] and [name withheld] agreed", (NAME,)),
        ("Pour M. Dupont et Mme Claire de la Tour : plan", "Pour [name withheld] et [name withheld] : plan", (NAME,)),
        ("Sra. María Ejemplo Muestra", "[name withheld]", (NAME,)),
        ("для пані Олени Зразкової", "для [name withheld]", (NAME,)),
        ("السيدة منى عينة", "[name withheld]", (NAME,)),
        (
            "Call +249 912 345 678 or jane.doe@x.example",
            "Call [telephone number withheld] or [e-mail withheld]",
            (MAIL, PHONE),
        ),
        ("near 12.34567, 33.45678", "near [coordinates withheld]", (PLACE,)),
        (
            "info@relief.example; 1.5 M people in General Assembly",
            "info@relief.example; 1.5 M people in General Assembly",
            (),
        ),
        (" two\nlines\x1b[2J\u202e\ttabs \x00", "two lines [2J tabs", ()),
        ("", "", ()),
    ],
)
def test_what_is_kept(given: str, kept: str, found: tuple[str, ...]):
    assert clean(given) == (kept, found)
    assert clean(kept) == (kept, ()), "what was taken out once is not found again"
