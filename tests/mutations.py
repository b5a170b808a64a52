"""Break the code one line at a time and see the named test turn red: ``make mutations``.

``tests/mutations.yaml`` lists the breakages: ``file``, ``find`` (part of one line, occurs there once), ``replace``,
``why`` it would hurt, and ``red``, the test that must fail. Each is made in a copy of the tree: nothing is left
broken here. First all these tests are seen passing, for one that fails anyway proves nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
LISTED = Path(__file__).with_name("mutations.yaml")
CODE = ("config", "catalog", "harvester", "api", "migrations", "tests")
FAILED = 1
"""What pytest exits with where a test failed; anything else means that the test was not run as it stands."""
LONGEST = 600
"""Seconds for one test; a breakage must not make us wait for ever."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One breakage; see the module's docstring."""

    file: str
    find: str
    replace: str
    why: str
    red: str


def mutations() -> list[Mutation]:
    """All that are listed."""
    return [Mutation(**one) for one in yaml.safe_load(LISTED.read_text(encoding="utf-8"))]


def main() -> int:
    """1 if a breakage goes unnoticed or cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only breakages whose file, reason or test has this text")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    chosen = [one for one in mutations() if asked.only in f"{one.file} {one.why} {one.red}"]
    if not chosen:
        parser.error(f'no breakage has "{asked.only}"')
    with _copies(asked.workers) as copies, ThreadPoolExecutor(asked.workers) as pool:
        sound = _run(copies[0], sorted({one.red for one in chosen}), LONGEST * len(chosen), "--no-header")
        if sound.returncode:
            print(sound.stdout, f"Tests that are named fail without any breakage (exit {sound.returncode}).", sep="\n")
            return 1
        free = list(copies)

        def tried(one: Mutation) -> str:
            tree = free.pop()
            try:
                return _tried(tree, one)
            finally:
                free.append(tree)

        survived = 0
        for number, (one, said) in enumerate(zip(chosen, pool.map(tried, chosen), strict=True), 1):
            survived += said != "red"
            print(f"{number:3} {said:12} {one.file}: {one.why}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} breakages turn their test red.")
    return 1 if survived else 0


def _tried(tree: Path, one: Mutation) -> str:
    path = tree / one.file
    text = path.read_text(encoding="utf-8")
    if text.count(one.find) != 1:
        return f"found {text.count(one.find)} times"
    broken = text.replace(one.find, one.replace)
    try:
        compile(broken, one.file, "exec")
    except SyntaxError as error:
        return f"no Python, line {error.lineno}"
    path.write_text(broken, encoding="utf-8", newline="\n")
    try:
        code = _run(tree, [one.red], LONGEST, "-x").returncode
    except subprocess.TimeoutExpired:
        return "no end"
    finally:
        path.write_text(text, encoding="utf-8", newline="\n")
    return {FAILED: "red", 0: "NOT NOTICED"}.get(code, f"exit {code}")


def _run(tree: Path, tests: list[str], longest: float, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *tests],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=longest,
    )


@contextmanager
def _copies(count: int) -> Iterator[list[Path]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copies = [Path(folder, str(number), "main") for number in range(count)]
        for copy in copies:
            for name in CODE:
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            for path in ROOT.iterdir():
                if path.is_file() and path.suffix in {".py", ".toml", ".md"}:
                    shutil.copy(path, copy / path.name)
            if (ROOT.parent / "shared").is_dir():
                (copy.parent / "shared").symlink_to(ROOT.parent / "shared", target_is_directory=True)
        yield copies


if __name__ == "__main__":
    sys.exit(main())
