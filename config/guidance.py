"""What ``guidance.yaml`` may say: what to do with data of a level and with a way of access, reviewed by a role."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from config.declarations import Declaration
from config.disclosure import LEVELS

ACCESS = ("open", "register", "on_request", "under_agreement", "bilateral", "on_site", "not_shared", "unknown")
LANGUAGES = ("en", "fr", "es", "ar", "uk")


class Reviewed(Declaration):
    """Who looked it over, by role, and when; ``next`` is when to look again."""

    by: str = Field(min_length=1)
    day: date
    next: date


class Reading(Declaration):
    """Where to read on; ``verified`` says whether somebody found the page at the address."""

    title: str
    url: str = Field(pattern=r"^https://[^\s]+$")
    verified: bool = False


class Advice(Declaration):
    """One sentence per language, and keys of what to read."""

    sentence: dict[str, str]
    links: tuple[str, ...] = ()


class Guidance(Declaration):
    """``guidance.yaml``: advice for every level and every way of access; ``protocol`` has a place for the country."""

    reviewed: Reviewed
    links: dict[str, Reading]
    levels: dict[str, Advice]
    access: dict[str, Advice]
    protocol: dict[str, str]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for table, given, wanted in (("levels", self.levels, LEVELS), ("access", self.access, ACCESS)):
            if unlike := set(given) ^ set(wanted):
                raise ValueError(f"{table}: {min(unlike)} is missing or not known; write {', '.join(wanted)}")
            for name, advice in given.items():
                _languages(f"{table}.{name}.sentence", advice.sentence)
                for link in advice.links:
                    if link not in self.links:
                        raise ValueError(
                            f'{table}.{name}.links: there is no "{link}"; write one of {", ".join(self.links)}'
                        )
        _languages("protocol", self.protocol)
        return self


def _languages(where: str, given: dict[str, str]) -> None:
    if unlike := set(given) ^ set(LANGUAGES):
        raise ValueError(f"{where}: {min(unlike)} is missing or not known; write {', '.join(LANGUAGES)}")
