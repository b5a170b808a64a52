"""The holding that a form's data would be: one row of the register's sheet, its columns tagged and classified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.columns import DIRECT
from catalog.hxl.tagger import Inferred, Tagger
from catalog.register.forms import Field, Form
from catalog.sensitivity import Sensitivity
from config.forms import FormWords

MOST_IN_CELL = 4_000
_LONGEST_HEADER = 80


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the data to come.

    Attributes:
        field: The question.
        header: What stands for it in the sheet: its name, or its label where that tells more; empty where name and
            label contradict each other.
        tag: Canonical hashtag, empty if none is sure enough.
        confidence: Of the tag, 0 to 1.
        rule: Ids of the rules that said so.
        told_by: ``name`` or ``label``, whichever the tag rests on; empty without a tag.
        holds: What it holds that is sensitive, by the rules for headers or by its type; empty if nothing is known.
        personal: ``direct`` or ``indirect``, if it tells of a person; else empty.
    """

    field: Field
    header: str
    tag: str = ""
    confidence: float = 0.0
    rule: str = ""
    told_by: str = ""
    holds: str = ""
    personal: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One row of the register's sheet, by column, and what it was made of."""

    values: Mapping[str, str]
    columns: tuple[Column, ...]
    notes: tuple[str, ...]


def proposed(
    form: Form, name: str, tagger: Tagger, sensitivity: Sensitivity, words: FormWords, given: Mapping[str, str]
) -> Proposal:
    """Propose a holding; without a level, which the rules for whole records say (:mod:`catalog.assess`).

    Args:
        form: As it was read.
        name: Of the file, for a form without a title.
        tagger: Tells what a header holds.
        sensitivity: Its rules for headers.
        words: What types tell.
        given: What is known of the holding otherwise, by column of the register's sheet.
    """
    columns = _columns(form, form.title or name, tagger, sensitivity, words)
    headers = _headers(columns)
    told = {
        "title": (form.title or name)[:200],
        "contents": _contents(form),
        "admin_level": "point" if any(field.type in words.places for field in form.fields) else "",
        "columns": "; ".join(headers),
        "form": " ".join(filter(None, (form.title or form.id or name, form.version)))[:500],
        "personal_data": "yes" if any(column.personal == DIRECT for column in columns) else "",
    }
    told |= {key: value for key, value in given.items() if value}
    left = sum(bool(column.header) for column in columns) - len(headers)
    notes = [*form.notes]
    notes += [f"{field.contradiction} Neither is believed: ask whoever keeps the form." for field in form.contradicted]
    notes += [f"{left} columns have no room in the sheet's cell and were left out of it."] if left > 0 else []
    return Proposal({key: value for key, value in told.items() if value}, columns, tuple(notes))


def _columns(form: Form, title: str, tagger: Tagger, sensitivity: Sensitivity, words: FormWords) -> tuple[Column, ...]:
    names = [field.name for field in form.fields]
    labels = [field.label(form.language) for field in form.fields]
    by_name: list[Inferred | None] = [None] * len(names)
    by_label = list(by_name)
    # A repeat is a table of its own; what stands beside a column there says what it means.
    for repeat in dict.fromkeys(field.repeat for field in form.fields):
        places = [place for place, field in enumerate(form.fields) if field.repeat == repeat]
        for found, headers in ((by_name, names), (by_label, labels)):
            guesses = tagger.infer([headers[place] for place in places], title=title)
            for place, guess in zip(places, guesses, strict=True):
                found[place] = guess if headers[place] else None
    return tuple(
        _column(field, label, one, other, sensitivity, words)
        for field, label, one, other in zip(form.fields, labels, by_name, by_label, strict=True)
    )


def _column(
    field: Field,
    label: str,
    by_name: Inferred | None,
    by_label: Inferred | None,
    sensitivity: Sensitivity,
    words: FormWords,
) -> Column:
    rules = sensitivity.columns
    texts = [field.name, *field.labels.values()]
    # The strictest of what name, labels and type say, whatever is believed of its meaning.
    personal = max((rules.personal(text) for text in texts), key=("", "indirect", DIRECT).index)
    holds = next((family for text in texts if (family := rules.family(text))), "")
    if field.type in words.telling:
        personal, holds = DIRECT, holds or words.telling[field.type]
    if field.type in words.places:
        holds = holds or "places to the metre"
    if field.contradiction:
        return Column(field, "", holds=holds, personal=personal)
    better = by_label if by_label and (by_name is None or by_label.confidence > by_name.confidence) else by_name
    told_by = "" if better is None else "label" if better is by_label else "name"
    usable = label and len(label) <= _LONGEST_HEADER and ";" not in label
    tells = told_by == "label" or (not rules.family(field.name) and rules.family(label))
    header = label if usable and tells else field.name.replace(";", " ")
    if better is None:
        return Column(field, header, holds=holds, personal=personal)
    return Column(field, header, better.hashtag, better.confidence, better.rule, told_by, holds, personal)


def _headers(columns: Sequence[Column]) -> list[str]:
    """As many as a cell of the sheet holds."""
    found: list[str] = []
    letters = 0
    for column in columns:
        if column.header:
            letters += len(column.header) + 2
            if letters > MOST_IN_CELL:
                break
            found.append(column.header)
    return found


def _contents(form: Form) -> str:
    groups = list(dict.fromkeys(name for field in form.fields for name in field.groups[:1]))
    told = f"{len(form.fields)} columns"
    if groups:
        told += f" in {len(groups)} groups" if len(groups) > 1 else " in one group"
    if form.repeats:
        told += ", with one repeat" if len(form.repeats) == 1 else f", with {len(form.repeats)} repeats"
    return f"Collected with a form of {told}."
