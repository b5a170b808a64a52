"""The fields of everything that was recorded beside the checkout, one value at a time."""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from defusedxml import ElementTree

_NUMBER = re.compile(r"[0-9a-f-]{8,}|\d+")


class Value(NamedTuple):
    """A plain value and where it stood: the file below ``portals``, and names of fields without numbers of entries."""

    file: str
    path: str
    value: Any


def values(shared: Path) -> Iterator[Value]:
    """Every value of every JSON, JSON lines, CSV, YAML and XML file below ``portals``, packed ones too."""
    folder = shared / "portals"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "PROVENANCE.md":
            name = path.relative_to(folder).as_posix()
            for document in _documents(path):
                for where, value in _walked(document, ""):
                    yield Value(name, where, value)


def _documents(path: Path) -> Iterator[Any]:
    name, content = path.name, path.read_bytes()
    if name.endswith(".gz"):
        name, content = name[:-3], gzip.decompress(content)
    if name.endswith((".json", ".jsonld")):
        yield json.loads(content)
    elif name.endswith(".jsonl"):
        yield from map(json.loads, content.splitlines())
    elif name.endswith(".csv"):
        yield from csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    elif name.endswith(".yaml"):
        yield yaml.safe_load(content)
    elif name.endswith((".xml", ".rdf")):
        root = ElementTree.fromstring(content, forbid_dtd=False, forbid_entities=False)
        yield {_tag(root.tag): _element(root)}


def _element(element: Any) -> Mapping[str, Any]:
    found: dict[str, Any] = {f"@{_tag(name)}": value for name, value in element.attrib.items()}
    for child in element:
        found.setdefault(_tag(child.tag), []).append(_element(child))
    if element.text and element.text.strip():
        found["text"] = element.text.strip()
    return found


def _tag(name: Any) -> str:
    return str(name).rpartition("}")[2]


def _walked(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            step = "#" if _NUMBER.fullmatch(str(name)) else str(name)
            yield from _walked(value, f"{path}.{step}" if path else step)
    elif isinstance(node, list):
        for value in node:
            yield from _walked(value, f"{path}[]")
    elif node is not None and node != "":
        yield path, node
