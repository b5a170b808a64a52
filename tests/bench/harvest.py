"""How fast a portal is read into the catalog: each measurement in a fresh process, as JSON on stdout.

``python -m tests.bench.harvest read|harvest|changed --portal URL --data FOLDER``; the parent is ``tests.bench``.
"""

import argparse
import cProfile
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from catalog.query import DatasetQuery
from catalog.vocabulary import Audience
from config import load
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import Portal, Start, portals

ROOT = Path(__file__).parents[2]
KEY = "portal-1"
LOOK_EVERY = 0.5
"""Seconds between two looks at the memory that a measured process and its children hold."""
WORD = "renewedbench"


def declared(url: str, **options: Any) -> Source:
    """The bench's portal as a source."""
    return Source(
        key=KEY, kind="hdx", title="Sample portal", url=url, allow_hosts=(urlsplit(url).netloc,), options=options
    )


@contextmanager
def portal(packages: Path, port: int = 0) -> Iterator[str]:
    """The packages, served by a process of its own."""
    command = [sys.executable, "-m", "tests.portals_served.ckan", "--packages", str(packages), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def initialise(data: Path) -> None:
    """``landmark init``, in a process of its own as a user's is."""
    given = environment() | {"LANDMARK_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "landmark", "init"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=given)


def measured(what: str, url: str, data: Path) -> dict[str, Any]:
    """One measurement in a fresh process."""
    command = [sys.executable, "-m", "tests.bench.harvest", what, "--portal", url, "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        together = own = 0
        while True:
            try:
                said, _ = process.communicate(timeout=LOOK_EVERY)
            except subprocess.TimeoutExpired:
                held = _held_now(process.pid)
                together, own = max(together, held[0]), max(own, held[1])
            else:
                break
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    answer: dict[str, Any] = json.loads(said)
    # Its own highest mark misses nothing; what it and its second process hold together is looked at now and then.
    peak = max(answer["peak_mb"], together / 1e6)
    return answer | {"peak_mb": round(peak, 1), "own_mb": round(own / 1e6, 1)}


def _held_now(pid: int) -> tuple[int, int]:
    """Bytes that a process and its children hold, and how many of them are no mapped files.

    What they share counts once, where the system can tell. Files that are mapped for reading, as the index's are, leave
    memory when anything else needs it.
    """
    held = own = 0
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            said = process.memory_full_info()
            both = int(getattr(said, "pss", said.rss))
            held += both
            own += _anonymous(process.pid, both)
    return held, own


def _anonymous(pid: int, otherwise: int) -> int:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss_Anon:"))
    return otherwise


def environment() -> dict[str, str]:
    """Ours, without settings that would lead the bench elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LANDMARK_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def main() -> None:
    """Measure one thing and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("read", "harvest", "changed"))
    parser.add_argument("--portal", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--profile", type=Path, help="where to write a profile")
    asked = parser.parse_args()
    settings = Settings(data_dir=asked.data)
    kind = portals()["hdx"]
    import hdx.api.configuration  # noqa: F401 - a second of import is not reading

    work = {"read": _read, "harvest": _harvest, "changed": _changed}[asked.what]
    profile = cProfile.Profile() if asked.profile else None
    if profile:
        profile.enable()
    answer = work(asked.portal, kind, settings)
    if profile:
        profile.disable()
        profile.dump_stats(asked.profile)
    json.dump(answer | {"peak_mb": round(_peak() / 1e6, 1)}, sys.stdout)


def _read(url: str, kind: Portal, settings: Settings) -> dict[str, Any]:
    source = declared(url)
    start = time.perf_counter()
    with Client(source, settings) as client:
        records = sum(len(page.records) for page in kind.records(source, client, Start()))
    return {"records": records, "seconds": time.perf_counter() - start}


def _harvest(url: str, kind: Portal, settings: Settings) -> dict[str, Any]:
    """From the first question to the portal until all is searchable; ``same`` in ``stages`` comes after that."""
    from catalog import same
    from catalog.assess import Assessor
    from catalog.database import Catalog
    from catalog.runs import sync_sources
    from catalog.search import follow
    from harvester.run import harvest

    source = declared(url)
    with Catalog(settings.catalog_url) as catalog:
        sync_sources(catalog, [source])
        assessor = Assessor(load.rules(settings))
        start = time.perf_counter()
        report = harvest(catalog, source, kind, assessor, settings)
        stored = time.perf_counter() - start
        followed = follow(catalog, settings.index_dir)
        seconds = time.perf_counter() - start
        same.follow(catalog)
        compared = time.perf_counter() - start - seconds
    return {
        "records": report.run.counts.seen,
        "seconds": seconds,
        "stages": {name: round(took, 2) for name, took in report.run.stages.items()}
        | {"index": round(seconds - stored, 2), "same": round(compared, 4)},
        "state": report.state,
        "created": report.run.counts.created,
        "unchanged": report.run.counts.unchanged,
        "searchable": followed.documents[Audience.PUBLIC],
    }


def _changed(url: str, kind: Portal, settings: Settings) -> dict[str, Any]:
    """From the commit of one page of changed records until all are found; another process follows meanwhile."""
    from catalog.assess import Assessor
    from catalog.database import Catalog
    from catalog.search import Reader
    from harvester.run import Progress, harvest

    reader = Reader(settings.index_dir, Audience.PUBLIC)
    today = datetime.now(UTC).date()
    took: list[float] = []

    def found() -> int:
        reader.reload_if_changed()
        return reader.search(DatasetQuery(q=WORD, limit=0, relax=False), today).total

    def committed(progress: Progress) -> None:
        start = time.perf_counter()
        while found() < progress.updated:
            if time.perf_counter() - start > 60:
                raise TimeoutError(f"{found()} of {progress.updated} changed records are found after a minute")
            time.sleep(0.005)
        took.append(time.perf_counter() - start)

    with Catalog(settings.catalog_url) as catalog:
        assessor = Assessor(load.rules(settings))
        report = harvest(catalog, declared(url, rows=1000), kind, assessor, settings, full=False, progress=committed)
    return {"records": report.run.counts.updated, "seconds": max(took)}


def _peak() -> int:
    """Bytes this process has held at most."""
    if platform.system() == "Windows":
        return int(getattr(psutil.Process().memory_info(), "peak_wset"))  # noqa: B009 - known to Windows only
    if platform.system() == "Linux":
        # Not getrusage: it remembers the process that started this one.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


if __name__ == "__main__":
    main()
