"""The sample content as written in ``content/*.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Entry = Mapping[str, Any]
_FOLDER = Path(__file__).with_name("content")


def entries(portal: str) -> list[Entry]:
    """What one portal holds: ``exchange``, ``microdata``, ``directory`` or ``network``, in the order of the file."""
    listed: list[Entry] = _read(portal)
    return listed


def organisation(key: str) -> Entry:
    """Title and mailbox of a fictional organisation."""
    found: Entry = _read("organisations")["organisations"][key]
    return found


def language(entry: Entry) -> str:
    """The language an entry is written in."""
    return str(entry.get("language", "en"))


def labelled(entry: Entry) -> str:
    """An entry's notes, after the words that it is a sample, in its own language."""
    return f"{_read('organisations')['labels'][language(entry)]} {entry['notes']}"


@cache
def _read(name: str) -> Any:  # noqa: ANN401 - the shape is the file's
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
