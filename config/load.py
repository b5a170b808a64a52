"""YAML folders to declarations; an error names file, key and mend.

The folder ``LANDMARK_CONFIG_DIR`` adds to what is shipped; a file of the same name replaces the shipped one whole.
"""

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import ValidationError

from config.declarations import Concept, Declaration, SensitivityRule, Source

if TYPE_CHECKING:
    # Whoever is handed rules needs no settings, which cost 17 MB to import.
    from config.settings import Settings

SHIPPED = Path(__file__).parent
D = TypeVar("D", bound=Declaration)


class ConfigurationError(Exception):
    """A declaration that cannot be used. The message names file, key and mend."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule that turns a record into an assessed one, with a digest that changes when any of them does."""

    concepts: tuple[Concept, ...]
    sensitivity: tuple[SensitivityRule, ...]
    agents: tuple[Mapping[str, Any], ...]
    digest: str


def sources(settings: "Settings") -> tuple[Source, ...]:
    """All declared sources by key."""
    return tuple(
        _declaration(Source, path, {"key": path.stem} | _mapping(path)) for path in _files(settings, "sources")
    )


def source(settings: "Settings", key: str) -> Source:
    """One declared source; raises ConfigurationError naming the nearest key."""
    known = {path.stem: path for path in _files(settings, "sources")}
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known) or 'none'}."
        raise ConfigurationError(f'There is no source "{key}". {hint}')
    return _declaration(Source, known[key], {"key": key} | _mapping(known[key]))


def source_keys(settings: "Settings") -> tuple[str, ...]:
    """The keys of all declared sources; their files are not read."""
    return tuple(path.stem for path in _files(settings, "sources"))


def proposed(content: Mapping[str, Any]) -> Source:
    """A source declared by other means than a file, held to the same rules; raises ConfigurationError."""
    return _declaration(Source, "The proposal", content)


def rules(settings: "Settings") -> Rules:
    """Concepts, sensitivity rules and known organisations."""
    digest = hashlib.blake2b(digest_size=12)
    concept_files = list(_files(settings, "rules/concepts"))
    sensitivity_files = list(_files(settings, "rules/sensitivity"))
    agent_file = next(_files(settings, "vocab", "agents.yaml"))
    for path in (*concept_files, *sensitivity_files, agent_file):
        digest.update(path.read_bytes())
    return Rules(
        concepts=tuple(_declaration(Concept, path, {"key": path.stem} | _mapping(path)) for path in concept_files),
        sensitivity=tuple(
            _declaration(SensitivityRule, path, entry) for path in sensitivity_files for entry in _list(path)
        ),
        agents=tuple(_list(agent_file)),
        digest=digest.hexdigest(),
    )


def _files(settings: "Settings", folder: str, pattern: str = "*.yaml") -> Iterator[Path]:
    """The files in effect, by name."""
    found = {path.name: path for path in (SHIPPED / folder).glob(pattern)}
    if settings.config_dir is not None:
        if not settings.config_dir.is_dir():
            raise ConfigurationError(
                f"LANDMARK_CONFIG_DIR names {settings.config_dir}, which is not a folder. Create it, or unset it."
            )
        found |= {path.name: path for path in (settings.config_dir / folder).glob(pattern)}
    yield from (found[name] for name in sorted(found))


def _read(path: Path) -> Any:  # noqa: ANN401
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise ConfigurationError(f"{path}{line}: not valid YAML ({problem}). Mend the line and try again.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8. Save the file as UTF-8.") from error


def _mapping(path: Path) -> dict[str, Any]:
    content = _read(path)
    if not isinstance(content, dict):
        raise ConfigurationError(f'{path}: expected "key: value" lines, such as "title: ...".')
    return content


def _list(path: Path) -> list[Mapping[str, Any]]:
    content = _read(path)
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise ConfigurationError(f'{path}: expected a list of entries, each beginning with "- ".')
    return content


def _declaration(kind: type[D], path: Path | str, content: Mapping[str, Any]) -> D:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentences(kind, path, error))) from error


def _sentences(kind: type[Declaration], path: Path | str, error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, kind.model_fields, 1)
            mend = f'Did you mean "{near[0]}"?' if near else f"Known keys: {', '.join(kind.model_fields)}."
            yield f'{path}: unknown key "{key}". {mend}'
        elif fault["type"] == "missing":
            yield f'{path}: the key "{key}" is missing. Add it.'
        else:
            yield f'{path}: the key "{key}": {fault["msg"].removeprefix("Value error, ")}.'
