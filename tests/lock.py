"""Write requirements/*.txt: pinned, with hashes, for every platform, without an index address (``make lock``)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
GROUPS = {
    "run": ["--group", "build"],
    "test": ["--group", "build", "--group", "test"],
    "check": ["--group", "build", "--group", "test", "--group", "check"],
    "browser": ["--group", "build", "--group", "test", "--group", "browser"],
}


def main() -> None:
    """Each file contains the ones before it, pinned alike."""
    for name, groups in GROUPS.items():
        target = ROOT / "requirements" / f"{name}.txt"
        constraint = [] if name == "run" else ["--constraint", str(ROOT / "requirements" / "run.txt")]
        subprocess.run(
            [
                sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
                "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header",
                *groups, *constraint, "pyproject.toml", "--output-file", str(target),
            ],
            check=True, cwd=ROOT,
        )  # fmt: skip


if __name__ == "__main__":
    main()
