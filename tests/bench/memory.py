"""Whether a harvest of ten times as many records needs more memory: ``make bench-memory``, 8 minutes, 4 GB of disk."""

import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench import harvest, packages
from tests.bench.figures import MEMORY, memory_row

SIZES = (25_000, 250_000)


def main() -> None:
    """Measure, write, print."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = {"date": datetime.now(UTC).date().isoformat(), "sizes": [first(Path(folder), size) for size in SIZES]}
    MEMORY.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")
    row = memory_row(found)
    Console().print(f"{row['what']}: {row['measured']}; {row['floor']}: {'yes' if row['holds'] else 'no'}")
    sys.exit(0 if row["holds"] else 1)


def first(folder: Path, records: int) -> dict[str, Any]:
    """A first harvest of so many records, portal to searchable."""
    listed, data = folder / f"{records}.jsonl", folder / str(records)
    packages.write(listed, records)
    harvest.initialise(data)
    with harvest.portal(listed) as url:
        answer = harvest.measured("harvest", url, data)
    listed.unlink()
    if not answer["searchable"] == records == answer["created"]:
        raise AssertionError(f"the measurement did something else than meant: {answer}")
    return {
        "records": records,
        "seconds": round(answer["seconds"], 1),
        "own_mb": answer["own_mb"],
        "peak_mb": answer["peak_mb"],
    }


if __name__ == "__main__":
    main()
