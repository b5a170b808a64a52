"""How fast files tell their columns, beside libhxl.

``python -m tests.bench.profiles`` writes ``tests/bench/profiles.json``. Both read the same addresses of a server on
loopback that runs in a process of its own, 1 and 32 at once, with 0 and 100 ms before each answer; who goes first
changes from one kind of file to the next. Our pace between requests to one host is off, as it is for hosts that a
source allows. All files are made here, and fictional.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.hxl.tags import canonical
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Limits
from harvester.profile import profile
from tests.bench.profile_figures import PROFILES, profiles_rendered
from tests.portals_served import files
from tests.portals_served.files import File

AT_ONCE, LATENCIES = (1, 32), (0.0, 0.1)
NAMES = (
    ("Admin 1", "#adm1+name"), ("Admin 1 P-code", "#adm1+code"), ("Admin 2", "#adm2+name"),
    ("Admin 2 P-code", "#adm2+code"), ("Reported", "#date+reported"), ("IDPs", "#affected+idps+ind"),
    ("Households", "#affected+hh+idps"), ("Women", "#affected+f+idps"), ("Men", "#affected+idps+m"),
    ("Girls", "#affected+children+f"), ("Boys", "#affected+children+m"), ("Site", "#loc+name"),
    ("Latitude", "#geo+lat"), ("Longitude", "#geo+lon"), ("Organisation", "#org+name"), ("Remarks", ""),
)  # fmt: skip
CSV_ROWS = (50, 400, 1_500, 4_000, 10_000, 25_000)
XLSX_ROWS = (3_000, 8_000, 20_000)
TIMES = 5
"""Turns of what takes little time; the fewest seconds count."""
Tags = Sequence[str]


def main() -> int:
    """Measure, write, print; or serve a folder for the one who measures."""
    given = argparse.ArgumentParser()
    given.add_argument("--serve", type=Path)
    given.add_argument("--latency", type=float, default=0.0)
    options = given.parse_args()
    if options.serve is not None:
        return serve(options.serve, options.latency)
    found = measure()
    PROFILES.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(profiles_rendered(found))
    return 0


def serve(folder: Path, latency: float) -> int:
    """Serve a folder's files until standard input ends."""
    media = {".csv": "text/csv", ".xlsx": files.XLSX}
    served = {path.name: File(path.read_bytes(), media[path.suffix]) for path in folder.iterdir()}
    with files.files(served, latency) as server:
        print(server.url, flush=True)
        sys.stdin.read()
    return 0


def measure() -> dict[str, Any]:
    """Seconds of both for each kind, number at once and latency, and on how many files both found the same tags."""
    runs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kinds = {"CSV": made_csv(folder, 4), "XLSX": made_xlsx(folder, 1)}
        sizes = {kind: sum((folder / one).stat().st_size for one in names) for kind, names in kinds.items()}
        for latency in LATENCIES:
            with served(folder, latency) as url:
                for kind, names in kinds.items():
                    for at_once in AT_ONCE:
                        # 32 at once need as many files; the large ones are read by several then.
                        addresses = [f"{url}/{one}" for one in names * (-(-at_once // len(names)))][
                            : max(32, len(names))
                        ]
                        addresses = addresses if at_once > 1 else [f"{url}/{one}" for one in names]
                        both = [("ours", ours), ("libhxl", theirs)]
                        if len(runs) % 2:
                            both.reverse()
                        times = TIMES if kind == "CSV" else 1
                        told = best(both, addresses, at_once, times)
                        runs.append(
                            {
                                "kind": kind,
                                "at_once": at_once,
                                "latency_ms": round(latency * 1000),
                                "files": len(addresses),
                                "ours_s": round(told["ours"][0], 3),
                                "libhxl_s": round(told["libhxl"][0], 3),
                                "same": sum(
                                    one == other for one, other in zip(told["ours"][1], told["libhxl"][1], strict=True)
                                ),
                            }
                        )
                        print(runs[-1], file=sys.stderr, flush=True)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "files": {kind: {"count": len(names), "bytes": sizes[kind]} for kind, names in kinds.items()},
        "runs": runs,
    }


def best(
    both: Sequence[tuple[str, Callable[[Sequence[str], int], list[Tags]]]],
    addresses: Sequence[str],
    at_once: int,
    times: int,
) -> dict[str, tuple[float, list[Tags]]]:
    """Of each the fewest seconds of some turns, and the tags of each file.

    One file with tags is read before, so that imports are no one's handicap.
    """
    told: dict[str, tuple[float, list[Tags]]] = {}
    for _ in range(times):
        for who, read in both:
            read(addresses[-1:], 1)
            begun = time.perf_counter()
            found = read(addresses, at_once)
            seconds = time.perf_counter() - begun
            told[who] = min(seconds, told[who][0]) if who in told else seconds, found
    return told


def ours(addresses: Sequence[str], at_once: int) -> list[Tags]:
    """The tags of each file's first sheet that has any, as we find them."""
    host = addresses[0].split("/")[2]
    source = Source(key="sample", kind="ckan", title="Sample", url=f"http://{host}", allow_hosts=(host,))
    limits = Limits(at_once=32, connections=32)

    with Client(source, Settings(http_cache_bytes=0), limits) as client, ThreadPoolExecutor(at_once) as pool:

        def read(address: str) -> Tags:
            seen = profile(client, address)
            assert seen.profile is not None, seen.fault
            return next((sheet.tags for sheet in seen.profile.sheets if sheet.tags), ())

        return list(pool.map(read, addresses))


def theirs(addresses: Sequence[str], at_once: int) -> list[Tags]:
    """The same as libhxl finds them; the server is ours, so it may be given an address here."""
    import hxl
    from hxl.input import HXLTagsNotFoundException, InputOptions

    def read(address: str) -> Tags:
        try:
            columns = hxl.data(address, InputOptions(allow_local=True)).columns
        except HXLTagsNotFoundException:
            return ()
        return tuple(canonical(column.display_tag or "") for column in columns)

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(read, addresses))


@contextmanager
def served(folder: Path, latency: float) -> Iterator[str]:
    """A server of its own process; its address."""
    command = [sys.executable, "-m", "tests.bench.profiles", "--serve", str(folder), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def made_csv(folder: Path, each: int) -> list[str]:
    """CSV files of several sizes, one of each size without tags."""
    names = []
    for rows in CSV_ROWS:
        for number in range(each):
            names.append(f"{rows}-{number}.csv")
            text = "\n".join(",".join(map(str, row)) for row in table(rows, tagged=number > 0, seed=number))
            (folder / names[-1]).write_text(text + "\n", encoding="utf-8")
    return names


def made_xlsx(folder: Path, each: int) -> list[str]:
    """Workbooks of several sizes; some have a sheet of notes first."""
    import xlsxwriter

    names = []
    for rows in XLSX_ROWS:
        for number in range(each):
            names.append(f"{rows}-{number}.xlsx")
            with xlsxwriter.Workbook(str(folder / names[-1]), {"constant_memory": False}) as book:
                if rows % 3:
                    book.add_worksheet("Read me").write(0, 0, "Sample notes on this table")
                sheet = book.add_worksheet("Data")
                for at, row in enumerate(table(rows, tagged=True, seed=number)):
                    sheet.write_row(at, 0, row)
    return names


def table(rows: int, *, tagged: bool, seed: int) -> Iterator[list[Any]]:
    """Headers, tags, then rows of sites with figures."""
    chance = random.Random(seed)
    yield [name for name, _ in NAMES]
    if tagged:
        yield [tag for _, tag in NAMES]
    for number in range(rows):
        place, people = chance.randrange(40), chance.randrange(9_000)
        yield [
            f"Province {place}", f"QL{place:02}", f"District {place}-{number % 17}", f"QL{place:02}{number % 17:02}",
            f"2026-{1 + number % 12:02}-{1 + number % 28:02}", people, people // 5, people // 3, people // 4,
            people // 6, people // 7, f"Site {number}", round(10 + chance.random(), 5), round(40 + chance.random(), 5),
            f"Sample Office {place % 9}", "" if number % 3 else f"Seen on round {number}",
        ]  # fmt: skip


if __name__ == "__main__":
    threading.stack_size(1 << 20)
    sys.exit(main())
