"""Categories and headings as people write them, in four languages."""

from pathlib import Path

import orjson
import pytest

from catalog.plans.words import Classified, PlanWords
from config import load
from config.load import ConfigurationError
from config.settings import Settings

PUBLIC_STEP = "It will be published once it has been collected and checked."
URGENT_STEP = "It is shared at once with the recipients that were agreed before collection."
SENSITIVE_STEP = "It is shared bilaterally with whoever can use it for the response, under a data sharing agreement."
UNDECIDED = "How it will be shared is not decided: ask whoever collects it."
DSA = "DTM Data Sharing Agreement"
PUBLIC = Classified(("public",), (), "low_no", "public", "open", "", False, (PUBLIC_STEP,))
SENSITIVE = Classified(("sensitive",), (), "high", "community", "bilateral", DSA, False, (SENSITIVE_STEP,))
URGENT = Classified(("urgent",), (), "", "", "bilateral", "", True, (URGENT_STEP, UNDECIDED))
BOTH = Classified(
    ("urgent", "sensitive"), (), "high", "community", "bilateral", DSA, True, (URGENT_STEP, SENSITIVE_STEP)
)
NOTHING = Classified((), (), "", "", "unknown", "", False, (UNDECIDED,))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("Public Data", PUBLIC),
        (" PUBLIC  data. ", PUBLIC),
        ("publc data", PUBLIC),
        ("Données publiques", PUBLIC),
        ("Datos públicos", PUBLIC),
        ("بيانات عامة", PUBLIC),
        ("Sensitive Data", SENSITIVE),
        ("sensitve", SENSITIVE),
        ("Données sensibles", SENSITIVE),
        ("Datos sensibles", SENSITIVE),
        ("البيانات الحساسة", SENSITIVE),
        ("Data for Urgent Action", URGENT),
        ("urgent-action", URGENT),
        ("Données pour action urgente", URGENT),
        ("Datos para acción urgente", URGENT),
        ("بيانات للعمل العاجل", URGENT),
        ("Data for Urgent Action; Sensitive Data", BOTH),
        ("Sensitive Data\nData for Urgent Action", BOTH),
        ("sensitive + urgent", BOTH),
        ("Données sensibles et pour action urgente", BOTH),
        ("بيانات حساسة وبيانات للعمل العاجل", BOTH),
        ("", NOTHING),
        (" - ", NOTHING),
        ("Data", NOTHING),
    ],
)
def test_a_category_however_it_is_written(cell: str, said: Classified, words: PlanWords) -> None:
    assert words.classified(cell) == said


def test_urgency_beside_public_data_is_no_level(words: PlanWords) -> None:
    said = words.classified("Public Data / Data for Urgent Action")
    assert (said.level, said.visibility, said.access, said.urgent) == ("low_no", "public", "open", True)


def test_of_public_and_sensitive_each_fact_is_the_strictest(words: PlanWords) -> None:
    said = words.classified("Public Data; Sensitive Data")
    assert (said.level, said.visibility, said.access, said.steps) == (
        "high",
        "community",
        "bilateral",
        (SENSITIVE_STEP,),
    )
    assert said.is_classified


@pytest.mark.parametrize(
    "cell", ["TBD", "not public", "non-public", "unpublic", "Public; TBD", "public or not", "internal", "confidential"]
)
def test_what_is_not_wholly_understood_is_the_owners_alone(cell: str, words: PlanWords) -> None:
    said = words.classified(cell)
    assert not said.is_classified
    assert (said.level, said.visibility, said.access, said.steps) == ("", "", "unknown", (UNDECIDED,))


def test_a_doubt_beside_sensitive_keeps_the_level_and_closes_the_need(words: PlanWords) -> None:
    said = words.classified("Sensitive (to be confirmed)")
    assert (said.level, said.visibility, said.is_classified) == ("high", "", False)


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("DISSEMINATION CATEGORY", "category"),
        ("Disemination Category", "category"),
        ("Catégorie de diffusion", "category"),
        ("Categoría de difusión", "category"),
        ("فئة النشر", "category"),
        ("Information needs", "title"),
        ("Sector/WG/Cluster interested", "sectors"),
        ("Recommended key informant", "informant"),
        ("Something else", ""),
        ("dissemination " * 20, ""),
    ],
)
def test_a_heading_however_it_is_written(heading: str, column: str, words: PlanWords) -> None:
    assert words.column(heading) == column


def test_a_layout_that_cannot_be_is_refused_with_the_mend(tmp_path: Path, words: PlanWords) -> None:
    (tmp_path / "vocab").mkdir()
    changed = words.layout.model_dump()
    changed["categories"][0]["urgent"] = False
    (tmp_path / "vocab" / "plan.yaml").write_bytes(orjson.dumps(changed))
    with pytest.raises(ConfigurationError, match='"urgent" has no level and is not urgent. Give it a level'):
        load.plan_layout(Settings(config_dir=tmp_path))
    twice = words.layout.model_copy(
        update={
            "columns": tuple(column.model_copy(update={"aliases": ("same",)}) for column in words.layout.columns[:2])
        }
    )
    with pytest.raises(ValueError, match='"same" stands for both "title" and "category"'):
        PlanWords(twice)
