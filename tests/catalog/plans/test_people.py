"""What may be about persons is left out of what is kept. All names are invented."""

import pytest

from catalog.plans.people import People


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ask Dr. Jane Doe about access", "Ask Dr. [name withheld] about access"),
        ("Contact: Jane Doe (+249 912 345 678)", "Contact: [name withheld] ([telephone number withheld])"),
        ("Jane Doe, +249 912 345 678 knows", "[name withheld], [telephone number withheld] knows"),
        ("Jane Doe jane.doe@office.example", "[name withheld] [e-mail withheld]"),
        ("Focal point Amina Sample-Test will say", "Focal point [name withheld] will say"),
        ("M. Exemple le sait", "M. [name withheld] le sait"),
        ("السيد أحمد مثال", "السيد [name withheld]"),
        ("call 0912 345 678", "call [telephone number withheld]"),
        ("اتصل ٠٩١٢٣٤٥٦٧٨", "اتصل [telephone number withheld]"),
        ("seen at 12.34567, 45.67890", "seen at [coordinates withheld]"),
        ("Contact: Protection Cluster", "Contact: Protection Cluster"),
        ("write to im@office.example", "write to im@office.example"),
        ("Since 2024-2025, on 03.04.2026, in District One", "Since 2024-2025, on 03.04.2026, in District One"),
        ("Strips 5 m North of the road", "Strips 5 m North of the road"),
        ("كم عدد الأسر في القرية؟", "كم عدد الأسر في القرية؟"),
    ],
)
def test_a_text_without_what_tells_of_a_person(text: str, kept: str, people: People) -> None:
    assert people.without(text) == kept


@pytest.mark.parametrize(
    ("cell", "kept", "left"),
    [
        ("Protection Cluster; UNMAS", ("Protection Cluster", "UNMAS"), 0),
        ("Protection Cluster, Jane Doe / OCHA", ("Protection Cluster", "OCHA"), 1),
        ("John Sample (UNICEF)", ("UNICEF",), 1),
        ("John Sample UNICEF", ("UNICEF",), 1),
        ("Protection Cluster Coordinator Jane Doe", ("Protection Cluster Coordinator",), 1),
        ("Protection Cluster (Jane Doe)", ("Protection Cluster",), 1),
        ("OCHA South Sudan", ("OCHA South Sudan",), 0),
        ("Danish Refugee Council", ("Danish Refugee Council",), 0),
        ("Sample Relief Services", ("Sample Relief Services",), 0),
        ("National Mine Action Centre (NMAC)", ("National Mine Action Centre (NMAC)",), 0),
        ("im@office.example; jane.doe@office.example", ("im@office.example",), 1),
        ("مجموعة الحماية؛ أحمد مثال", ("مجموعة الحماية",), 1),
        ("Jane Doe", (), 1),
    ],
)
def test_of_a_list_of_recipients_what_reads_like_an_organisation(
    cell: str, kept: tuple[str, ...], left: int, people: People
) -> None:
    assert people.organisations(cell) == (kept, left)
