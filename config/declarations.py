"""What a YAML file may say. Unknown keys are refused; messages name the key and the mend."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self, get_args

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, model_validator

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


def _phrase(value: str) -> str:
    if not value.strip() or set(value) & set("()[]{}|\\^$+?") or re.search(r"\*(?!\s|$)|(?:^|\s)\*", value):
        raise ValueError(
            f'"{value}" must be plain words, a word may end in "*"; no rule of ours is a regular expression'
        )
    return value


Phrase = Annotated[str, Field(max_length=120), AfterValidator(_phrase)]
"""Words as a rule looks for them; nothing that could be slow."""


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


class AccessKey(Declaration):
    """What a portal wants from whoever asks it: a key, a token, an approved name.

    Attributes:
        variable: Environment variable that holds it; ``LANDMARK_KEY_<SOURCE>`` if none is named.
        required: Without it nothing can be read; otherwise less.
        how: How it is got, in a sentence.
    """

    variable: Annotated[str, Field(pattern=r"^(LANDMARK_KEY_[A-Z0-9_]+)?$")] = ""
    required: bool = True
    how: str = Field(min_length=1)


class Retired(Declaration):
    """A portal that has ended.

    Attributes:
        since: Year or day, as far as known.
        successors: Where its holdings are today: keys of sources, or names with an address.
        reason: What became of it, in a sentence.
    """

    since: str = ""
    successors: tuple[str, ...] = ()
    reason: str = Field(min_length=1)


VisibilityName = Literal["public", "described", "listed", "community", "restricted", "owner"]
"""Who may know of a record, from the widest to the narrowest."""
VIEW = "view"
"""Kind of a source that is a part of another one."""
ADDRESSLESS = frozenset({VIEW, "curated", "plan", "register"})
"""Kinds that ask no portal."""
LIVE, NEEDS_KEY, OFF, RETIRED = "live", "needs key", "off by default", "retired"
"""How a source stands, as declared."""


class Source(Declaration):
    """One portal instance, ``sources/<key>.yaml``; the file's stem is its key.

    Attributes:
        kind: Which file of ``harvester/portals/`` reads it; ``view`` is a part of another source.
        url: Base address of the portal.
        of: Of a view: key of the source that is harvested in its place.
        query: Of a view: which of that source's datasets it is, facet by facet.
        publisher: Who runs the portal; its default publisher.
        schedule: Crontab with named weekdays, UTC; empty means by hand only.
        full_every: Days after which a scheduled run reads everything, not only what changed.
        licence: Of records that declare none.
        visibility: Default visibility of its records.
        access: Default way to get its data where the portal does not say.
        allow_hosts: Loopback or private ``host:port`` this source may reach.
        access_key: What the portal wants from who asks.
        calls_per_day: Requests that the portal allows us in a day (UTC); 0 for any number.
        retired: Set once the portal has ended; it is then not read.
        note: What people should know of it: why it is off, what to ask whom.
        profile: Whether the files of its public records may be looked at for the names of their columns.
        links: Whether addresses of its public records may be looked at, to know whether they are still there.
        filters: Which of the portal's records are wanted, in the kind's words.
        options: How the kind reads it.
    """

    key: Key
    kind: Key
    title: str = Field(min_length=1, max_length=200)
    url: Annotated[str, AfterValidator(_web_address)] = ""
    of: Key | Literal[""] = ""
    query: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    publisher: str = ""
    enabled: bool = True
    schedule: Annotated[str, AfterValidator(_crontab)] = ""
    full_every: int = Field(default=7, ge=1, le=366)
    licence: str = ""
    visibility: VisibilityName = "public"
    access: Literal[
        "open", "register", "on_request", "under_agreement", "bilateral", "on_site", "not_shared", "unknown"
    ] = "unknown"
    allow_hosts: tuple[Annotated[str, AfterValidator(_host_and_port)], ...] = ()
    expect: Expectation = Expectation()
    removal: Removal = Removal()
    access_key: AccessKey | None = None
    calls_per_day: int = Field(default=0, ge=0)
    retired: Retired | None = None
    note: str = ""
    profile: bool = True
    links: bool = True
    filters: dict[str, JsonValue] = Field(default_factory=dict)
    options: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.url and self.kind not in ADDRESSLESS:
            raise ValueError('the key "url" is missing. Add the base address of the portal')
        if (self.kind == VIEW) != bool(self.of and self.query):
            raise ValueError('a view has "of" (a source\'s key) and "query" (facets), and nothing else has them')
        if self.kind == VIEW and self.schedule:
            raise ValueError(f'a view is not read by itself: leave out "schedule"; "{self.of}" has one')
        return self

    def whole(self, option: str, otherwise: int, most: int | None = None) -> int:
        """An option that is a whole number above 0, ``most`` at the most; ``otherwise`` if it is not given or none."""
        given = self.options.get(option)
        if not isinstance(given, int) or isinstance(given, bool) or given <= 0:
            return otherwise
        return given if most is None else min(given, most)

    @property
    def key_variable(self) -> str:
        """The environment variable that holds its key."""
        named = self.access_key.variable if self.access_key else ""
        return named or f"LANDMARK_KEY_{self.key.upper().replace('-', '_')}"

    @property
    def key_wanted(self) -> str:
        """What a person can do where its key is missing or was refused, in sentences."""
        how = self.access_key.how if self.access_key else ""
        return f"Set {self.key_variable} to a key that may read this. {how}".rstrip()

    @property
    def state(self) -> str:
        """How it stands as declared: ``retired``, ``off by default``, ``needs key`` or ``live``."""
        if self.retired is not None:
            return RETIRED
        if not self.enabled:
            return OFF
        return NEEDS_KEY if self.access_key is not None and self.access_key.required else LIVE


class Entry(Declaration):
    """A holding, or a product that guides, of a system without an interface: ``register/<key>.yaml``.

    Attributes:
        what: What is held, in sentences.
        sort: ``holding`` of data; ``guidance`` on how data is collected or shared.
        holder: Who holds it; empty if nobody knows.
        countries: ISO 3166 alpha-3; ``WLD`` for the world.
        access: How the data can be had.
        how: What to do to get it, a sentence each.
        page: Where people read of it.
        contact: A mailbox or form of the holder, never a person's.
        verified: When a person last saw that this is so; without it the record says that it was not verified.
        evidence: Where what is said here comes from.
        retired: Set once the system has ended.
    """

    key: Key
    title: str = Field(min_length=1, max_length=200)
    what: str = Field(min_length=1)
    sort: Literal["holding", "guidance"] = "holding"
    holder: str = ""
    acronym: str = ""
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ("WLD",)
    access: Literal[
        "open", "register", "on_request", "under_agreement", "bilateral", "on_site", "not_shared", "unknown"
    ] = "unknown"
    how: tuple[str, ...] = Field(min_length=1)
    page: Annotated[str, AfterValidator(_web_address)] = ""
    contact: str = ""
    languages: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    verified: date | None = None
    evidence: str = Field(min_length=1)
    retired: Retired | None = None


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

    At most one of ``flag``, ``hxl``, ``header``, ``cod`` says what is looked for; a ``family`` is looked for wherever
    another entry of that family has its headers.

    Attributes:
        id: Stable name, kept in every assertion that rests on it.
        version: Raised by hand when the meaning changes.
        level: The level asserted; empty for a signal that asserts none.
        flag: ``field=value`` as the portal declares it.
        hxl: Tag patterns, all on one table.
        header: Words that a column header contains (whole words, normalised, in any order and any of seven
            languages); a word may end in ``*``. Nothing here is a regular expression.
        unless: Words that cancel these headers.
        family: What such a column holds (``person-name``, ``phone`` ..).
        personal: ``direct`` if a column of the family tells of a person by itself, ``indirect`` if it does beside
            others, empty if it is not about persons. Without a level nothing is asserted.
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
    header: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()
    family: Key | Literal[""] = ""
    personal: Literal["direct", "indirect", ""] = ""
    cod: str = ""
    topics: tuple[str, ...] = ()
    reason: str
    source: str
    withhold_links: bool = False


LevelName = Literal["low_no", "moderate", "high", "severe"]
LEVELS: tuple[str, ...] = get_args(LevelName)
"""From the mildest to the strictest."""
Theme = Literal[
    "cod", "presence", "needs", "planning", "displacement", "registration", "ordnance", "casualties", "protection",
    "security", "access", "actors", "staff", "contacts", "facilities", "health", "feedback", "movement", "supplies",
    "registry", "product", "other",
]  # fmt: skip
Granularity = Literal[
    "national", "adm1", "adm2", "adm3", "adm4", "point", "household", "individual", "organisation", "unstated"
]
Form = Literal["aggregated", "record", "product", "unstated"]
Persons = Literal["none", "general", "personal", "staff", "victims", "unstated"]
Consent = Literal["given", "absent", "unstated"]
Area = Literal["sensitive", "ordinary", "unstated"]
Partners = Literal["named", "hidden", "unstated"]
Disaggregation = Literal["none", "sex-age", "group", "unstated"]
Timing = Literal["live", "unstated"]
PLACES: tuple[str, ...] = get_args(Granularity)[:6]
"""Granularities of place, from the coarsest to the finest."""


class Statement(Declaration):
    """What one statement of a protocol is about, as facts; none of its words.

    Attributes:
        number: Counted within its level; with the level it names the statement.
        theme: Kind of data; ``presence`` is who does what where, ``cod`` a Common Operational Dataset.
        granularity: The finest that is said.
        form: ``record`` is raw, row by row; ``product`` a report, map or minutes.
        persons: Whom it tells of; ``general`` is groups and counts.
        area: ``sensitive`` if it speaks only of areas of conflict or named ones.
        cluster: Lead sector, where one is named.
        timing: ``live`` if it speaks only of data as it comes in, from devices or day by day.
        coarsest: Where it speaks of a span of places, the coarsest; ``granularity`` is the finest.
        clause: Where it says several things at once, which of them this is; empty for the statement as a whole.
    """

    level: LevelName
    number: int = Field(ge=1)
    clause: Literal["", "a", "b", "c"] = ""
    theme: Theme
    granularity: Granularity = "unstated"
    coarsest: Literal["national", "adm1", "adm2", "adm3", "adm4", "point", ""] = ""
    form: Form = "unstated"
    persons: Persons = "unstated"
    consent: Consent = "unstated"
    area: Area = "unstated"
    partners: Partners = "unstated"
    cluster: Key | Literal[""] = ""
    disaggregation: Disaggregation = "unstated"
    timing: Timing = "unstated"


class Protocol(Declaration):
    """A country's information sharing protocol, ``rules/sensitivity/protocols/<key>.yaml``.

    Attributes:
        version: Of our coding of it, raised by hand when the meaning changes.
        iso3: Its country; empty for OCHA's default.
        area: Names and p-codes of the admin 1 areas it is for; empty for the whole country.
        version_date: Empty if not known, which ``note`` says.
        year: Where no more than that is known.
        supersedes: Key of the protocol that this one replaces from its date on.
        hides_partners: It asks for partner names to be left out, at least in some areas or on request.
    """

    key: Key
    version: int = Field(default=1, ge=1)
    title: str = Field(min_length=1)
    iso3: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    area: tuple[str, ...] = ()
    version_date: date | None = None
    year: int | None = Field(default=None, ge=2000, le=2100)
    note: str = ""
    source: str
    supersedes: Key | Literal[""] = ""
    hides_partners: bool = False
    hides_partners_note: str = ""
    statements: tuple[Statement, ...] = ()

    @model_validator(mode="after")
    def _numbered_once(self) -> Self:
        names = [f"{entry.level} {entry.number}{entry.clause}" for entry in self.statements]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f'statement "{twice[0]}" is there twice; number each level\'s statements from 1')
        return self


class GeneralRule(Declaration):
    """Our own word where a country's protocol has none, ``rules/sensitivity/general.yaml``.

    Read from the top: the first that fits the facts holds. An empty condition fits everything. ``from_`` (``from`` in
    the file) is the coarsest granularity of place that it fits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: Key
    version: int = Field(ge=1)
    level: LevelName
    theme: tuple[Theme, ...] = ()
    from_: Literal["national", "adm1", "adm2", "adm3", "adm4", "point", ""] = Field(default="", alias="from")
    granularity: tuple[Granularity, ...] = ()
    form: tuple[Form, ...] = ()
    persons: tuple[Persons, ...] = ()
    consent: tuple[Consent, ...] = ()
    area: tuple[Area, ...] = ()
    partners: tuple[Partners, ...] = ()
    cluster: tuple[str, ...] = ()
    disaggregation: tuple[Disaggregation, ...] = ()
    timing: tuple[Timing, ...] = ()
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)


class FactWords(Declaration):
    """How one value of a fact is recognised in a record.

    Attributes:
        words: Phrases as in a concept's terms, in any language; a word in capitals is matched as it stands.
        unless: Phrases that cancel them.
        concepts: Keys of concepts that mean it.
        hxl: Tag patterns of columns that mean it.
        header: As in a sensitivity rule.
    """

    words: tuple[Phrase, ...] = ()
    unless: tuple[Phrase, ...] = ()
    concepts: tuple[Key, ...] = ()
    hxl: tuple[str, ...] = ()
    header: tuple[Phrase, ...] = ()


class Published(Declaration):
    """How far protocols go for data that its holder publishes openly and that tells of no single person.

    Attributes:
        unless: Themes for which they go as far as they say.
    """

    at_most: LevelName
    unless: tuple[Theme, ...] = ()
    reason: str


class FactRules(Declaration):
    """``rules/sensitivity/facts.yaml``: fact, value, how it is recognised. Themes earlier in the file go first.

    Attributes:
        version: Raised by hand when the meaning changes; part of the version of all that protocols say.
    """

    version: int = Field(default=1, ge=1)
    published: Published | None = None
    theme: Mapping[Theme, FactWords] = Field(default_factory=dict)
    granularity: Mapping[Granularity, FactWords] = Field(default_factory=dict)
    form: Mapping[Form, FactWords] = Field(default_factory=dict)
    persons: Mapping[Persons, FactWords] = Field(default_factory=dict)
    consent: Mapping[Consent, FactWords] = Field(default_factory=dict)
    area: Mapping[Area, FactWords] = Field(default_factory=dict)
    partners: Mapping[Partners, FactWords] = Field(default_factory=dict)
    cluster: Mapping[Key, FactWords] = Field(default_factory=dict)
    disaggregation: Mapping[Disaggregation, FactWords] = Field(default_factory=dict)
    timing: Mapping[Timing, FactWords] = Field(default_factory=dict)


class HxlWords(Declaration):
    """Words and phrases per language, as a column's header has them; ``field`` is for abbreviations of the field."""

    field: tuple[Phrase, ...] = ()
    en: tuple[Phrase, ...] = ()
    fr: tuple[Phrase, ...] = ()
    es: tuple[Phrase, ...] = ()
    pt: tuple[Phrase, ...] = ()
    ar: tuple[Phrase, ...] = ()
    uk: tuple[Phrase, ...] = ()
    ru: tuple[Phrase, ...] = ()

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not any(getattr(self, name) for name in HXL_LANGUAGES):
            raise ValueError("no word is given; add at least one, such as en: [village]")
        return self


HXL_LANGUAGES = tuple(HxlWords.model_fields)
HxlTagName = Annotated[str, Field(pattern=r"^#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*$")]
HxlAttributes = Annotated[str, Field(pattern=r"^(\+[a-z][a-z0-9_]*)*$")]
HxlAttributeKind = Literal[
    "naming", "language", "place", "role", "person", "harm", "unit", "count", "time", "date", "money", "vocabulary",
    "object", "state", "stock",
]  # fmt: skip


class HxlTagRule(Declaration):
    """What a column is of whose header has these words.

    Attributes:
        tag: The hashtag, with attributes that it always has.
        rank: Where a header has the words of several, the highest rank holds; then the longest words, then the first.
        takes: Kinds of attributes that other words of the header may add.
        otherwise: Attributes added where no other word of the header adds one that says what is in the cells.
        alone: It holds only where the header has no other words but filler.
        beside: It holds only in a table that has another column of one of these hashtags or rules.
        family: It holds only in tables of these families.
        confidence: How often it was seen to be right, from 0 to 1.
    """

    id: Key
    tag: HxlTagName
    words: HxlWords
    unless: tuple[Phrase, ...] = ()
    rank: int = Field(default=50, ge=0, le=100)
    takes: tuple[HxlAttributeKind, ...] = ()
    otherwise: HxlAttributes = ""
    alone: bool = False
    beside: tuple[HxlTagName | Key, ...] = ()
    family: tuple[Key, ...] = ()
    confidence: float = Field(default=0.95, ge=0, le=1)


class HxlAttributeRule(Declaration):
    """What these words add to the hashtag of a column.

    Attributes:
        adds: Attributes; empty for words that mean nothing beside a hashtag (``please give the``).
        implies: The hashtag, where no word of the header gives one; ``people`` for the one that the table's other
            columns have for people.
        apart: A group of attributes that contradict one another in a header and its declared tag.
        also: Other attributes that people write for it.
        confidence: Of the implied hashtag.
    """

    id: Key
    adds: HxlAttributes = ""
    kind: HxlAttributeKind = "naming"
    words: HxlWords
    implies: HxlTagName | Literal["people", ""] = ""
    apart: Key | Literal[""] = ""
    also: tuple[str, ...] = ()
    family: tuple[Key, ...] = ()
    confidence: float = Field(default=0.85, ge=0, le=1)


class HxlAges(Declaration):
    """Words of age bands, which are read as numbers: ``18 59``, ``60 +``, ``under 5``.

    Attributes:
        years: Words that say that numbers are ages.
        months: Words that say that they are months.
        over: Before or after an open band's number.
        under: Before the number that a band ends below.
    """

    years: tuple[Phrase, ...] = ()
    months: tuple[Phrase, ...] = ()
    over: tuple[Phrase, ...] = ()
    under: tuple[Phrase, ...] = ()


class HxlFamily(Declaration):
    """Tables of one kind, which share words.

    Attributes:
        named: Words in the title of the dataset, the name of the sheet or the portal's word for the family.
        headers: Whole headers that such tables have; ``least`` of them must be there.
        topics: Topics of datasets whose tables are of it.
        people: Hashtag of columns that count people and do not say which.
    """

    id: Key
    named: tuple[Phrase, ...] = ()
    headers: tuple[Phrase, ...] = ()
    least: int = Field(default=3, ge=1)
    topics: tuple[Key, ...] = ()
    people: HxlTagName | Literal[""] = ""


class HxlRules(Declaration):
    """Rules from headers to hashtags, ``rules/hxl/<any>.yaml``; all files are read as one.

    Attributes:
        filler: Words that say nothing about a column; they are passed over.
        questions: Words with which questions begin that are answered by yes or no; such a header gets no hashtag.
        threshold: Below this confidence nothing is inferred; one file says it.
        ages: Words of age bands; one file has them.
    """

    filler: tuple[Phrase, ...] = ()
    questions: tuple[Phrase, ...] = ()
    threshold: float | None = Field(default=None, ge=0, le=1)
    ages: HxlAges | None = None
    families: tuple[HxlFamily, ...] = ()
    tags: tuple[HxlTagRule, ...] = ()
    attributes: tuple[HxlAttributeRule, ...] = ()


RegisterLanguage = Literal["en", "fr", "es", "ar", "uk"]
"""In which the register's sheet can be had."""


class InLanguages(Declaration):
    """A text in every language of the register's sheet."""

    en: str = Field(min_length=1)
    fr: str = Field(min_length=1)
    es: str = Field(min_length=1)
    ar: str = Field(min_length=1)
    uk: str = Field(min_length=1)

    def of(self, language: str) -> str:
        """The text in one of them."""
        return str(getattr(self, language))


SheetKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=40)]


class RegisterColumn(Declaration):
    """A column of the register's sheet.

    Attributes:
        type: What its cells hold.
        hxl: Its hashtag with attributes; no two columns have the same.
        required: Whether a row without it is refused.
        values: Of a ``list``: key of what may be chosen.
        personal: Whether it tells of a person: then it is kept for stewards, and is no part of a record.
        most: Characters of a text.
        title: Its heading.
        help: What is to be written, in a sentence.
        aliases: Other headings people give it, in any language.
        sample: What the example row has.
    """

    key: SheetKey
    type: Literal["text", "date", "boolean", "list", "places", "number"]
    hxl: str = Field(pattern=r"^#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*$")
    required: bool = False
    values: SheetKey | Literal[""] = ""
    personal: bool = False
    most: int = Field(default=500, ge=1, le=10_000)
    title: InLanguages
    help: InLanguages
    aliases: tuple[str, ...] = ()
    sample: InLanguages | str = ""


class RegisterValue(Declaration):
    """One thing that may be chosen: what is kept, what a cell shows, and what people write for it."""

    key: SheetKey
    title: InLanguages
    aliases: tuple[str, ...] = ()


class RegisterList(Declaration):
    """What may be chosen in a column."""

    key: SheetKey
    values: tuple[RegisterValue, ...] = Field(min_length=1)


class RegisterTexts(Declaration):
    """Names of the sheets and the words of the page of instructions."""

    holdings: InLanguages
    instructions: InLanguages
    choices: InLanguages
    sample: InLanguages
    heading: InLanguages
    what: InLanguages
    needed: InLanguages


class RegisterSheet(Declaration):
    """All words of the register's sheet, ``vocab/register.yaml``; ``steps`` are the sentences of its instructions."""

    columns: tuple[RegisterColumn, ...] = Field(min_length=1)
    lists: tuple[RegisterList, ...]
    texts: RegisterTexts
    steps: tuple[InLanguages, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        lists = [one.key for one in self.lists]
        for what, keys in (
            ("column", [one.key for one in self.columns]),
            ("hashtag", [one.hxl for one in self.columns]),
            ("list", lists),
        ):
            if twice := next((key for key in keys if keys.count(key) > 1), None):
                raise ValueError(f'the {what} "{twice}" is there twice. Remove one of them')
        for column in self.columns:
            if (column.type == "list") != bool(column.values):
                raise ValueError(f'the column "{column.key}": a list has "values", and nothing else has them')
            if column.values and column.values not in lists:
                raise ValueError(f'the column "{column.key}": there is no list "{column.values}". Add it to "lists"')
        return self
