"""The judged questions pass their bars over the recorded and sample corpus; see ``tests/relevance/README.md``."""

from pathlib import Path

import pytest

from tests.bench.relevance import agreement, held_out, judgements, languages, measure, questions
from tests.relevance.corpus import documents
from tests.relevance.engines import Fts5, Landmark, Plain

CLEARLY = 0.15
"""How far ahead of the better of the two others: in nDCG and in recall, for each language and held out."""


@pytest.mark.recorded
def test_each_language_is_clearly_ahead_of_plain_engines(shared: Path, tmp_path: Path) -> None:
    assert (shared / "portals").is_dir()
    corpus = documents(tmp_path / "sample")
    found = measure(corpus, (Landmark(corpus, tmp_path), Fts5(corpus), Plain(corpus)))
    assert found["missing"] == 0, "every judged record is there"
    for part, one in found["parts"].items():
        for figure in ("ndcg", "recall"):
            others = max(one[engine][figure] for engine in ("fts5", "tantivy"))
            assert one["landmark"][figure] >= others + CLEARLY, (part, figure, one)
        assert one["landmark"]["nothing"] <= 0.1, (part, one)


def test_enough_is_judged_in_enough_languages() -> None:
    asked, grades = questions(), judgements()
    assert len(asked) >= 80
    assert {"en", "fr", "es", "ar", "uk", "ru"} <= set(languages(asked))
    assert {one["id"] for one in asked} == grades.keys()
    assert all(any(grade >= 2 for grade in graded.values()) for graded in grades.values())
    assert {grade for graded in grades.values() for grade in graded.values()} == {0, 1, 2, 3}
    assert 40 <= sum(map(held_out, asked)) <= 60
    said = agreement(grades, judgements("judgements_again"))
    assert (said["pairs"], said["agreed"], said["weighted_kappa"]) == (50, 47, 0.98)
