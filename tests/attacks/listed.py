"""The attack cases with their tests and breakages: from ``cases.yaml``, the tests' names and ``mutations.yaml``."""

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.mutations import ROOT, Mutation, mutations

LISTED = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8"))
INCIDENTS: list[Mapping[str, Any]] = LISTED["incidents"]


@dataclass(frozen=True)
class Case:
    """One attack: what it is, where it is tested, what turns its test red, and else why it is not tested."""

    id: str
    words: str
    tests: tuple[str, ...]
    breakages: tuple[Mutation, ...]
    waits: str


@cache
def cases() -> tuple[Case, ...]:
    """All that are listed, in order."""
    tests, breakages = _tests(), _breakages()
    return tuple(
        Case(key, words, tuple(tests[key]), tuple(breakages[key]), LISTED["waits"].get(key, ""))
        for key, words in LISTED["cases"].items()
    )


def _tests() -> Mapping[str, list[str]]:
    """Case to the tests that are called after it, as pytest names them."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and (named := re.match(r"test_(a\d\d)_", node.name)):
                found[named[1].upper()].append(f"{path.relative_to(ROOT).as_posix()}::{node.name}")
    return found


def _breakages() -> Mapping[str, list[Mutation]]:
    found: dict[str, list[Mutation]] = defaultdict(list)
    for one in mutations():
        if named := re.match(r"(A\d\d): ", one.why):
            found[named[1]].append(one)
    return found
