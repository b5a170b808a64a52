"""A form as the columns that its data will have: XLSForm of ODK, KoboToolbox and Survey123, or a table of its fields.

What a question asks is told by its name and by its labels. Where these contradict each other neither is believed.
Nothing of choices is kept but how many there are: a list may name villages or people.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.columns import header_words
from catalog.register.files import Line, Opened, Page, Unreadable, Value, opened
from catalog.register.reading import clean
from catalog.text import normalize, tokens
from config.forms import FormWords

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
HEADER_WITHIN = 15
MOST_FIELDS = 3_000
MOST_LETTERS = 300
"""Characters of a name or label that are read."""
_LANGUAGE = re.compile(r"(?:::?|[ _]+)(?P<name>[^:()]*?)\s*(?:\((?P<code>[A-Za-z]{2,3})(?:[-_]\w+)?\))?\s*$")
_MARKUP = re.compile(r"<[^<>]{0,500}>|\$\{[^{}]{0,100}\}|\*\*|__")


@dataclass(frozen=True, slots=True)
class Field:
    """A question whose answers become a column.

    Attributes:
        number: Of the row.
        name: Of the column.
        type: As the form's standard names it, such as ``geopoint``; empty if it is none of them.
        labels: By language; under an empty key where the form does not say which.
        groups: Names of the groups it is in, the outermost first.
        repeat: Name of the innermost repeat: its data is a table of its own. Empty outside.
        choices: How many may be chosen from; 0 if it is no list.
        contradiction: A sentence that says how name and label contradict each other; empty if they do not.
    """

    number: int
    name: str
    type: str
    labels: Mapping[str, str]
    groups: tuple[str, ...] = ()
    repeat: str = ""
    choices: int = 0
    contradiction: str = ""

    def label(self, language: str = "") -> str:
        """The label in a language, else in English, else without a language, else the first; without its markup."""
        for wanted in (language, "en", ""):
            if self.labels.get(wanted):
                return self.labels[wanted]
        return next(iter(self.labels.values()), "")


@dataclass(frozen=True, slots=True)
class Form:
    """A form.

    Attributes:
        title: Empty if it does not say.
        id: As its settings name it.
        version: As its settings name it.
        language: Of the labels that it shows first.
        languages: Of all labels.
        fields: In the order of the form.
        notes: What was left out and what should be looked at, in sentences.
    """

    title: str
    id: str
    version: str
    language: str
    languages: tuple[str, ...]
    fields: tuple[Field, ...]
    notes: tuple[str, ...] = ()

    @property
    def repeats(self) -> tuple[str, ...]:
        """Names of its repeats, each a table of its own."""
        return tuple(dict.fromkeys(field.repeat for field in self.fields if field.repeat))

    @property
    def contradicted(self) -> tuple[Field, ...]:
        """The fields of which neither name nor label is believed."""
        return tuple(field for field in self.fields if field.contradiction)


def read(body: bytes, words: FormWords) -> Form:
    """Read a form; raises :class:`catalog.register.files.Unreadable` if no sheet of it lists fields."""
    file = opened(body, lambda cells: len(_columns(cells, words)))
    survey, place, columns = _survey(file, words)
    notes = [*file.notes, *survey.notes]
    settings = _settings(file, words)
    lists = _lists(file, words)
    if CHOICES not in {normalize(page.name) for page in file.pages} and any(page.name for page in file.pages):
        notes.append('There is no sheet "choices".')
    labels = _labels(survey.lines[place], words)
    found, told = _fields(survey.lines[place + 1 :], columns, labels, lists, words)
    notes += told
    languages = tuple(dict.fromkeys(language for field in found for language in field.labels if language))
    default = _code(settings.get("default_language", ""), words)
    return Form(
        title=settings.get("form_title", ""),
        id=settings.get("form_id", ""),
        version=settings.get("version", ""),
        language=default if default in languages else "",
        languages=languages,
        fields=tuple(replace(field, contradiction=contradiction(field, words)) for field in found),
        notes=tuple(notes),
    )


def contradiction(field: Field, words: FormWords) -> str:
    """How a field's name and its labels contradict each other, as a sentence; empty if they do not."""
    said = {group.key: _meanings(header_words(field.name), group.meanings) for group in words.opposites}
    for label in field.labels.values():
        for group in words.opposites:
            theirs = _meanings(_label_words(label), group.meanings)
            ours = said[group.key]
            if ours and theirs and ours.isdisjoint(theirs):
                mine, other = " and ".join(sorted(ours)), " and ".join(sorted(theirs))
                return f'The name "{field.name}" says {mine}, the label "{label[:80]}" says {other}.'
    return ""


def _meanings(given: Iterable[str], meanings: Mapping[str, Sequence[str]]) -> set[str]:
    told = set(given)
    return {
        meaning
        for meaning, phrases in meanings.items()
        for phrase in phrases
        if set(tokens(phrase)) and set(tokens(phrase)) <= told
    }


def _label_words(label: str) -> list[str]:
    return header_words(label[:MOST_LETTERS])


def _survey(file: Opened, words: FormWords) -> tuple[Page, int, dict[str, int]]:
    """The sheet of fields, the place of its header, and its columns."""
    best: tuple[Page, int, dict[str, int]] | None = None
    for page in file.pages:
        for place, line in enumerate(page.lines[:HEADER_WITHIN]):
            columns = _columns(line.cells, words)
            if not {"type", "name"} <= set(columns):
                continue
            if normalize(page.name) == SURVEY:
                return page, place, columns
            if best is None or len(columns) > len(best[2]):
                best = page, place, columns
            break
    if best is None:
        raise Unreadable(
            'No sheet lists fields: looked for was a row with the headings "type" and "name", as the sheet "survey" of '
            "an XLSForm has it. Save the form as XLSX, or its fields as CSV."
        )
    return best


def _columns(cells: Iterable[Value], words: FormWords) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        text = normalize(cell) if isinstance(cell, str) else ""
        key = next((key for key, spelt in words.headings.items() if text in map(normalize, spelt)), "")
        if key:
            found.setdefault(key, place)
    return found


def _labels(header: Line, words: FormWords) -> dict[int, str]:
    """Language by place of the columns that hold labels: ``label``, ``label::Arabic (ar)``, ``label_ar``."""
    found: dict[int, str] = {}
    spelt = [normalize(one) for one in words.headings["label"]]
    for place, cell in enumerate(header.cells):
        if not isinstance(cell, str):
            continue
        text = cell.strip()
        if normalize(text) in spelt:
            found[place] = ""
            continue
        first = re.split(r"::?|[ _]", text, maxsplit=1)[0]
        if normalize(first) in spelt and (told := _LANGUAGE.match(text[len(first) :])):
            found[place] = _code(told["code"] or told["name"] or "", words)
    return found


def _code(given: str, words: FormWords) -> str:
    """The code of a language that a form names: ``Arabic (ar)``, ``العربية``, ``ar``."""
    if coded := re.search(r"\(([A-Za-z]{2,3})(?:[-_]\w+)?\)\s*$", given):
        return coded[1].lower()
    text = normalize(given)
    return next((code for code, names in words.languages.items() if text in {code, *map(normalize, names)}), text[:20])


def _settings(file: Opened, words: FormWords) -> dict[str, str]:
    page = next((page for page in file.pages if normalize(page.name) == SETTINGS), None)
    if page is None or len(page.lines) < 2:  # noqa: PLR2004 - a header and a row
        return {}
    header, row = page.lines[:2]
    found: dict[str, str] = {}
    for place, cell in enumerate(header.cells):
        text = normalize(cell) if isinstance(cell, str) else ""
        key = next((key for key, spelt in words.settings.items() if text in map(normalize, spelt)), "")
        if key and (value := _text(_at(row, place))):
            found.setdefault(key, value[:200])
    return found


def _lists(file: Opened, words: FormWords) -> dict[str, int]:
    """How many choices each list has."""
    page = next((page for page in file.pages if normalize(page.name) == CHOICES), None)
    found: dict[str, int] = {}
    if page is None:
        return found
    for place, line in enumerate(page.lines[:HEADER_WITHIN]):
        spelt = [normalize(cell) if isinstance(cell, str) else "" for cell in line.cells]
        at = next((spelt.index(name) for name in map(normalize, words.choice_list) if name in spelt), -1)
        if at >= 0:
            for row in page.lines[place + 1 :]:
                if name := _text(_at(row, at)):
                    found[name] = found.get(name, 0) + 1
            break
    return found


def _fields(
    lines: Sequence[Line],
    columns: Mapping[str, int],
    labels: Mapping[int, str],
    lists: Mapping[str, int],
    words: FormWords,
) -> tuple[list[Field], list[str]]:
    found: list[Field] = []
    notes: list[str] = []
    within: list[tuple[str, str]] = []
    strange: dict[str, int] = {}
    for line in lines:
        said = _text(_at(line, columns["type"]))
        name = _text(_at(line, columns["name"]))[:MOST_LETTERS]
        kind = " ".join(re.split(r"[\s_]+", said.lower()))
        begins, ends = kind.startswith("begin"), kind.startswith("end ")
        if begins or ends:
            what = "repeat" if "repeat" in kind else "group"
            if begins:
                within.append((what, name))
            elif any(opened_ == what for opened_, _ in within):
                while within and within.pop()[0] != what:
                    continue
            else:
                notes.append(f"Row {line.number} ends a {what} that was not begun.")
            continue
        if not name:
            if said and _known(said, words) not in words.without_data:
                notes.append(f'Row {line.number} is of the type "{said[:40]}" and has no name; it was left out.')
            continue
        type_ = _known(said, words)
        if type_ in words.without_data:
            continue
        if not type_:
            strange[said[:40]] = strange.get(said[:40], 0) + 1
        if len(found) == MOST_FIELDS:
            raise Unreadable(f"The form has more than {MOST_FIELDS} fields. Give it in parts.")
        given = {language: text for place, language in labels.items() if (text := _label(_at(line, place)))}
        found.append(
            Field(
                line.number,
                name,
                type_,
                given,
                tuple(name for what, name in within if name),
                next((name or "repeat" for what, name in reversed(within) if what == "repeat"), ""),
                lists.get(_list_of(said), 0),
            )
        )
    notes += [
        f'{count} {"field is" if count == 1 else "fields are"} of the type "{said}", which no form has; taken for text.'
        for said, count in strange.items()
        if said
    ]
    return found, notes


def _known(said: str, words: FormWords) -> str:
    """A type by its standard name, of however it was spelt: ``Select_one yes_no``, ``GeoPoint``, ``decimal / x``."""
    text = said.lower().replace("_", " ").strip()
    for name, spelt in words.types.items():
        if any(text == one or text.startswith((f"{one} ", f"{one}/")) for one in map(str.lower, spelt)):
            return name
    first = text.split(" ")[0] if text else ""
    near = difflib.get_close_matches(first, [name for name in words.types if len(name) > 4], 1, 0.85)  # noqa: PLR2004
    return near[0] if near else ""


def _list_of(said: str) -> str:
    parts = said.split()
    return parts[1] if len(parts) > 1 and parts[0].lower().startswith(("select", "rank")) else ""


def _label(value: Value) -> str:
    return " ".join(_MARKUP.sub(" ", _text(value)).split())[:MOST_LETTERS]


def _at(line: Line, place: int) -> Value:
    return line.cells[place] if 0 <= place < len(line.cells) else None


def _text(value: Value) -> str:
    return clean(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
