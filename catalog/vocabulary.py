"""The closed lists a record is described with. Values are what is stored, exported and asked for."""

from enum import StrEnum


class Level(StrEnum):
    """Sensitivity of the data, OCHA Data Responsibility Guidelines (2021). *Unclassified* is the absence of a level."""

    LOW_NO = "low_no"
    MODERATE = "moderate"
    HIGH = "high"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """0 for low or no sensitivity up to 3 for severe."""
        return list(Level).index(self)


UNCLASSIFIED = "unclassified"


class Visibility(StrEnum):
    """Who may know that the record exists, decided apart from the level of its data; from the widest to the narrowest.

    Of what is ``described`` the public is shown a part, of what is ``listed`` that it exists and whom to ask; the
    community is shown both.
    """

    PUBLIC = "public"
    DESCRIBED = "described"
    LISTED = "listed"
    COMMUNITY = "community"
    RESTRICTED = "restricted"
    OWNER = "owner"


class AccessModality(StrEnum):
    """How the data itself can be had."""

    OPEN = "open"
    REGISTER = "register"
    ON_REQUEST = "on_request"
    UNDER_AGREEMENT = "under_agreement"
    BILATERAL = "bilateral"
    ON_SITE = "on_site"
    NOT_SHARED = "not_shared"
    UNKNOWN = "unknown"


class Artefact(StrEnum):
    """What of a holding is being asked for; the old Assessment Registry kept access per artefact."""

    DATA = "data"
    REPORT = "report"
    QUESTIONNAIRE = "questionnaire"


class AgentKind(StrEnum):
    """What sort of organisation an agent is."""

    NATIONAL_AUTHORITY = "national_authority"
    UN = "un"
    INTERNATIONAL_NGO = "international_ngo"
    NATIONAL_NGO = "national_ngo"
    RED_CROSS = "red_cross"
    ACADEMIC = "academic"
    DONOR = "donor"
    PRIVATE = "private"
    COORDINATION = "coordination"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What an agent is to a dataset."""

    PUBLISHER = "publisher"
    HOLDER = "holder"
    OWNER = "owner"
    STEWARD = "steward"
    CONTACT = "contact"


class RelationKind(StrEnum):
    """How one dataset stands to another: a report points to its base data."""

    BASED_ON = "based_on"
    SAFE_PRODUCT_OF = "safe_product_of"
    SAME_AS = "same_as"


class TagOrigin(StrEnum):
    """Where a column's hashtag came from."""

    DECLARED = "declared"
    MAPPED = "mapped"
    INFERRED = "inferred"
    CURATED = "curated"


class Audience(StrEnum):
    """For whom an answer is rendered."""

    PUBLIC = "public"
    COMMUNITY = "community"
    FULL = "full"


class RunState(StrEnum):
    """Where a harvest run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


class RecordState(StrEnum):
    """Whether the portal still lists a record."""

    LISTED = "listed"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"
