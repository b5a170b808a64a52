"""What a portal's record becomes before it is stored: frozen, in DCAT words.

Every portal kind gives this one shape. Nothing here is judged yet: topics, hashtag origins, levels and
freshness are added by :mod:`catalog.assess`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from catalog.vocabulary import AccessModality, AgentKind, Artefact, RelationKind, Role, Visibility

UNDETERMINED = "und"
"""Language key of a text whose language the portal does not say (BCP 47)."""
BY_STEWARD = "steward"
"""Begins ``told_by`` of a column of which a person says what it holds, followed by the day."""


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An organisation as the portal spells it.

    Attributes:
        name: As given, such as ``International Organization for Migration (IOM)``.
        acronym: If the portal gives it in a field of its own.
        kind: If the portal says so.
    """

    name: str
    acronym: str = ""
    kind: AgentKind = AgentKind.UNKNOWN


@dataclass(frozen=True, slots=True)
class AgentRole:
    """What an organisation is to the dataset; ``contact`` is a role mailbox or a form, never a person."""

    agent: AgentRecord
    role: Role
    contact: str = ""


@dataclass(frozen=True, slots=True)
class LocationRecord:
    """A place the data is about.

    Attributes:
        iso3: Upper-case ISO 3166-1 alpha-3, ``XKX`` for Kosovo, ``WLD`` for the world.
        admin_level: Lowest administrative level the data goes down to, if said (0 is the country).
        p_coded: Whether the data carries p-codes; ``None`` is *not assessed*.
    """

    iso3: str
    admin_level: int | None = None
    p_coded: bool | None = None


@dataclass(frozen=True, slots=True)
class ColumnRecord:
    """A column of a table: its header, and the hashtag with attributes that the source declares (``#adm1+name``).

    Attributes:
        sheet: Name of the sheet, empty for a file that has none.
        position: 0 for the first column.
        told_by: ``portal``, or ``file`` where the file itself was looked at; or :data:`BY_STEWARD` and the day, where
            an empty hashtag is a person's word as well.
    """

    sheet: str
    position: int
    header: str
    hashtag: str = ""
    told_by: str = "portal"


@dataclass(frozen=True, slots=True)
class DistributionRecord:
    """A file or service through which the dataset can be had.

    Attributes:
        key: Identifies it within its dataset (the portal's resource id, else its position).
        url: Empty where the portal withholds it (quarantine, by request).
        format: Normalised upper-case name, such as ``XLSX``; empty if unknown.
        declared_format: The portal's own word.
        media_type: IANA media type, if declared.
        size: Bytes, if declared.
        under_review: The portal holds the file back (quarantine).
    """

    key: str
    name: str
    url: str = ""
    description: str = ""
    format: str = ""
    declared_format: str = ""
    media_type: str = ""
    size: int | None = None
    modified: datetime | None = None
    under_review: bool = False
    columns: tuple[ColumnRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """How one artefact can be had, as the portal says it. ``steps`` are sentences a reader can follow."""

    modality: AccessModality
    steps: tuple[str, ...] = ()
    address: str = ""
    artefact: Artefact = Artefact.DATA


@dataclass(frozen=True, slots=True)
class RelationRecord:
    """A link to another record, named by its remote id at the same source or by its web address."""

    kind: RelationKind
    target: str


@dataclass(frozen=True, slots=True)
class PortalFlag:
    """What the portal itself says about sensitivity: its field name and value, at one distribution or at the dataset.

    Values are the portal's closed words (``true``, ``FINDINGS``), never content.
    """

    field: str
    value: str
    distribution: str = ""


@dataclass(frozen=True, slots=True)
class ReadingNote:
    """Something in the record that could not be read as it stands; the record lands all the same."""

    code: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """One portal record, normalised. One portal record is one Dataset.

    Attributes:
        remote_id: The portal's own stable identifier.
        title: Text per language key; ``und`` where the portal does not say.
        notes: Plain text per language key, markup already made safe.
        landing_page: Where a person finds the record at the portal.
        issued: When the portal first published it (UTC).
        modified: When the *data* last changed, as the portal says (UTC).
        period_start: First day of the reference period, apart from any modification date.
        period_end: Last day of it; ``None`` with ``period_open`` means ongoing.
        update_frequency: Expected days between updates; 0 live, -1 never, -2 as needed, ``None`` not said.
        reviewed: When the portal's maintainer last confirmed it as up to date (UTC).
        cod_level: ``cod-standard``, ``cod-enhanced``, ``cod-candidate`` or empty.
        visibility: Only where the portal's own flag demands less than the source's default.
        harm_if_withheld: What may happen to people if nobody knows of the data, in a sentence.
        extra: Portal facts that have no field yet, short strings only.
    """

    remote_id: str
    title: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    landing_page: str = ""
    issued: datetime | None = None
    modified: datetime | None = None
    period_start: date | None = None
    period_end: date | None = None
    period_open: bool = False
    update_frequency: int | None = None
    reviewed: datetime | None = None
    methodology: str = ""
    caveats: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    agents: tuple[AgentRole, ...] = ()
    locations: tuple[LocationRecord, ...] = ()
    distributions: tuple[DistributionRecord, ...] = ()
    columns: tuple[ColumnRecord, ...] = ()
    access: tuple[AccessRecord, ...] = ()
    relations: tuple[RelationRecord, ...] = ()
    flags: tuple[PortalFlag, ...] = ()
    cod_level: str = ""
    series: str = ""
    visibility: Visibility | None = None
    urgent: bool = False
    urgency_recipients: tuple[str, ...] = ()
    harm_if_withheld: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    reading_notes: tuple[ReadingNote, ...] = ()

    @property
    def display_title(self) -> str:
        """The title in English if there is one, else the first."""
        return self.title.get("en") or next(iter(self.title.values()), "")
