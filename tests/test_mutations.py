"""The list of breakages stays true: each can still be made, and the test that must turn red is there."""

import subprocess
import sys

from tests.mutations import ROOT, mutations


def test_each_breakage_is_one_line_that_occurs_once() -> None:
    wrong = [
        (one.file, one.find, count)
        for one in mutations()
        if (count := (ROOT / one.file).read_text(encoding="utf-8").count(one.find)) != 1
        or "\n" in one.find + one.replace
        or one.find == one.replace
    ]
    assert wrong == []


def test_each_named_test_exists() -> None:
    named = sorted({one.red for one in mutations()})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", *named],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_many_and_no_two_are_alike() -> None:
    listed = mutations()
    assert len({(one.file, one.find, one.replace) for one in listed}) == len(listed) >= 40
    assert len({one.why for one in listed}) >= len(listed) - 5
