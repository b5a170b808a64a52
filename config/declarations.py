"""What a YAML file may say. Unknown keys are refused; messages name the key and the mend."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
_HTTP_URL = TypeAdapter(AnyHttpUrl)


def _web_address(value: str) -> str:
    _HTTP_URL.validate_python(value)
    return value.rstrip("/")


def _crontab(value: str) -> str:
    fields = value.split()
    if fields and len(fields) != 5:  # noqa: PLR2004
        raise ValueError('a schedule has five fields, such as "15 3 * * mon"')
    # APScheduler counts weekdays from Monday = 0, cron from Sunday = 0: a bare number is a silent day's error.
    if fields and re.search(r"\d", fields[4]):
        raise ValueError(f'name the weekday ("mon", "tue-fri"): the number in "{fields[4]}" means another day to cron')
    try:
        timing = CronTrigger.from_crontab(value, "UTC") if fields else None
    except ValueError as error:
        raise ValueError(f'"{value}" is no schedule ({error}); write one such as "15 3 * * mon"') from error
    if timing is not None and timing.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise ValueError(f'"{value}" names a day that never comes; write one such as "15 3 * * mon"')
    return " ".join(fields)


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f'"{value}" must be host:port, such as "127.0.0.1:8080"')
    return value


class Declaration(BaseModel):
    """Base of everything read from YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Expectation(Declaration):
    """What a healthy run looks like.

    Attributes:
        min_records: A run that reads fewer is held.
        max_drop: The largest share of listed records that may vanish in one run before it is held.
    """

    min_records: int = Field(default=1, ge=0)
    max_drop: float = Field(default=0.2, ge=0, le=1)


class Removal(Declaration):
    """When a record that the portal no longer lists is withdrawn; until then it is missing.

    Attributes:
        runs: So many complete full runs have not listed it.
        days: So many days have passed since the first of them.
    """

    runs: int = Field(default=2, ge=1)
    days: int = Field(default=7, ge=0)


class Source(Declaration):
    """One portal instance, ``sources/<key>.yaml``; the file's stem is its key.

    Attributes:
        kind: Which file of ``harvester/portals/`` reads it.
        url: Base address of the portal.
        publisher: Who runs the portal; its default publisher.
        schedule: Crontab with named weekdays, UTC; empty means by hand only.
        full_every: Days after which a scheduled run reads everything, not only what changed.
        licence: Of records that declare none.
        visibility: Default visibility of its records.
        access: Default way to get its data where the portal does not say.
        allow_hosts: Loopback or private ``host:port`` this source may reach.
        options: What the kind itself understands.
    """

    key: Key
    kind: Key
    title: str = Field(min_length=1, max_length=200)
    url: Annotated[str, AfterValidator(_web_address)]
    publisher: str = ""
    enabled: bool = True
    schedule: Annotated[str, AfterValidator(_crontab)] = ""
    full_every: int = Field(default=7, ge=1, le=366)
    licence: str = ""
    visibility: Literal["public", "community", "restricted", "owner"] = "public"
    access: Literal[
        "open", "register", "on_request", "under_agreement", "bilateral", "on_site", "not_shared", "unknown"
    ] = "unknown"
    allow_hosts: tuple[Annotated[str, AfterValidator(_host_and_port)], ...] = ()
    expect: Expectation = Expectation()
    removal: Removal = Removal()
    options: dict[str, JsonValue] = Field(default_factory=dict)


class Terms(Declaration):
    """Words and phrases of one concept, per language."""

    en: tuple[str, ...] = ()
    fr: tuple[str, ...] = ()
    es: tuple[str, ...] = ()
    ar: tuple[str, ...] = ()
    uk: tuple[str, ...] = ()


class Concept(Declaration):
    """Something data can be about, ``rules/concepts/<key>.yaml``.

    Attributes:
        title: Name per language code; English is required.
        topic: Whether a dataset may be given it as a topic.
        terms: Words and phrases that mean it, whole words, case and accents aside.
        acronyms: Upper-case short forms, matched case-sensitively in original text.
        unless: Phrases in which a term does *not* mean it.
        hxl: Tag patterns (libhxl syntax) of columns that carry it.
        note: What it must not be taken for, in a sentence.
    """

    key: Key
    title: dict[str, str]
    topic: bool = True
    terms: Terms = Terms()
    acronyms: tuple[str, ...] = ()
    unless: Terms = Terms()
    hxl: tuple[str, ...] = ()
    note: str = ""


class SensitivityRule(Declaration):
    """When one thing is seen in a record, its data is at least at a level.

    Exactly one of ``flag``, ``hxl``, ``header``, ``cod`` says what is looked for.

    Attributes:
        id: Stable name, kept in every assertion that rests on it.
        version: Raised by hand when the meaning changes.
        level: The level asserted; empty for a signal that asserts none.
        flag: ``field=value`` as the portal declares it.
        hxl: Tag patterns, all on one table.
        header: Words that a column header contains (whole words, normalised).
        cod: A COD level.
        topics: Only for records with one of these topics.
        reason: Why, in a sentence a steward can weigh.
        source: Where the rule comes from (a guideline, an ISP, or ours).
        withhold_links: Whether file links are withheld from the public while it holds.
    """

    id: Key
    version: int = Field(ge=1)
    level: Literal["low_no", "moderate", "high", "severe", ""] = ""
    flag: str = ""
    hxl: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    cod: str = ""
    topics: tuple[str, ...] = ()
    reason: str
    source: str
    withhold_links: bool = False
