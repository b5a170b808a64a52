"""No attack case is forgotten: each has a test and a breakage that turns it red, or says what it waits for."""

import csv
import re
from pathlib import Path

import pytest

from tests.attacks.listed import INCIDENTS, LISTED, cases
from tests.mutations import ROOT


def test_each_case_has_a_test_or_a_reason():
    assert [case.id for case in cases()] == [f"A{number:02}" for number in range(1, 80)]
    assert [case.id for case in cases() if bool(case.tests) == bool(case.waits)] == []
    assert set(LISTED["waits"]) <= set(LISTED["cases"])


def test_each_tested_case_has_a_breakage_that_turns_one_of_its_tests_red():
    wrong = [
        (case.id, one.red) for case in cases() for one in case.breakages if one.red.partition("[")[0] not in case.tests
    ]
    assert wrong == []
    assert [case.id for case in cases() if case.tests and not case.breakages] == []


def test_each_incident_names_tests_that_there_are():
    named = [str(name) for incident in INCIDENTS for name in incident["tests"]]
    assert len(INCIDENTS) == 16 + 14
    missing = []
    for name in named:
        path, _, function = name.partition("::")
        if not re.search(rf"^def {function}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE):
            missing.append(name)
    assert missing == []


@pytest.mark.recorded
def test_the_list_is_the_one_that_was_given(shared: Path):
    folder = shared / "sensitivity"
    with (folder / "attack_cases.csv").open(encoding="utf-8", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [case.id for case in cases()]
