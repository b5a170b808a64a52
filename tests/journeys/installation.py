"""One installation of Landmark as its user has it: a folder for data, one for configuration, and the command."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import yaml

from catalog.database import Catalog
from catalog.dump import lines
from config.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST = 120
"""Seconds a command may take on a busy machine."""


class Installation:
    """Runs the real command, in a process of its own, over a folder of its own."""

    def __init__(self, home: Path, config: Path | None = None, database_url: str = "") -> None:
        self.home = home
        self.database_url = database_url
        self.keys: Mapping[str, str] = {}
        # One of the shipped sources is enough; a test of them all says so.
        self.sources = "hdx"
        self.data = home / "data"
        self.config = config or home / "config"
        (self.config / "sources").mkdir(parents=True, exist_ok=True)
        home.mkdir(parents=True, exist_ok=True)

    def copy(self, home: Path) -> "Installation":
        """The same catalog and declarations, to be changed apart."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return Installation(home)

    def declare(self, key: str, address: str, **more: Any) -> None:
        """Declare a CKAN on loopback as a source; the first harvest is not asked for more than one record."""
        declared = {
            "kind": "hdx",
            "title": "Sample exchange",
            "publisher": "Sample Exchange Office",
            "url": address,
            "allow_hosts": [urlsplit(address).netloc],
            **more,
        }
        (self.config / "sources" / f"{key}.yaml").write_text(yaml.safe_dump(declared), encoding="utf-8")

    @property
    def environment(self) -> Mapping[str, str]:
        """What the command is told; nothing of the environment of whoever runs the tests."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LANDMARK_", "HDX_"))}
        return kept | {
            "PYTHONPATH": str(ROOT),
            "LANDMARK_DATA_DIR": str(self.data),
            "LANDMARK_CONFIG_DIR": str(self.config),
            "LANDMARK_SOURCES": self.sources,
            "LANDMARK_DATABASE_URL": self.database_url,
            "COLUMNS": "200",
            "NO_COLOR": "1",
            **self.keys,
        }

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
        """Start the command and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "landmark", *arguments],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **more,
        )

    def run(self, *arguments: str, code: int = 0) -> "Answer":
        """Run the command to its end; its exit code must be ``code``."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=LONGEST)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        answer = Answer(process.returncode, out, err.decode("utf-8"))
        assert answer.code == code, f"{arguments}: {answer.code}\n{answer.text[-2000:]}\n{answer.err[-4000:]}"
        assert "Traceback" not in answer.err, answer.err
        return answer

    def harvest(self, key: str, *options: str, code: int = 0) -> dict[str, Any]:
        """Harvest one source; its report."""
        answer = self.run("harvest", key, *options, "--json", code=code).json()
        assert answer["total"] == len(answer["items"]) == 1
        report: dict[str, Any] = answer["items"][0]
        counted = ("created", "updated", "unchanged", "failed", "skipped")
        assert report["seen"] == sum(report[name] for name in counted)
        return report

    def dump(self) -> bytes:
        """All content, byte for byte as ``landmark dump`` prints it."""
        settings = Settings(data_dir=self.data, database_url=self.database_url, config_dir=None)
        with Catalog(settings.catalog_url) as catalog, catalog.reading() as session:
            return b"".join(line + b"\n" for line in lines(session))


class Answer:
    """What a command printed, and how it ended."""

    def __init__(self, code: int, out: bytes, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8")

    def json(self) -> Any:
        """Standard output as JSON."""
        return orjson.loads(self.out)


def rows(dump: bytes, table: str) -> list[dict[str, Any]]:
    """The rows of one table of a dump."""
    return [row for line in dump.splitlines() if (row := orjson.loads(line))["table"] == table]
