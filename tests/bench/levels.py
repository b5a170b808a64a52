"""How well rules tell levels: ``python -m tests.bench.levels`` writes ``tests/bench/levels.json``.

Four measurements, under- and over-classification apart:

1. the 430 curated protocol statements, from facts coded blind to their levels. The statements of one country at a time
   are predicted without its protocol: by what other protocols agree on, and with our general rules before that. These
   rules were written with all protocols in view, so the second figure flatters us on a country we have not read. What
   no rule can tell apart is the ceiling: statements with the same facts and other levels. With its own protocol a
   statement is no prediction but a regression check.
2. the same from the statements' raw text: facts are found by the words of ``facts.yaml``.
3. column names: which are of a type that the training set names, which are about a person. All names had been looked
   at before the rules were written: both halves are training, and the figure says nothing about tables nobody has seen.
4. 24 tables by their column names: a smoke test. All its negatives are real and all its positives made, so whoever
   tells made tables from real ones is perfect.

It reads ``../shared``; no statement, column or table of it is kept.
"""

import csv
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.columns import ColumnNames
from catalog.protocols import FIELDS, Facts, Protocols
from catalog.vocabulary import Level
from config.load import rules
from config.settings import Settings
from tests.bench.figures import LEVELS, levels_rendered

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared" / "sensitivity"
CODED = ROOT / "tests" / "sensitivity" / "protocol_facts.csv"
AGAIN = ROOT / "tests" / "sensitivity" / "protocol_facts_again.csv"
ABOUT_NOBODY = frozenset({"None", "GENERIC_ID", "ORGANIZATION_NAME", "URL"})
"""Types of the training set that are not about a person."""
_CODED_FIELDS = tuple(name for name in FIELDS if name != "timing")


@dataclass(frozen=True, slots=True)
class Stated:
    """One curated statement: whose it is, what it is about, at what level, and its words."""

    protocol: str
    iso3: str
    level: Level
    number: int
    facts: Facts
    text: str

    @property
    def groups(self) -> tuple[str, ...]:
        """Of the three that must never be under-classified, those it is in."""
        named = {
            "ordnance": self.facts.theme == "ordnance",
            "victims": self.facts.theme == "casualties" or self.facts.persons == "victims",
            "contacts": self.facts.theme in {"contacts", "staff"},
        }
        return tuple(name for name, holds in named.items() if holds)


def main() -> int:
    """Measure, write, print."""
    if not SHARED.is_dir():
        print("../shared/sensitivity is missing: nothing is measured, levels.json stays as it is.", file=sys.stderr)
        return 0
    found = measure()
    LEVELS.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    print(levels_rendered(found))
    return 0


def measure() -> dict[str, Any]:
    """All four measurements; shares from 0 to 1."""
    config = rules(Settings(config_dir=None))
    protocols = Protocols(config.protocols, config.general, config.facts)
    statements = stated()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "statements": {
            "others_agree": tally(
                statements, lambda one: protocols.predicted(one.facts, without={one.iso3}, ours=False).level
            ),
            "others_and_general_rules": tally(
                statements, lambda one: protocols.predicted(one.facts, without={one.iso3}).level
            ),
            "own_protocol": tally(statements, lambda one: _at_home(protocols, one)),
            "ceiling": ceiling(statements, own=False),
            "ceiling_own_protocol": ceiling(statements, own=True),
            "agreement": agreement(),
        },
        "text": {
            "others_and_general_rules": tally(
                statements, lambda one: protocols.predicted(protocols.read(one.text), without={one.iso3}).level
            ),
            "facts": {
                name: round(
                    sum(getattr(protocols.read(one.text), name) == getattr(one.facts, name) for one in statements)
                    / len(statements),
                    3,
                )
                for name in ("theme", "granularity", "form", "persons")
            },
        },
        "columns": columns(ColumnNames(config.sensitivity)),
        "tables": tables(ColumnNames(config.sensitivity), protocols),
    }


def stated() -> list[Stated]:
    """The curated statements with the facts coded for them."""
    records = _read(SHARED / "isp_rules.csv")
    return [
        Stated(
            _protocol(record := records[int(row["row"]) - 1]),
            record["iso3"],
            Level(record["level"]),
            int(record["item_no"]),
            Facts(**{name: row[name] for name in _CODED_FIELDS}),
            record["data_type_text"],
        )
        for row in _read(CODED)
    ]


def tally(statements: Sequence[Stated], predicted: Callable[[Stated], Level]) -> dict[str, Any]:
    """How many are exact, under and over; for the three groups that must never be under apart."""
    said = [(one, predicted(one).rank - one.level.rank) for one in statements]
    groups = {
        name: _counted([difference for one, difference in said if name in one.groups])
        for name in ("ordnance", "victims", "contacts")
    }
    return _counted([difference for _, difference in said]) | {"groups": groups}


def ceiling(statements: Sequence[Stated], *, own: bool) -> float:
    """The share that whoever knows facts only can get right: of statements alike in all facts the level most have."""
    alike: dict[tuple[object, ...], Counter[Level]] = defaultdict(Counter)
    for one in statements:
        alike[one.facts, one.protocol if own else ""][one.level] += 1
    return round(sum(max(levels.values()) for levels in alike.values()) / len(statements), 3)


def agreement() -> dict[str, dict[str, float]]:
    """Per fact, how often two coders agree and Cohen's kappa. Coders alike: an upper bound of what people reach."""
    first = {row["row"]: row for row in _read(CODED)}
    pairs = [(first[row["row"]], row) for row in _read(AGAIN)]
    found = {}
    for name in _CODED_FIELDS:
        one, other = Counter(a[name] for a, _ in pairs), Counter(b[name] for _, b in pairs)
        agreed = sum(a[name] == b[name] for a, b in pairs) / len(pairs)
        chance = sum(one[value] * other[value] for value in one) / len(pairs) ** 2
        kappa = 1.0 if chance == 1 else (agreed - chance) / (1 - chance)
        found[name] = {"agreed": round(agreed, 3), "kappa": round(kappa, 2)}
    return found


def columns(names: ColumnNames) -> dict[str, Any]:
    """Precision and recall on two halves of the training names, halved by name."""
    rows = [(row["column_name"], row["gold_entity"]) for row in _read(SHARED / "pii_columns_synthetic_train.csv")]
    fields = [
        (row["field_text"], row["OUR_default_level_record_data_unofficial"])
        for row in _read(SHARED / "gichd_mdr_fields.csv")
        if row["entity"] == "Victim"
    ]
    halves = {
        half: [row for row in rows if _even(row[0]) == (half == "first_half")] for half in ("first_half", "second_half")
    }
    return {
        half: {
            "columns": len(part),
            "any_type": _found((gold != "None", bool(names.family(name))) for name, gold in part),
            "about_a_person": _found((gold not in ABOUT_NOBODY, _about_a_person(names, name)) for name, gold in part),
        }
        for half, part in halves.items()
    } | {"victim_fields_found": f"{sum(bool(names.personal(name)) for name, _ in fields)} of {len(fields)}"}


def tables(names: ColumnNames, protocols: Protocols) -> dict[str, Any]:
    """Of 24 tables, which have a column that tells of persons, or one whose words name a theme protocols hold back."""
    said = []
    for row in _read(SHARED / "table_sensitivity_24.csv"):
        headers = row["columns_pipe_separated"].split("|")
        themes = {protocols.read(header.replace("_", " ")).theme for header in headers}
        sensitive = any(names.sensitive(headers)) or not themes.isdisjoint({"access", "security", "actors", "movement"})
        said.append((row["gold"] == "SENSITIVE", sensitive))
    return _found(said)


def _at_home(protocols: Protocols, one: Stated) -> Level:
    """With the facts as the protocol's file has them, which may be told more closely than they were coded."""
    declared = next(
        entry
        for entry in protocols.protocols[one.protocol].statements
        if (entry.level, entry.number, entry.clause) == (one.level.value, one.number, "")
    )
    facts = Facts(**{name: getattr(declared, name) for name in FIELDS})
    return protocols.at_home(facts, one.protocol) or protocols.predicted(facts).level


def _about_a_person(names: ColumnNames, header: str) -> bool:
    return bool(names.personal(header)) and names.family(header) not in {"person-id", "name"}


def _counted(differences: Sequence[int]) -> dict[str, Any]:
    exact = sum(difference == 0 for difference in differences)
    return {
        "count": len(differences),
        "exact": round(exact / len(differences), 3),
        "under": sum(difference < 0 for difference in differences),
        "over": sum(difference > 0 for difference in differences),
    }


def _found(pairs: Iterable[tuple[bool, bool]]) -> dict[str, float]:
    counted = Counter(pairs)
    right, wrong, missed = counted[True, True], counted[False, True], counted[True, False]
    return {"precision": round(right / ((right + wrong) or 1), 3), "recall": round(right / ((right + missed) or 1), 3)}


def _even(name: str) -> bool:
    return hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % 2 == 0


def _protocol(record: Mapping[str, str]) -> str:
    if "NWSW" in record["isp_title"]:
        return "cmr-nwsw"
    return "cmr-extreme-nord" if "Extreme" in record["isp_title"] else record["iso3"].lower() or "default"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    sys.exit(main())
