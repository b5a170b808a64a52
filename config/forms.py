"""What ``vocab/forms.yaml`` may say: how forms name their columns and types, and which words contradict each other."""

from pydantic import Field

from config.declarations import Declaration, SheetKey


class Opposite(Declaration):
    """Words that cannot both be meant: a column counts children or adults. By meaning, in any language."""

    key: SheetKey
    meanings: dict[str, tuple[str, ...]] = Field(min_length=2)


class FormWords(Declaration):
    """The words of forms.

    Attributes:
        headings: Of the table of fields, by what they stand for: ``type``, ``name``, ``label``.
        settings: Headings of the sheet of settings.
        choice_list: Headings of the column that names a list of choices.
        languages: Names of languages by code.
        types: Spellings of types by their standard names.
        without_data: Types of which no column comes.
        places: Types whose answers are places to the metre.
        telling: Types whose answers tell of a person by themselves, each with what it tells.
        opposites: What a name and a label must not both say.
    """

    headings: dict[SheetKey, tuple[str, ...]]
    settings: dict[SheetKey, tuple[str, ...]]
    choice_list: tuple[str, ...]
    languages: dict[str, tuple[str, ...]]
    types: dict[str, tuple[str, ...]]
    without_data: tuple[str, ...]
    places: tuple[str, ...]
    telling: dict[str, str]
    opposites: tuple[Opposite, ...]
