"""YAML folders to declarations; an error names file, key and mend.

The folder ``LANDMARK_CONFIG_DIR`` adds to what is shipped; a file of the same name replaces the shipped one whole.
"""

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from config.access import NO_AGREEMENT, Agreement, Role, Way
from config.declarations import (
    LEVELS,
    PLACES,
    Concept,
    Declaration,
    Entry,
    FactRules,
    GeneralRule,
    HxlAttributeRule,
    HxlFamily,
    HxlRules,
    HxlTagRule,
    Protocol,
    RegisterSheet,
    SensitivityRule,
    Source,
)
from config.disclosure import Disclosing
from config.forms import FormWords
from config.guidance import Guidance
from config.indicators import Indicators
from config.needs import CountryNeeds, Needs, NeedSet, merged
from config.plans import PlanLayout
from config.requests import Requests
from config.thesaurus import Meaning

if TYPE_CHECKING:
    # Whoever is handed rules needs no settings, which cost 17 MB to import.
    from config.settings import Settings

SHIPPED = Path(__file__).parent
SOURCES = "sources"
_THESAURUS = "rules/thesaurus"
_APART = frozenset({"general.yaml", "facts.yaml"})
"""Files among the sensitivity rules that are of another kind."""
# The same reading, ten times as fast, where PyYAML was built with it; neither makes Python objects.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ROLES, _AGREEMENTS = "roles.yaml", "agreements.yaml"
"""Files of what is known of access that are of another kind than the others there."""
D = TypeVar("D", bound=Declaration)


class ConfigurationError(Exception):
    """A declaration that cannot be used. The message names file, key and mend."""


@cache
def shipped_guidance() -> Guidance:
    """What to do with data of a level and a way of access."""
    path = SHIPPED / "guidance.yaml"
    return _declaration(Guidance, path, _mapping(path))


@cache
def shipped_requests() -> Requests:
    """The message of a request for data, in several languages."""
    path = SHIPPED / "requests.yaml"
    return _declaration(Requests, path, _mapping(path))


@dataclass(frozen=True, slots=True)
class Access:
    """What is known of getting data; the closest ways first. ``digest`` changes when any of it does."""

    ways: tuple[Way, ...]
    roles: Mapping[str, Role]
    agreements: Mapping[str, Agreement]
    digest: str


@cache
def shipped_disclosing() -> Disclosing:
    """The shipped table of who is shown what."""
    path = SHIPPED / "rules" / "disclosure.yaml"
    return _declaration(Disclosing, path, _mapping(path))


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule that turns a record into an assessed one, with a digest that changes when any of them does."""

    concepts: tuple[Concept, ...]
    sensitivity: tuple[SensitivityRule, ...]
    agents: tuple[Mapping[str, Any], ...]
    digest: str
    protocols: tuple[Protocol, ...] = ()
    general: tuple[GeneralRule, ...] = ()
    facts: FactRules = field(default_factory=FactRules)
    disclosing: Disclosing = field(default_factory=shipped_disclosing)
    hxl: HxlRules = field(default_factory=HxlRules)
    names: Mapping[str, str] = field(default_factory=dict)
    """Of which organisation a spelling is, where a person says so; none of them is declared."""


def sources(settings: "Settings", faults: list[ConfigurationError] | None = None) -> tuple[Source, ...]:
    """All declared sources by key.

    A file that cannot be used is left out and its error put into ``faults``; without that, the first one is raised.
    """
    found = []
    for path in _files(settings, SOURCES):
        try:
            found.append(_keyed(Source, path))
        except ConfigurationError as error:
            if faults is None:
                raise
            faults.append(error)
    return tuple(found)


def source(settings: "Settings", key: str) -> Source:
    """One declared source; raises ConfigurationError naming the nearest key."""
    known = {path.stem: path for path in _files(settings, SOURCES)}
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known) or 'none'}."
        raise ConfigurationError(f'There is no source "{key}". {hint}')
    return _keyed(Source, known[key])


def source_keys(settings: "Settings") -> tuple[str, ...]:
    """The keys of all declared sources; their files are not read."""
    return tuple(path.stem for path in _files(settings, SOURCES))


def register(settings: "Settings") -> tuple[Entry, ...]:
    """The reviewed entries of systems without an interface, by key."""
    return tuple(_keyed(Entry, path) for path in _files(settings, "register"))


def register_sheet(settings: "Settings") -> RegisterSheet:
    """The words of the register's sheet; a heading or choice that means two things is refused."""
    path = next(_files(settings, "vocab", "register.yaml"))
    return _declaration(RegisterSheet, path, _mapping(path))


def access(settings: "Settings | None" = None) -> Access:
    """What is known of getting data, from ``access/*.yaml``; the shipped files alone without settings."""
    paths = list(sorted((SHIPPED / "access").glob("*.yaml")) if settings is None else _files(settings, "access"))
    digest = hashlib.blake2b(b"".join(path.read_bytes() for path in paths), digest_size=12).hexdigest()
    apart = {path.name: path for path in paths if path.name in {_ROLES, _AGREEMENTS}}
    roles = _by_key(Role, apart[_ROLES])
    agreements = _by_key(Agreement, apart[_AGREEMENTS])
    found: dict[str, Way] = {}
    for path in paths:
        for place, entry in enumerate(_list(path)) if path.name not in apart else ():
            way = _declaration(Way, path, entry, place)
            where = f'{path}: {_line(path, (place,))}the entry "{way.id}"'
            if way.id in found:
                raise ConfigurationError(f"{where} is there twice. Give one another id.")
            for name, given, known in (
                ("role", way.role, roles),
                ("agreement", way.agreement, (*agreements, NO_AGREEMENT)),
            ):
                if given is not None and given not in known:
                    near = difflib.get_close_matches(given, known, 1)
                    mend = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known)}."
                    raise ConfigurationError(f'{where}: the key "{name}": there is no "{given}". {mend}')
            found[way.id] = way
    return Access(tuple(sorted(found.values(), key=lambda way: way.rank)), roles, agreements, digest)


K = TypeVar("K", Role, Agreement)


def _by_key(kind: type[K], path: Path) -> dict[str, K]:
    found: dict[str, K] = {}
    for place, entry in enumerate(_list(path)):
        one = _declaration(kind, path, entry, place)
        if one.key in found:
            raise ConfigurationError(f'{path}: {_line(path, (place,))}"{one.key}" is there twice. Remove one of them.')
        found[one.key] = one
    return found


def plan_layout(settings: "Settings") -> PlanLayout:
    """How a data analysis plan is laid out."""
    path = next(_files(settings, "vocab", "plan.yaml"))
    return _declaration(PlanLayout, path, _mapping(path))


def indicators(settings: "Settings") -> Indicators:
    """By what it is told whether sharing improves."""
    path = next(_files(settings, "vocab", "indicators.yaml"))
    return _declaration(Indicators, path, _mapping(path))


def needs(settings: "Settings") -> Needs:
    """What has to be known of a country: the sets, and countries' copies laid over them."""
    digest = hashlib.blake2b(digest_size=12)
    set_files, country_files = list(_files(settings, "needs")), list(_files(settings, "needs/countries"))
    for path in (*set_files, *country_files):
        digest.update(path.read_bytes())
    sets = tuple(_keyed(NeedSet, path) for path in set_files)
    _distinct_needs(sets, set_files)
    known = {entry["id"]: entry for path in set_files for entry in _mapping(path)["needs"]}
    countries = tuple(_country(path, sets, known) for path in country_files)
    found = Needs(sets, {one.key: one for one in countries}, digest.hexdigest())
    concepts = {path.stem for path in _files(settings, "rules/concepts")}
    for need in found.asked():
        named = {key for way in need.met_by.any for key in way.about} | set(need.met_by.unless.about)
        if unknown := sorted(named - concepts):
            near = difflib.get_close_matches(unknown[0], concepts, 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(sorted(concepts))}."
            raise ConfigurationError(f'The need "{need.id}": about: there is no concept "{unknown[0]}". {hint}')
    return found


def _distinct_needs(sets: Sequence[NeedSet], paths: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for one, path in zip(sets, paths, strict=True):
        for need in one.needs:
            if need.id in seen:
                raise ConfigurationError(
                    f'{path}: the need "{need.id}" is there twice, first in {seen[need.id].name}. Give one another id.'
                )
            seen[need.id] = path


def _country(path: Path, sets: Sequence[NeedSet], known: Mapping[str, Mapping[str, Any]]) -> CountryNeeds:
    content = _mapping(path)
    entries = content.get("needs")
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        content["needs"] = [merged(known, entry) for entry in entries]
    found = _declaration(CountryNeeds, path, {"key": path.stem} | content)
    keys = [one.key for one in sets]
    if unknown := sorted(set(found.from_) - set(keys)):
        raise ConfigurationError(
            f'{path}: {_line(path, ("from",))}the key "from": there is no set "{unknown[0]}". Known: {", ".join(keys)}.'
        )
    asked = {need.id for one in sets for need in one.needs} | {need.id for need in found.needs}
    if unknown := sorted(set(found.not_applicable) - asked):
        near = difflib.get_close_matches(unknown[0], asked, 1)
        hint = f' Did you mean "{near[0]}"?' if near else ' List them with "landmark needs list".'
        where = _line(path, ("not_applicable", unknown[0]))
        raise ConfigurationError(f'{path}: {where}the key "not_applicable": there is no need "{unknown[0]}".{hint}')
    return found


def thesaurus(settings: "Settings | None" = None) -> tuple[Meaning, ...]:
    """All meanings, in the order of their files; the shipped ones alone without settings.

    Raises:
        ConfigurationError: A key that is there twice, or another meaning that is not there.
    """
    paths = sorted((SHIPPED / _THESAURUS).glob("*.yaml")) if settings is None else list(_files(settings, _THESAURUS))
    found: dict[str, Meaning] = {}
    seen: dict[str, tuple[Path, int]] = {}
    for path in paths:
        for place, entry in enumerate(_list(path)):
            one = _declaration(Meaning, path, entry, place)
            if one.key in found:
                raise ConfigurationError(
                    f'{path}: {_line(path, (place,))}"{one.key}" is there twice. Remove one of them.'
                )
            found[one.key], seen[one.key] = one, (path, place)
    for key, one in found.items():
        for name, others in (("wider", one.wider), ("beside", one.beside)):
            for other in others:
                if other not in found:
                    near = difflib.get_close_matches(other, found, 1)
                    mend = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(found)}."
                    path, place = seen[key]
                    raise ConfigurationError(
                        f'{path}: {_line(path, (place,))}the key "{name}" of "{key}": there is no "{other}". {mend}'
                    )
    return tuple(found.values())


@cache
def shipped_thesaurus() -> tuple[Meaning, ...]:
    """The shipped meanings."""
    return thesaurus()


def form_words(settings: "Settings") -> FormWords:
    """How forms are written."""
    path = next(_files(settings, "vocab", "forms.yaml"))
    return _declaration(FormWords, path, _mapping(path))


def proposed(content: Mapping[str, Any]) -> Source:
    """A source declared by other means than a file, held to the same rules; raises ConfigurationError."""
    return _declaration(Source, "The proposal", content)


def rules(settings: "Settings") -> Rules:
    """Concepts, sensitivity rules, protocols, rules for columns and known organisations."""
    digest = hashlib.blake2b(digest_size=12)
    concept_files = list(_files(settings, "rules/concepts"))
    apart = {path.name: path for path in _files(settings, "rules/sensitivity") if path.name in _APART}
    sensitivity_files = [path for path in _files(settings, "rules/sensitivity") if path.name not in _APART]
    protocol_files = list(_files(settings, "rules/sensitivity/protocols"))
    agent_file = next(_files(settings, "vocab", "agents.yaml"))
    shown_file = next(_files(settings, "rules", "disclosure.yaml"))
    hxl_files = list(_files(settings, "rules/hxl"))
    read = (*concept_files, *sensitivity_files, *apart.values(), *protocol_files, agent_file, shown_file, *hxl_files)
    for path in read:
        digest.update(path.read_bytes())
    return Rules(
        concepts=tuple(_keyed(Concept, path) for path in concept_files),
        sensitivity=tuple(
            _declaration(SensitivityRule, path, entry, place)
            for path in sensitivity_files
            for place, entry in enumerate(_list(path))
        ),
        agents=tuple(_list(agent_file)),
        digest=digest.hexdigest(),
        protocols=_protocols(protocol_files),
        general=_general(apart["general.yaml"]),
        facts=_declaration(FactRules, apart["facts.yaml"], _mapping(apart["facts.yaml"])),
        disclosing=_declaration(Disclosing, shown_file, _mapping(shown_file)),
        hxl=_hxl(hxl_files),
    )


def _hxl(paths: Iterable[Path]) -> HxlRules:
    """All files as one; an id stands for one rule."""
    whole = HxlRules()
    seen: dict[str, Path] = {}
    for path in paths:
        part = _declaration(HxlRules, path, _mapping(path))
        named: tuple[HxlFamily | HxlTagRule | HxlAttributeRule, ...] = (*part.families, *part.tags, *part.attributes)
        for rule in named:
            if rule.id in seen:
                raise ConfigurationError(
                    f'{path}: the id "{rule.id}" is there twice, first in {seen[rule.id].name}. Give one another id.'
                )
            seen[rule.id] = path
        whole = HxlRules(
            filler=whole.filler + part.filler,
            questions=whole.questions + part.questions,
            threshold=whole.threshold if part.threshold is None else part.threshold,
            ages=part.ages or whole.ages,
            families=whole.families + part.families,
            tags=whole.tags + part.tags,
            attributes=whole.attributes + part.attributes,
        )
    families = {family.id for family in whole.families}
    bound: tuple[HxlTagRule | HxlAttributeRule, ...] = (*whole.tags, *whole.attributes)
    for entry in bound:
        if unknown := sorted(set(entry.family) - families):
            raise ConfigurationError(
                f'{seen[entry.id]}: the rule "{entry.id}": there is no family "{unknown[0]}". '
                f"Known: {', '.join(sorted(families)) or 'none'}."
            )
    return whole


def _protocols(paths: Iterable[Path]) -> tuple[Protocol, ...]:
    found = {path.stem: (path, _keyed(Protocol, path)) for path in paths}
    for key, (path, protocol) in found.items():
        seen, earlier = [key], protocol.supersedes
        while earlier:
            if earlier not in found:
                raise ConfigurationError(
                    f'{path}: the key "supersedes": there is no protocol "{earlier}". Known: {", ".join(found)}.'
                )
            seen.append(earlier)
            if earlier in seen[:-1]:
                raise ConfigurationError(
                    f'{path}: the key "supersedes": {" supersedes ".join(seen)} goes in a circle. Remove one of them.'
                )
            earlier = found[earlier][1].supersedes
    return tuple(protocol for _, protocol in found.values())


def _general(path: Path) -> tuple[GeneralRule, ...]:
    found = tuple(_declaration(GeneralRule, path, entry, place) for place, entry in enumerate(_list(path)))
    for place, rule in enumerate(found):
        conditions = rule.model_dump(exclude={"id", "version", "level", "from_", "reason", "source"})
        for other in found[:place]:
            if other.id == rule.id:
                raise ConfigurationError(f'{path}: the rule "{rule.id}" is there twice. Give one another id.')
            alike = conditions == other.model_dump(exclude={"id", "version", "level", "from_", "reason", "source"})
            if not (alike and rule.from_ and other.from_):
                continue
            finer, coarser = (rule, other) if _finer(rule, other) else (other, rule)
            if LEVELS.index(finer.level) < LEVELS.index(coarser.level):
                raise ConfigurationError(
                    f'{path}: the rule "{finer.id}" gives finer places a lower level than "{coarser.id}" gives '
                    f"coarser ones. Rules only raise: give it at least {coarser.level}."
                )
    return found


def _finer(rule: GeneralRule, other: GeneralRule) -> bool:
    return PLACES.index(rule.from_) > PLACES.index(other.from_)


def _files(settings: "Settings", folder: str, pattern: str = "*.yaml") -> Iterator[Path]:
    """The files in effect, by name."""
    found = {path.name: path for path in (SHIPPED / folder).glob(pattern)}
    if folder == SOURCES and settings.shipped_sources is not None:
        stems = {path.stem for path in found.values()}
        if unknown := sorted(settings.shipped_sources - stems):
            near = difflib.get_close_matches(unknown[0], stems, 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(sorted(stems))}."
            raise ConfigurationError(f'LANDMARK_SOURCES: no source "{unknown[0]}" is shipped. {hint}')
        found = {name: path for name, path in found.items() if path.stem in settings.shipped_sources}
    if settings.config_dir is not None:
        if not settings.config_dir.is_dir():
            raise ConfigurationError(
                f"LANDMARK_CONFIG_DIR names {settings.config_dir}, which is not a folder. Create it, or unset it."
            )
        found |= {path.name: path for path in (settings.config_dir / folder).glob(pattern)}
    yield from (found[name] for name in sorted(found))


def _read(path: Path) -> Any:  # noqa: ANN401
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
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


def _keyed(kind: type[D], path: Path) -> D:
    """The declaration of a file whose stem is the key."""
    content = _mapping(path)
    if "key" in content and content["key"] != path.stem:
        raise ConfigurationError(
            f'{path}: {_line(path, ("key",))}the key "key" says "{content["key"]}", but the file\'s name makes the '
            f'{kind.__name__.lower()} "{path.stem}". Remove the line, or rename the file.'
        )
    return _declaration(kind, path, {"key": path.stem} | content)


def _declaration(kind: type[D], path: Path | str, content: Mapping[str, Any], place: int | None = None) -> D:
    """The declaration; ``place`` is the entry's in a file that is a list."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentences(kind, path, error, place))) from error


def _sentences(kind: type[Declaration], path: Path | str, error: ValidationError, place: int | None) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        where = f"{path}: {_line(path, (*(() if place is None else (place,)), *fault['loc']))}"
        if fault["type"] == "extra_forbidden":
            *above, last = fault["loc"]
            known = {name: ".".join(map(str, (*above, name))) for name in _keys(kind, above)}
            near = difflib.get_close_matches(str(last), known, 1)
            mend = f'Did you mean "{known[near[0]]}"?' if near else f"Known keys: {', '.join(known.values())}."
            yield f'{where}unknown key "{key}". {mend}'
        elif fault["type"] == "missing":
            yield f'{where}the key "{key}" is missing. Add it.'
        else:
            named = f'the key "{key}": ' if key else ""
            yield f"{where}{named}{fault['msg'].removeprefix('Value error, ')}."


def _keys(kind: type[BaseModel], steps: Sequence[int | str]) -> list[str]:
    """The keys that may stand where these keys and places lead."""
    for step in steps:
        fields = {entry.alias or name: entry for name, entry in kind.model_fields.items()}
        if step in fields:
            kind = next(_models(fields[str(step)].annotation), kind)
    return [entry.alias or name for name, entry in kind.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - whatever a field may be
    """The declarations that a field holds, in a list or alone."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _line(path: Path | str, steps: Sequence[int | str]) -> str:
    """``line 12, `` of what keys and places lead to, as far as they lead; empty if that is nowhere."""
    if not isinstance(path, Path):
        return ""
    node = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    line = None
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
    return "" if line is None else f"line {line + 1}, "
