"""Documentation that is made from the code: ``python -m tests.docs`` writes it, ``--check`` says what has drifted."""

import argparse
import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import landmark
from config import load
from config.access import Agreement, Role, Way
from config.declarations import (
    VIEW,
    Concept,
    Entry,
    FactRules,
    GeneralRule,
    HxlRules,
    Protocol,
    SensitivityRule,
    Source,
)
from config.indicators import Indicators
from config.needs import NeedSet
from config.settings import Settings
from config.thesaurus import Meaning
from harvester.kinds import kinds
from tests.attacks.listed import INCIDENTS, cases
from tests.bench.figures import FIGURES, rendered
from tests.portals_served.faulty import FAULTS, Fault

ROOT = Path(__file__).parent.parent
WIDTH = 100
SCHEMAS = {
    "source": Source,
    "entry": Entry,
    "concept": Concept,
    "sensitivity-rule": SensitivityRule,
    "protocol": Protocol,
    "general-rule": GeneralRule,
    "fact-rules": FactRules,
    "hxl-rules": HxlRules,
    "access-way": Way,
    "access-role": Role,
    "agreement": Agreement,
    "needs": NeedSet,
    "meaning": Meaning,
    "indicators": Indicators,
}
LISTS = {SensitivityRule, Way, Role, Agreement, Meaning}
"""What a file has a list of."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A file as it should be."""

    path: Path
    content: str

    @property
    def drifted(self) -> bool:
        """Whether the file is not so."""
        return not self.path.is_file() or self.path.read_text(encoding="utf-8") != self.content


def main() -> int:
    """Write, or with ``--check`` compare and answer 1 if something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; say what has drifted")
    only_check = parser.parse_args().check
    drifted = [made for made in everything() if made.drifted]
    for made in drifted:
        name = made.path.relative_to(ROOT).as_posix()
        if only_check:
            print(f"{name} is not what the code says. Run: make docs", file=sys.stderr)
        else:
            made.path.parent.mkdir(parents=True, exist_ok=True)
            made.path.write_text(made.content, encoding="utf-8", newline="\n")
            print(f"written: {name}")
    return 1 if only_check and drifted else 0


def everything() -> Iterator[Generated]:
    """Every generated file."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    text = between(text, "commands", commands())
    text = between(text, "sources", sources())
    if FIGURES.is_file():
        text = between(text, "figures", rendered(json.loads(FIGURES.read_text(encoding="utf-8"))))
    yield Generated(readme, text)
    yield Generated(ROOT / "docs" / "cli.md", cli())
    for name, kind in SCHEMAS.items():
        yield Generated(ROOT / "docs" / "schemas" / f"{name}.json", schema(kind))
    yield Generated(ROOT / "harvester" / "portals" / "README.md", portals())
    about_tests = ROOT / "tests" / "README.md"
    told = between(about_tests.read_text(encoding="utf-8"), "faults", faults())
    yield Generated(about_tests, between(told, "attacks", attacks()))


def between(text: str, name: str, content: str) -> str:
    """The text with what stands between the markers replaced; raises ValueError if they are not there once."""
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    made, count = pattern.subn(lambda found: f"{found[1]}{content.strip()}\n{found[2]}", text)
    if count != 1:
        raise ValueError(f"a README needs <!-- generated: {name} --> and <!-- end --> once, on lines of their own")
    return made


def commands() -> str:
    """A table of all commands with the first sentence of their help."""
    rows = [f"| `{path}` | {first(command.help or '')} |" for path, command in tree() if answers(command)]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def sources() -> str:
    """A table of the shipped sources: what becomes a dataset, and how each stands."""
    units = {kind.kind: kind.unit for kind in kinds()}
    rows = ["| source | what it is | one dataset is | state |", "| --- | --- | --- | --- |"]
    for source in load.sources(Settings(sources="all", config_dir=None)):
        unit = f"read with `{source.of}`" if source.kind == VIEW else units[source.kind].partition(". ")[0].rstrip(".")
        rows.append(f"| `{source.key}` | {source.title} | {unit} | {'view' if source.kind == VIEW else source.state} |")
    return "\n".join(rows)


def faults() -> str:
    """A table of everything that the faulty portal does, and what a harvest makes of it."""
    head = (
        "fault",
        "the portal ...",
        "when",
        "run",
        "issues",
        "created, updated, unchanged, failed, skipped",
        "catalog",
    )
    rows = [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *map(fault_cells, FAULTS))]
    many = f"{len(FAULTS)} faults. After each of them a good harvest is run as well."
    return "\n".join([many, "", *rows])


def attacks() -> str:
    """A table of the attack cases with their tests and breakages, and one of the incidents of others."""
    rows = ["| case | the attack | tests | one breakage that turns a test red |", "| --- | --- | --- | --- |"]
    for case in cases():
        tests = ", ".join(f"`{name.removeprefix('tests/')}`" for name in case.tests)
        broken = "; ".join(f"`{one.file}`: {one.why.partition(': ')[2]}" for one in case.breakages)
        rows.append(f"| {case.id} | {case.words} | {tests or f'waits: {case.waits}'} | {broken or 'none yet'} |")
    rows += ["", "| what happened elsewhere | test |", "| --- | --- |"]
    for one in INCIDENTS:
        tests = ", ".join(f"`{name.removeprefix('tests/')}`" for name in one["tests"])
        rows.append(f"| {one['what']} | {tests} |")
    return "\n".join(rows)


def fault_cells(fault: Fault) -> tuple[str, ...]:
    """One row of the table."""
    issues = ", ".join(f"`{code}`" + (f" x {n}" if n > 1 else "") for code, n in sorted(Counter(fault.issues).items()))
    when = "on the first harvest" if fault.first else "after a good one"
    counts = " ".join(map(str, fault.counts))
    return f"`{fault.name}`", fault.does, when, fault.state.value, issues or "none", counts, fault.effect


def cli() -> str:
    """The help of every command, whole."""
    parts = ["# The `landmark` command\n\nMade by `make docs` from the command itself.\n"]
    for path, command in tree():
        parts.append(f"## {path}\n\n```\n{help_text(path, command)}\n```\n")
    return "\n".join(parts)


def tree() -> Iterator[tuple[str, Any]]:
    """Every command by the words that call it, groups before their own."""

    def below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield path, command
        for name in command.commands if is_group(command) else ():
            yield from below(f"{path} {name}", command.commands[name])

    yield from below("landmark", typer.main.get_command(landmark.app))


def is_group(command: Any) -> bool:
    """Whether it only holds others."""
    return hasattr(command, "commands")


def answers(command: Any) -> bool:
    """Whether it does something by itself."""
    return not is_group(command) or bool(command.invoke_without_command)


def runs(command: Any) -> bool:
    """Whether it does something without a further word."""
    return not is_group(command) or command.invoke_without_command


def first(help_text: str) -> str:
    """The first sentence, on one line, fit for a table."""
    return re.split(r"(?<=\.)\s", " ".join(help_text.split()), maxsplit=1)[0].replace("|", "\\|")


def help_text(path: str, command: Any) -> str:
    """As the command prints it, 100 wide, without colours, the same on every machine."""
    command.rich_markup_mode = None
    for inner in getattr(command, "commands", {}).values():
        inner.rich_markup_mode = None
    parent = None
    for word in path.split()[:-1]:
        parent = command.context_class(command, info_name=word, parent=parent)
    context = command.context_class(
        command, info_name=path.rsplit(maxsplit=1)[-1], parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).strip().splitlines())


def schema(kind: Any) -> str:
    """JSON Schema of one YAML file; the key is the file's name and may be left out, but of entries of a list."""
    made = kind.model_json_schema()
    definitions = made.pop("$defs", {})
    if kind not in LISTS and "key" in made.get("required", ()):
        made["required"] = [name for name in made["required"] if name != "key"]
    if kind in LISTS:
        made = {"type": "array", "items": made}
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
    if definitions:
        made["$defs"] = definitions
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


PORTALS_HEAD = """# Portal kinds

Made by `make docs` from the docstring of each module and from `config/sources/`.
A kind is one file here; a portal of a kind is one YAML file there. What is said of keys and switches is as
shipped: `landmark sources` tells how it stands with you.

To find the kind for a portal, look at what it runs: `/api/3/action` is a CKAN, `hub.arcgis.com` or
`/api/feed/dcat-us` an ArcGIS Hub, `/sharing/rest` an ArcGIS portal, `/index.php/catalog` a NADA library,
`/data.json` DCAT-US. GeoNode, GeoNetwork and GeoServer have no kind yet.
"""


def portals() -> str:
    """One section per portal kind, from its own docstring and from the sources that are of it."""
    folder = ROOT / "harvester" / "portals"
    shipped = load.sources(Settings(sources="all", config_dir=None))
    parts = [PORTALS_HEAD]
    for path in sorted(folder.glob("*.py")):
        if path.stem == "__init__":
            continue
        tree_ = ast.parse(path.read_text(encoding="utf-8"))
        title, _, rest = (ast.get_docstring(tree_) or "").partition("\n")
        kind = kind_of(tree_) or path.stem
        parts.append(
            f"## `{kind}`: {title.rstrip('.').replace('``', '`')}\n\n{markdown(rest)}\n\n"
            f"{instances([source for source in shipped if source.kind == kind])}"
        )
    views = "".join(f"- {view(source)}\n" for source in shipped if source.kind == VIEW)
    parts.append(
        "## `view`: a part of another source\n\n"
        f"Not harvested by itself, and never a second time: a question, counted and listed like a source.\n\n{views}"
    )
    return "\n".join(parts)


def view(source: Source) -> str:
    """One view as its file declares it."""
    asked = ", ".join(f"{name} = {' or '.join(values)}" for name, values in source.query.items())
    note = f" {source.note}" if source.note else ""
    return f"`{source.key}`: {source.title}. Harvest `{source.of}`; asked by {asked}.{note}"


def instances(sources: Sequence[Source]) -> str:
    """The sources of a kind, a line each."""
    if not sources:
        return "No source of this kind is shipped: add yours to `sources/` of your configuration folder.\n"
    return "".join(f"- {instance(source)}\n" for source in sources)


def instance(source: Source) -> str:
    """One source as its file declares it."""
    facts = [
        f"`{source.key}`: {source.title}, {source.url}".rstrip(", "),
        source.state,
        f"read by `{source.schedule}`" if source.schedule else "read by hand",
        f"records {source.visibility}",
        f"access {source.access.replace('_', ' ')} unless a record says otherwise"
        if source.access != "unknown"
        else "",
        f"licence {source.licence}" if source.licence else "",
        f"at most {source.calls_per_day} requests a day" if source.calls_per_day else "",
    ]
    key = f" Key: `{source.key_variable}`. {source.access_key.how}" if source.access_key else ""
    ended = f" Ended: {source.retired.reason} Today: {'; '.join(source.retired.successors)}." if source.retired else ""
    note = f" {' '.join(source.note.split())}" if source.note else ""
    return f"{'; '.join(fact for fact in facts if fact)}.{key}{ended}{note}"


def kind_of(module: ast.Module) -> str:
    """The word a source's YAML names it by."""
    for node in module.body:
        names = [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]
        if names == ["kind"] and isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return ""


def markdown(text: str) -> str:
    """A docstring's lines as Markdown: double backticks single, indented lists at the margin, lines kept apart."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        plain = line.strip().replace("``", "`")
        labelled = re.match(r"[A-Z][A-Za-z ]{1,30}: ", plain) and not line.startswith(" ")
        if plain.startswith("- ") and lines and lines[-1] and not lines[-1].startswith(("- ", "  ")):
            lines.append("")
        lines.append(f"- **{plain.split(': ')[0]}:** {plain.split(': ', 1)[1]}" if labelled else _indented(line, plain))
    return "\n".join(lines)


def _indented(line: str, plain: str) -> str:
    continued = line.startswith("      ")
    return f"  {plain}" if continued else plain


if __name__ == "__main__":
    sys.exit(main())
