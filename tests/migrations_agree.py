"""Fail if the migrations do not make the tables that the models describe: ``python -m tests.migrations_agree``."""

import sys
import tempfile
from pathlib import Path

from catalog.database import Catalog, drift


def main() -> int:
    """1, and a line per difference, if an upgraded empty file is not what the models say."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        address = f"sqlite:///{Path(folder, 'empty.db').as_posix()}"
        with Catalog(address, create=True) as catalog:
            differences = drift(catalog.engine)
    for difference in differences:
        print(f"migrations and models differ: {difference}", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
