"""What ``access/*.yaml`` may say: what is known of getting data, by organisation, by source and by way of access."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from config.declarations import Declaration, Key
from config.guidance import ACCESS, LANGUAGES

PLACEHOLDERS = ("{holder}", "{source}")
"""What a sentence may leave open: who holds the data, as disclosed, and where the record was found."""


def _sentence(value: str) -> str:
    left = value
    for name in PLACEHOLDERS:
        left = left.replace(name, "")
    if "{" in left or "}" in left:
        raise ValueError(f'"{value[:80]}" leaves something open that is not known; write {" or ".join(PLACEHOLDERS)}')
    if not value.strip():
        raise ValueError("an empty sentence says nothing; remove it")
    return " ".join(value.split())


def _modality(value: str) -> str:
    if value not in ACCESS:
        raise ValueError(f'there is no way of access "{value}"; write {", ".join(ACCESS)}')
    return value


Sentence = Annotated[str, Field(max_length=500), AfterValidator(_sentence)]
Address = Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=500)]


class Role(Declaration):
    """Somebody who is asked, by role and never by name: ``access/roles.yaml``, a list.

    Attributes:
        key: What other entries call it.
        name: In each of the five languages; goes on after "ask".
    """

    key: Key
    name: dict[str, Sentence]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if unlike := set(self.name) ^ set(LANGUAGES):
            raise ValueError(f"name: {min(unlike)} is missing or not known; write {', '.join(LANGUAGES)}")
        return self


class Agreement(Declaration):
    """A paper that is signed or filled in before data is given: ``access/agreements.yaml``, a list.

    Attributes:
        key: What other entries call it.
        title: As its author calls it.
        what: What it settles, in a sentence.
        aliases: What holders call it too.
        address: Where it is found, if anybody knows.
        languages: In which it is there.
        verified: Whether somebody found it at the address.
        evidence: Where what is said here comes from.
    """

    key: Key
    title: Sentence
    what: Sentence
    aliases: tuple[Sentence, ...] = ()
    address: Address | None = None
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ()
    verified: bool = False
    evidence: Sentence


class Way(Declaration):
    """What is known of getting data: ``access/*.yaml``, lists. An entry says only what somebody knows.

    It holds for the organisations, sources and ways of access that it names, for all of those that it does not. One
    that names organisations goes before one that names sources, and that before one that names ways of access alone.

    Attributes:
        id: Stable name of the entry.
        organisations: Names or acronyms of who holds or publishes the data.
        sources: Keys of sources.
        access: Ways of access.
        steps: What to do, in plain words.
        role: Whom to ask, a key of ``roles.yaml``.
        mailbox: Where they are asked, a mailbox of the role.
        address: Where it is asked for or had.
        agreement: A key of ``agreements.yaml``; ``none`` says that none is needed.
        asked: What whoever asks is asked for.
        days: In how many days an answer usually comes; 0 is at once.
        conditions: What comes with the data.
        meanwhile: What can be had until then.
        verified: Whether somebody found it to be so.
        evidence: Where what is said here comes from.
    """

    id: Key
    organisations: tuple[str, ...] = ()
    sources: tuple[Key, ...] = ()
    access: tuple[Annotated[str, AfterValidator(_modality)], ...] = ()
    steps: tuple[Sentence, ...] = ()
    role: Key | None = None
    mailbox: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    address: Address | None = None
    agreement: Key | None = None
    asked: tuple[Sentence, ...] = ()
    days: int | None = Field(default=None, ge=0, le=3650)
    conditions: tuple[Sentence, ...] = ()
    meanwhile: tuple[Sentence, ...] = ()
    verified: bool = False
    evidence: Sentence

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.organisations or self.sources or self.access):
            raise ValueError('say what it holds for: add "organisations", "sources" or "access"')
        if not (set(self.model_fields_set) & set(SAYS)):
            raise ValueError(f"it says nothing; add one of {', '.join(SAYS)}")
        return self

    @property
    def rank(self) -> tuple[int, int]:
        """How close it is to the record, the closest first; among equals, who names more goes first."""
        closest = 0 if self.organisations else 1 if self.sources else 2
        return closest, -sum(map(bool, (self.organisations, self.sources, self.access)))


SAYS = ("steps", "role", "mailbox", "address", "agreement", "asked", "days", "conditions", "meanwhile")
"""The fields of a :class:`Way` that a route is made of."""
NO_AGREEMENT = "none"
