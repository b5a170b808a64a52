"""CONTRIBUTING's "Add a portal in 30 minutes", followed to the letter: one code file, one YAML, no other edit."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.journeys.installation import ROOT, Installation
from tests.portals_served.plain import Plain, Reply, Seen, plain

FOLDERS = ("config", "catalog", "harvester", "api", "migrations", "tests")
NOTICES = [
    {
        "id": f"n-{number}",
        "title": f"Sample notice {number}",
        "text": "Fictional: road cleared of explosive ordnance.",
        "office": "Sample Office of Kaldora",
        "country": "South Sudan",
        "published": "2026-05-02",
        "views": number,
    }
    for number in range(5)
]


def board(request: Seen, reply: Reply, _: Plain) -> None:
    page = int(parse_qs(urlsplit(request.target).query)["page"][0])
    answer = {"notices": NOTICES[(page - 1) * 3 : page * 3], "pages": 2}
    reply.send(200, json.dumps(answer).encode(), content_type="application/json")


def blocks(language: str) -> list[str]:
    """The code that CONTRIBUTING shows, without its fences."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)


class Copy(Installation):
    """An installation that runs a copy of the code."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "PYTHONPATH": str(self.home / "main")}


def test_one_code_file_and_one_yaml_make_a_portal(tmp_path: Path) -> None:
    tree = tmp_path / "home" / "main"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("landmark.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tree / name)
    (code,), (declared,) = blocks("python"), blocks("yaml")
    landmark = Copy(tmp_path / "home")
    landmark.sources = "none"
    (tree / "harvester" / "portals" / "noticeboard.py").write_text(code, encoding="utf-8")
    with plain(board) as server:
        content = declared.replace("https://board.example", server.url) + f'allow_hosts: ["{server.host}"]\n'
        (landmark.config / "sources" / "board.yaml").write_text(content, encoding="utf-8")
        landmark.run("init")
        checked = landmark.run("sources", "check", "board").text
        report = landmark.harvest("board")
        again = landmark.harvest("board")
    kinds = {kind["kind"]: kind for kind in landmark.run("sources", "--json").json()["kinds"]}
    (found,) = landmark.run("search", "Sample notice 4", "--json", "--limit", "1").json()["items"]

    assert "The first page has 3." in checked
    assert (report["state"], report["created"], again["unchanged"]) == ("complete", 5, 5)
    assert (kinds["noticeboard"]["sources"], kinds["noticeboard"]["unit"]) == (["board"], "a notice.")
    assert (found["title"], found["countries"]) == ("Sample notice 4", ["SSD"])

    contract = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "tests/harvester/portals",
            "-k",
            "noticeboard",
        ],
        cwd=tree,
        env=landmark.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    passed = re.search(r"(\d+) passed", contract.stdout)
    assert contract.returncode == 0, contract.stdout
    assert passed is not None
    assert int(passed[1]) >= 19
