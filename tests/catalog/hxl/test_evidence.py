import pytest

from catalog.hxl.evidence import certainty, evidence


@pytest.mark.parametrize(
    ("origin", "rule", "confidence", "said"),
    [
        ("declared", "portal", 1.0, "The source's own metadata declare it."),
        ("declared", "file", 1.0, "It stands in the file."),
        (
            "declared",
            "file; header says otherwise",
            0.3,
            "It stands in the file, but the column's header says otherwise: do not rely on it.",
        ),
        ("declared", "portal, last seen 2026-11-20", 1.0, "The source declared it, last seen 2026-11-20."),
        ("mapped", "hxl 2014: #adm1_id", 1.0, "It is written #adm1_id there, as in HXL's draft of 2014."),
        (
            "inferred",
            "places",
            0.83,
            "Nobody declares it. The header says so by our rule places, 83 % certain.",
        ),
        ("curated", "", 1.0, "A person set it."),
    ],
)
def test_a_tag_says_what_it_rests_on(origin: str, rule: str, confidence: float, said: str) -> None:
    assert evidence({"tag": "#adm1+code", "origin": origin, "rule": rule, "confidence": confidence}) == said


def test_certainty_is_rounded_down() -> None:
    assert [certainty(one) for one in (1.0, 0.99, 0.58, 0.829)] == [
        "certain",
        "99 % certain",
        "58 % certain",
        "82 % certain",
    ]
