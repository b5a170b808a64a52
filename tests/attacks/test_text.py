"""A27 to A31: text of any kind is kept safely, compared fairly and judged in time that grows with its length."""

import ast
import re
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.agents import Agents
from catalog.assess import Assessor
from catalog.records import AgentRecord, ColumnRecord, DatasetRecord
from catalog.text import normalize, tokens
from config.load import ConfigurationError, rules
from config.settings import Settings
from harvester.reading.markup import plain
from tests.attacks.conftest import Attacked
from tests.journeys.packages import package

ROOT = Path(__file__).resolve().parents[2]


def test_a27_disguised_names_are_shown_reported_and_not_taken_for_others(attacked: Attacked):
    organisations = {0: "Sample Relief", 1: "S\u0430mple Relief", 2: "Sample\u200b Relief", 3: "Sample Relief"}
    titles = {
        0: "Sample: wells",
        1: "Sample: \u202esllew",
        2: "Sample: w\u2060ells",
        3: "Sample: we" + "\u0301" * 90 + "lls",
    }
    report = attacked.read(
        *(package(at, title=titles[at], organization={"title": organisations[at]}) for at in organisations)
    )
    assert sorted((issue.code, issue.field) for issue in report.issues) == [
        ("disguised-text", "organization"),
        ("disguised-text", "organization"),
        ("disguised-text", "title"),
        ("disguised-text", "title"),
        ("disguised-text", "title"),
    ]
    assert all(issue.message.isascii() for issue in report.issues), (
        "an issue shows what is there, character by character"
    )
    shown = {at: attacked.shown(at) for at in organisations}
    assert [shown[at]["title"] for at in (0, 1)] == ["Sample: wells", "Sample: [U+202E]sllew"]
    assert len(shown[3]["title"]) < 30
    named = attacked.client.get("/api/v1/organizations").json()["items"]
    assert sorted((one["name"], one["datasets"]) for one in named) == [("Sample Relief", 3), ("S\u0430mple Relief", 1)]
    assert attacked.client.get("/api/v1/datasets", params={"q": "wells"}).json()["total"] == 3
    assert attacked.client.get("/api/v1/datasets", params={"q": "sllew"}).json()["total"] == 1
    known = Agents([{"name": "Sample Relief", "acronym": "SR"}])
    assert known.resolve(AgentRecord("S\u0430mple Relief")).id != known.resolve(AgentRecord("Sample Relief")).id


def test_a28_any_text_is_stored_or_refused_with_a_reason(attacked: Attacked):
    odd = {
        "title": "Sample \x00\x1b[31m\ud83d wells " + "x" * 1_000_000,
        "notes": "Sample \x00 notes \x07" + "y " * 500_000,
        "caveats": "\ufffe\uffff\x9b",
        "organization": {"title": "Sample \x00 Office\x85"},
        "tags": [{"name": "\x00"}, {"name": "a\x00b"}],
        "resources": [
            {"id": "\x00", "name": "f\x00.csv", "format": "C\x00SV", "url": "https://files.example/\x00a.csv"}
        ],
    }
    attacked.stage.show([package(1)])
    # The portal writes half of a character as JSON allows and no other encoding does.
    shown = package(0, **{**odd, "title": odd["title"].replace("\ud83d", "")})
    report = attacked.read(shown, package(1))
    assert (report.state, report.run.counts.created) == ("complete", 2)
    assert {issue.code for issue in report.issues} == {"notes-cut"}
    document = attacked.shown(0)
    assert document["title"] == ("Sample [31m wells " + "x" * 1_000_000)[:1000]
    assert len(document["notes"]) <= 100_000
    texts = [text for text in _texts(document) if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", text)]
    assert texts == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]


HARD = (
    "a",
    " ",
    "<",
    "[",
    "[[",
    "**a",
    "(",
    "&amp",
    "a@",
    "1.",
    "a-",
    "\u0301",
    "http://a",
    "?a",
    "_a_",
    "`",
    "\\",
    "  TO ",
    "#",
)


def test_a29_the_time_of_judging_grows_with_the_text_whatever_stands_in_it(assessor: Assessor, attacked: Attacked):
    took = []
    for length in (10_000, 60_000):
        began = time.process_time()
        for piece in HARD:
            text = piece * (length // len(piece))
            record = DatasetRecord(
                "sample", {"en": text[:1000]}, {"en": plain(text + "<")[0]}, columns=(ColumnRecord("", 0, text[:300]),)
            )
            assessor.assess(record, attacked.source(), date(2026, 11, 1))
        took.append(time.process_time() - began)
    assert took[1] < 12 * took[0] + 1
    hard = "".join(piece * 500 for piece in HARD)
    began = time.process_time()
    report = attacked.read(package(0, title=hard, notes=hard, caveats=hard, tags=[{"name": hard}] * 20))
    assert (report.run.counts.created, time.process_time() - began < 10) == (1, True)


def test_a30_rules_hold_words_and_no_regular_expressions(tmp_path: Path):
    folder = tmp_path / "rules" / "sensitivity"
    folder.mkdir(parents=True)
    rule = {"id": "bad", "version": 1, "level": "high", "reason": "Sample.", "source": "Sample", "pattern": "(a+)+$"}
    (folder / "bad.yaml").write_text(yaml.safe_dump([rule]), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        rules(Settings(config_dir=tmp_path))
    assert "pattern" in str(refused.value)
    assert "bad.yaml" in str(refused.value)
    for name in ("sensitivity.py", "concepts.py", "assess.py"):
        tree = ast.parse((ROOT / "catalog" / name).read_text(encoding="utf-8"))
        made = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "compile"
            and any(isinstance(part, ast.Attribute) and "rule" in ast.unparse(part) for part in ast.walk(node))
        ]
        assert made == [], name


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("İSTANBUL ıĞDIR", ["istanbul", "igdir"]),
        ("ПІБ Потерпілого", ["піб", "потерпілого"]),
        ("رقم الهاتف", ["رقم", "الهاتف"]),
        ("Nom_du_Bénéficiaire", ["nom", "du", "beneficiaire"]),
        ("TELÉFONO-Víctima", ["telefono", "victima"]),
        ("STRASSE straße", ["strasse", "strasse"]),
    ],
)
def test_a31_column_names_are_folded_in_every_alphabet(written: str, folded: list[str]):
    assert tokens(written) == folded
    assert normalize(normalize(written)) == normalize(written)
