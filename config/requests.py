"""What ``requests.yaml`` may say: the message of a request in several languages, and which one a country reads."""

from string import Formatter
from typing import Self

from pydantic import Field, model_validator

from config.declarations import Declaration
from config.guidance import LANGUAGES

PLACES = frozenset({"holder", "organisation", "title", "days"})
"""What a sentence may have a place for, in braces."""


class Message(Declaration):
    """The words of one language: labels end as that language ends them, sentences may have places (:data:`PLACES`)."""

    language: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    greeting: str = Field(min_length=1)
    greeting_unnamed: str = Field(min_length=1)
    opening: str = Field(min_length=1)
    title: str = Field(min_length=1)
    link: str = Field(min_length=1)
    record: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
    for_whom: str = Field(min_length=1)
    until: str = Field(min_length=1)
    agreement: str = Field(min_length=1)
    required: str = Field(min_length=1)
    asking: str = Field(min_length=1)
    days: str = Field(min_length=1)
    safely: str = Field(min_length=1)
    closing: str = Field(min_length=1)

    @model_validator(mode="after")
    def _places(self) -> Self:
        for name, text in self:
            try:
                places = {place for _, place, _, _ in Formatter().parse(text) if place is not None}
            except ValueError:
                raise ValueError(f"{name}: a brace is not closed; write {{holder}} or leave it out") from None
            if unknown := sorted(places - PLACES):
                raise ValueError(f"{name}: there is no place {{{unknown[0]}}}; there is {', '.join(sorted(PLACES))}")
        return self


class Requests(Declaration):
    """``requests.yaml``: a message per language, and the language of countries whose official ones do not tell it."""

    messages: dict[str, Message]
    countries: dict[str, str]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if unlike := set(self.messages) ^ set(LANGUAGES):
            raise ValueError(f"messages: {min(unlike)} is missing or not known; write {', '.join(LANGUAGES)}")
        for iso3, language in self.countries.items():
            if language not in self.messages:
                raise ValueError(f"countries.{iso3}: there is no message in {language}; write {', '.join(LANGUAGES)}")
        return self
