"""What ``vocab/plan.yaml`` may say: the layout of a data analysis plan, its words, and what follows from them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.declarations import Declaration, SheetKey

PlanLanguage = Literal["en", "fr", "es", "ar"]
"""In which a plan is read and the template can be had."""


class PlanText(Declaration):
    """A text in every language of a plan."""

    en: str = Field(min_length=1)
    fr: str = Field(min_length=1)
    es: str = Field(min_length=1)
    ar: str = Field(min_length=1)

    def of(self, language: str) -> str:
        """The text in one of them."""
        return str(getattr(self, language))


class PlanColumn(Declaration):
    """A column of a plan.

    Attributes:
        type: ``text``; ``category``: what may be shared how; ``organisations``: names of organisations, clusters and
            roles, with anything else left out; ``choice``: one of ``choices``.
        kept: Whether anything of it is kept. What may be about persons, and what nobody needs, is not.
        most: Characters of a text.
        title: Its heading in the template.
        help: What is to be written, in a sentence.
        aliases: Other headings people give it, in any language.
    """

    key: SheetKey
    type: Literal["text", "category", "organisations", "choice"] = "text"
    kept: bool = True
    most: int = Field(default=1000, ge=1, le=10_000)
    title: PlanText
    help: PlanText
    aliases: tuple[str, ...] = ()


class PlanCategory(Declaration):
    """A dissemination category, and the four facts that follow from it, each by itself.

    Attributes:
        words: Those of which one in a cell stands for the category, in any language.
        level: Sensitivity of the data; empty where the category says nothing of it.
        visibility: Who may know of the need; empty for the owner alone.
        access: How the data can be had once there is some.
        agreement: What has to be signed; empty if nothing has.
        urgent: Whether named recipients need it at once.
        step: How it is shared, in a sentence.
    """

    key: SheetKey
    title: PlanText
    words: tuple[str, ...] = Field(min_length=1)
    level: Literal["", "low_no", "moderate", "high", "severe"] = ""
    visibility: Literal["", "public", "described", "listed", "community", "restricted", "owner"] = ""
    access: Literal[
        "open", "register", "on_request", "under_agreement", "bilateral", "on_site", "not_shared", "unknown"
    ]
    agreement: str = ""
    urgent: bool = False
    step: str = Field(min_length=1)


class PlanChoice(Declaration):
    """One thing that may be chosen: what is kept, what a cell shows, and what people write for it."""

    key: SheetKey
    title: PlanText
    aliases: tuple[str, ...] = ()


class PlanTexts(Declaration):
    """Names of the sheets, and what the template says of itself."""

    plan: PlanText
    choices: PlanText
    instructions: PlanText
    ours: PlanText


class PlanPeople(Declaration):
    """By what a person's name is told in a text: words before it, and words that make it an organisation's."""

    titles: tuple[str, ...]
    cues: tuple[str, ...]
    organisations: tuple[str, ...]


class PlanLayout(Declaration):
    """The layout of a data analysis plan.

    Attributes:
        header_within: Rows with something in them, among which the header is looked for.
        category_column: Place of the category's column, from 0: ``1`` is column B.
        holder: Who collects, unless the import says otherwise.
        fillers: Words beside those of a category that say nothing.
        unclassified: What is told of a need whose category is blank or not known.
        steps: Sentences of the page of instructions.
    """

    header_within: int = Field(default=15, ge=1, le=100)
    category_column: int = Field(default=1, ge=0, le=100)
    holder: str = Field(min_length=1)
    columns: Annotated[tuple[PlanColumn, ...], Field(min_length=2)]
    categories: Annotated[tuple[PlanCategory, ...], Field(min_length=1)]
    fillers: tuple[str, ...]
    unclassified: str = Field(min_length=1)
    choices: tuple[PlanChoice, ...]
    people: PlanPeople
    texts: PlanTexts
    steps: tuple[PlanText, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        keys = [column.key for column in self.columns]
        for what, given in (
            ("column", keys),
            ("category", [one.key for one in self.categories]),
            ("choice", [one.key for one in self.choices]),
        ):
            if twice := next((key for key in given if given.count(key) > 1), None):
                raise ValueError(f'the {what} "{twice}" is there twice. Remove one of them')
        for wanted in ("title", "category"):
            if wanted not in keys:
                raise ValueError(f'there is no column "{wanted}". Add it: every plan has needs and how they are shared')
        if any((column.type == "category") != (column.key == "category") for column in self.columns):
            raise ValueError('the column "category", and it alone, is of the type "category"')
        for category in self.categories:
            if not category.level and not category.urgent:
                raise ValueError(f'the category "{category.key}" has no level and is not urgent. Give it a level')
        return self
