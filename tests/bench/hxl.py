"""How well rules tell hashtags from headers: ``python -m tests.bench.hxl`` writes ``tests/bench/hxl.json``.

Tables are those of ``../shared`` whose files declare hashtags: by repository (pairs), by HDX dataset (file checks), by
workbook (displacement tracking). A pair of header and hashtag counts once per repository. The guess is made with the
whole table at hand and without its hashtags. Precision is over what was guessed, recall over all declared pairs whose
hashtag is well formed; once for the hashtag alone, once for hashtag with exactly the declared attributes. Hashtags of
2014 are compared as they are written today, where a repository has them.

Held out: repositories and datasets that :func:`held_out` picks by a hash of their names, fixed before any rule was
written. What the rules did on them at first sight is :data:`FIRST_READING`: since then rules were mended with them in
view, too. All others were in view, so rules are not trained per fold: leaving one repository out is, for rules, each
repository on its own, and the figures of those in view flatter. Files of one publisher stand on both sides, so
``unseen`` counts only held-out pairs whose header no repository in view has.

The figure to go by is :data:`FRESH_READINGS`: public repositories that are not in ``../shared``, named in
``hxl_fresh.json`` before any file of them was read, each read once, after the rules were mended and committed.

No header and no pair is kept here.
"""

import csv
import gzip
import hashlib
import itertools
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.hxl.rows import current
from catalog.hxl.tagger import Inferred, Tagger
from catalog.hxl.tags import base, canonical
from catalog.hxl.words import header_words
from config.load import rules
from config.settings import Settings
from config.vocabulary import hashtags
from tests.bench.figures import HXL, hxl_rendered

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared"
SPEED_HEADERS = 100_000
_BINS = (0.75, 0.8, 0.85, 0.9, 1.01)
FIRST_READING = {
    "date": "2026-11-22",
    "held_out": {
        "pairs": 587, "base_precision": 0.777, "base_recall": 0.624, "full_precision": 0.577, "full_recall": 0.463,
    },
    "held_out_without_2014": {
        "pairs": 470, "base_precision": 0.876, "base_recall": 0.736, "full_precision": 0.686, "full_recall": 0.577,
    },
}  # fmt: skip
"""What was measured when the held-out repositories were read for the first time; never to be measured again."""
FRESH_READINGS = {
    "date": "2026-11-22",
    "lots": {
        "read_once": {
            "rules": "335dcb0", "pairs": 280,
            "base_precision": 0.876, "base_recall": 0.632, "full_precision": 0.678, "full_recall": 0.489,
        },
        "repositories_read_last": {
            "rules": "10e70d4", "pairs": 172,
            "base_precision": 0.880, "base_recall": 0.680, "full_precision": 0.699, "full_recall": 0.541,
        },
        "strings_read_at_the_end": {
            "rules": "85bdfac", "pairs": 44,
            "base_precision": 0.935, "base_recall": 0.659, "full_precision": 0.677, "full_recall": 0.477,
        },
    },
    "together": {
        "pairs": 496, "base_precision": 0.883, "base_recall": 0.651, "full_precision": 0.686, "full_recall": 0.506,
    },
    "together_with_the_rules_before": {
        "pairs": 496, "base_precision": 0.883, "base_recall": 0.669, "full_precision": 0.649, "full_recall": 0.492,
    },
}  # fmt: skip
"""Lots of ``hxl_fresh.json``, each read once with the rules of that commit; never to be measured again. Rules were
mended with a lot in view once it was read, so the last lot alone was read with the rules of today, and it is small."""
_LEGACY = "hxl-showcase"
"""A repository whose hashtags are those of 2014, before attributes: only its base hashtags are comparable."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A table with what its file declares for each column, empty where it declares nothing."""

    origin: str
    repository: str
    sheet: str
    title: str
    headers: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """One pair of header and declared hashtag, and what was guessed."""

    table: Declared
    header: str
    declared: str
    guessed: Inferred | None

    @property
    def right(self) -> bool:
        return self.guessed is not None and base(self.guessed.hashtag) == base(self.declared)

    @property
    def whole(self) -> bool:
        return self.guessed is not None and self.guessed.hashtag == self.declared


def main() -> int:
    """Measure, write, print."""
    if not (SHARED / "hxl").is_dir():
        print("../shared/hxl is missing: nothing is measured, hxl.json stays as it is.", file=sys.stderr)
        return 0
    found = measure()
    HXL.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    print(hxl_rendered(found))
    return 0


def measure() -> dict[str, Any]:
    """Everything; shares from 0 to 1."""
    tagger = Tagger(rules(Settings(config_dir=None)))
    given = list(guesses(tagger, tables()))
    inside = [guess for guess in given if not held_out(guess.table.repository)]
    outside = [guess for guess in given if held_out(guess.table.repository)]
    known = {header_words(guess.header) for guess in inside}
    by_repository: dict[str, list[Guess]] = defaultdict(list)
    by_origin: dict[str, list[Guess]] = defaultdict(list)
    by_language: dict[str, list[Guess]] = defaultdict(list)
    for guess in given:
        by_repository[guess.table.repository].append(guess)
        by_origin[guess.table.origin].append(guess)
        by_language[language(guess.header)].append(guess)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "first_reading": FIRST_READING,
        "fresh_readings": FRESH_READINGS,
        "all": tally(given),
        "in_view": tally(inside),
        "held_out": tally(outside),
        "held_out_without_2014": tally(guess for guess in outside if _LEGACY not in guess.table.repository),
        "held_out_unseen": tally(guess for guess in outside if header_words(guess.header) not in known),
        "dictionary": tally(guess for guess in given if base(guess.declared) in hashtags()),
        "origins": {name: tally(part) for name, part in sorted(by_origin.items())},
        "languages": {name: tally(part) for name, part in sorted(by_language.items())},
        "repositories": {
            name: tally(part) | {"held_out": held_out(name)}
            for name, part in sorted(by_repository.items())
            if name.count("/") == 1
        },
        "confidence": {
            f"{low:.2f}": calibration(
                guess for guess in given if guess.guessed and low <= guess.guessed.confidence < high
            )
            for low, high in itertools.pairwise(_BINS)
        },
        "headers_a_second": speed(),
    }


def held_out(repository: str) -> bool:
    """Whether a repository or dataset was kept out of view while rules were written."""
    return int.from_bytes(hashlib.blake2b(repository.encode(), digest_size=2).digest()) % 4 == 0


def guesses(tagger: Tagger, declared: Iterable[Declared]) -> Iterator[Guess]:
    """One guess for each pair of a repository, made in the first table that has it."""
    seen = set()
    for table in declared:
        found = tagger.infer(table.headers, sheet=table.sheet, title=table.title)
        for header, tag, guess in zip(table.headers, table.tags, found, strict=True):
            if header and tag and (table.repository, header, tag) not in seen:
                seen.add((table.repository, header, tag))
                yield Guess(table, header, tag, guess)


def tally(given: Iterable[Guess]) -> dict[str, float]:
    """Pairs, precision and recall."""
    pairs = list(given)
    made = [guess for guess in pairs if guess.guessed is not None]
    return {
        "pairs": len(pairs),
        "base_precision": _share(sum(guess.right for guess in made), len(made)),
        "base_recall": _share(sum(guess.right for guess in made), len(pairs)),
        "full_precision": _share(sum(guess.whole for guess in made), len(made)),
        "full_recall": _share(sum(guess.whole for guess in made), len(pairs)),
    }


def calibration(given: Iterable[Guess]) -> dict[str, float]:
    """How many guesses of a band of confidence have the right hashtag, and all attributes right."""
    pairs = list(given)
    return {
        "guesses": len(pairs),
        "base_right": _share(sum(guess.right for guess in pairs), len(pairs)),
        "full_right": _share(sum(guess.whole for guess in pairs), len(pairs)),
    }


def speed() -> int:
    """Headers a second of a core, each of them another, in tables of twenty, from nothing."""
    tagger = Tagger(rules(Settings(config_dir=None)))
    words = (
        "Total",
        "IDP",
        "households",
        "women",
        "reached",
        "district",
        "code",
        "date",
        "reported",
        "project",
        "killed",
    )
    made = [
        f"{words[number % 11]} {words[number // 11 % 11]} {words[number // 121 % 11]} q{number}"
        for number in range(SPEED_HEADERS)
    ]
    begun = time.process_time()
    for start in range(0, SPEED_HEADERS, 20):
        tagger.infer(made[start : start + 20], sheet=f"sheet {start}")
    return round(SPEED_HEADERS / (time.process_time() - begun))


def language(header: str) -> str:
    """Roughly: by script, and by letters and words that English has not."""
    words = set(header_words(header))
    if any("\u0400" <= letter <= "\u04ff" for letter in header):
        return "uk or ru"
    if any("\u0600" <= letter <= "\u06ff" for letter in header):
        return "ar"
    if words & {"nombre", "menage", "pdi", "deplace", "prefecture", "commune", "colline", "individu", "pays"}:
        return "fr"
    if words & {
        "pai",
        "organizacion",
        "departamento",
        "mujere",
        "hombre",
        "fecha",
        "nina",
        "nino",
        "actividad",
        "sectore",
    }:
        return "es"
    return "en" if header.isascii() else "other"


def tables() -> Iterator[Declared]:
    """Every recorded table of which at least one column has a declared hashtag."""
    yield from _paired()
    yield from _checked()
    yield from _tracked()


def _paired() -> Iterator[Declared]:
    grouped: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in _read(SHARED / "hxl" / "header_hashtag_pairs.csv.gz"):
        grouped[row["repo"], row["path"]].append(row)
    for (repository, path), rows in grouped.items():
        kind = "tables of repositories" if rows[0]["kind"] == "table" else "mappings of scrapers"
        yield _declared(kind, repository, Path(path).stem, "", [(row["header"], row["hashtag"]) for row in rows])


def _checked() -> Iterator[Declared]:
    grouped: dict[tuple[str, str, str], list[dict[str, str]]] = defaultdict(list)
    for row in _read(SHARED / "hxl" / "hdx_sheet_headers_from_fs_check_info.csv.gz"):
        grouped[row["dataset_name"], row["resource_id"], row["sheet"]].append(row)
    for (name, _, sheet), rows in grouped.items():
        if any(row["hxl_header"] for row in rows):
            pairs = [(row["header"], row["hxl_header"]) for row in rows]
            yield _declared("file checks of HDX", name, sheet, name.replace("-", " "), pairs)


def _tracked() -> Iterator[Declared]:
    workbooks = json.loads(
        (SHARED / "portals" / "dtm" / "hxl-header-rows-of-dtm-workbooks.json").read_text(encoding="utf-8")
    )
    for workbook in workbooks:
        for sheet in workbook["sheets"]:
            if header_rows := sheet.get("header_rows"):
                pairs = [(str(header or ""), str(tag or "")) for header, tag in zip(*header_rows, strict=False)]
                name = Path(workbook["source"].rpartition(":")[2]).stem
                yield _declared("displacement tracking", name, sheet["title"], name.replace("_", " "), pairs)


def _declared(origin: str, repository: str, sheet: str, title: str, pairs: Iterable[tuple[str, str]]) -> Declared:
    headers, tags = [], []
    for header, tag in pairs:
        written = canonical(tag) if tag else ""
        headers.append(header.removeprefix("\ufeff"))
        tags.append(current(written) if _LEGACY in repository else written)
    return Declared(origin, repository, sheet, title, tuple(headers), tuple(tags))


def _share(some: int, of: int) -> float:
    return round(some / of, 3) if of else 0.0


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    sys.exit(main())
