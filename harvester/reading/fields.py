"""One native record read field by field: odd types and values become reading notes, never errors."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from catalog.places import Scheme
from catalog.records import ReadingNote
from harvester.reading import addresses, countries, dates, frequencies, languages, markup
from harvester.reading.dates import DayOrder

_TRUE = {"true", "1", "yes", "t", "y"}
_FALSE = {"false", "0", "no", "f", "n"}
_SHOWN = 60
_LARGEST = 2**62
_NO_PERIOD = dates.Period(None, None)


class Fields:
    """A JSON object and the notes gathered while reading it.

    Args:
        record: The object.
        notes: Where notes go; give a parent's list to gather those of its parts too.
        where: Put before field names in notes, such as ``resources[3].``.
    """

    def __init__(self, record: Mapping[str, Any], notes: list[ReadingNote] | None = None, where: str = "") -> None:
        self.record = record
        self.notes: list[ReadingNote] = [] if notes is None else notes
        self.where = where

    def note(self, code: str, field: str, message: str) -> None:
        """Keep a note about a field of this object."""
        self.notes.append(ReadingNote(code, self.where + field, message))

    def raw(self, field: str) -> str:
        """The field as text, markup and all: numbers are written out, a list of texts is joined with commas.

        A template's place that the portal did not fill (``{{description}}``) is blank.
        """
        value = self.record.get(field)
        if isinstance(value, str):
            return "" if value[:2] == "{{" and value[-2:] == "}}" else value
        if value is None:
            return ""
        if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
            return ", ".join(str(part) for part in value)
        if isinstance(value, int | float):
            return str(value)
        self.note("field-unreadable", field, f"a text was expected, not {_kind(value)}")
        return ""

    def line(self, field: str, longest: int = 1000) -> str:
        """The field as one line of plain text."""
        value = self.record.get(field)
        return "" if value is None else markup.line(self.raw(field), longest)

    def label(self, field: str, longest: int = 1000) -> str:
        """The field as one line of plain text, where a portal writes HTML in titles: ``R&amp;D`` is ``R&D``."""
        return markup.label(self.raw(field), longest)

    def prose(self, field: str, longest: int = markup.LONGEST) -> str:
        """The field as plain paragraphs; a note ``<field>-cut`` if it was longer than what is kept."""
        given = self.raw(field)
        if not given:
            return ""
        text, cut = markup.plain(given, longest)
        if cut:
            self.note(f"{field.replace('_', '-')}-cut", field, f"only the first {len(text):,} characters are kept")
        return text

    def flag(self, field: str) -> bool | None:
        """The field as yes or no, however spelt; ``None`` if it is absent or neither."""
        value = self.record.get(field)
        if value is None or isinstance(value, bool):
            return value
        word = (
            value.strip().lower() if isinstance(value, str) else str(value) if isinstance(value, int | float) else "?"
        )
        if word in _TRUE:
            return True
        if word not in _FALSE and word:
            self.note("flag-unreadable", field, f"yes or no was expected, not {_shown(value)}")
            return None
        return False if word else None

    def moment(self, field: str, order: DayOrder | None = None) -> datetime | None:
        """The field as a UTC time; a note ``date-unreadable`` if it is no date, or none in the portal's order."""
        try:
            return dates.moment(self.record.get(field), order)
        except ValueError:
            self.note("date-unreadable", field, f"no date: {_shown(self.record.get(field))}")
            return None

    def epoch(self, field: str, unit: Literal["s", "ms"] = "ms") -> datetime | None:
        """The field as the UTC time of a count since 1970; a note ``date-unreadable`` if it is none."""
        try:
            return dates.epoch(self.record.get(field), unit)
        except ValueError:
            self.note("date-unreadable", field, f"no time since 1970: {_shown(self.record.get(field))}")
            return None

    def period(self, field: str, order: DayOrder | None = None) -> dates.Period:
        """The field as a reference period; a note ``date-unreadable`` if it is none."""
        try:
            return dates.period(self.record.get(field), order) or _NO_PERIOD
        except ValueError:
            self.note("date-unreadable", field, f"no reference period: {_shown(self.record.get(field))}")
            return _NO_PERIOD

    def between(self, start: str, end: str, order: DayOrder | None = None) -> dates.Period:
        """Two fields as a reference period; a note ``date-unreadable`` if they are none. A blank end is not ongoing."""
        first, last = self.record.get(start), self.record.get(end)
        try:
            return dates.between(first, last, order) or _NO_PERIOD
        except ValueError:
            self.note("date-unreadable", start, f"no reference period: {_shown(first)} to {_shown(last)}")
            return _NO_PERIOD

    def frequency(self, field: str) -> int | None:
        """The field as days between updates; a note ``frequency-unknown`` if the word is unknown."""
        try:
            return frequencies.days(self.record.get(field))
        except ValueError:
            self.note("frequency-unknown", field, f"no known update frequency: {_shown(self.record.get(field))}")
            return None

    def address(self, field: str, base: str = "") -> str:
        """The field as a web address; a note ``address-unreadable`` if it is none."""
        try:
            return addresses.web_address(self.record.get(field), base)
        except ValueError as error:
            self.note("address-unreadable", field, f"no address that can be a link: {error}")
            return ""

    def countries(self, *fields: str, scheme: Scheme = "") -> tuple[str, ...]:
        """The ISO3 codes that the first of these fields with a country in it lists, each once, in its order.

        A note ``place-unknown`` for each part of that field that names none; where no field has one, for those of all.
        """
        missed: list[tuple[str, str]] = []
        for field in fields:
            codes, unknown = countries.countries(self.record.get(field), scheme)
            missed = ([] if codes else missed) + [(field, name) for name in unknown]
            if codes:
                break
        else:
            codes = ()
        for field, name in missed:
            self.note("place-unknown", field, f'no country is called "{markup.line(name, _SHOWN)}"')
        return codes

    def languages(self, field: str) -> tuple[str, ...]:
        """The BCP 47 tags of the languages the field lists; a note ``language-unknown`` per part that names none."""
        tags, unknown = languages.languages(self.record.get(field))
        for name in unknown:
            self.note("language-unknown", field, f'no language is called "{markup.line(name, _SHOWN)}"')
        return tags

    def whole(self, field: str) -> int | None:
        """The field as a whole number of at least 0; a note ``number-unreadable`` if it is none."""
        value = self.record.get(field)
        if value is None or value == "":
            return None
        number: int | None = None
        if isinstance(value, int) and not isinstance(value, bool):
            number = value
        elif isinstance(value, float) and value.is_integer():
            number = int(value)
        elif isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
            number = int(value.strip()[:25])
        if number is None or not 0 <= number <= _LARGEST:
            self.note("number-unreadable", field, f"a whole number was expected, not {_shown(value)}")
            return None
        return number

    def parts(self, field: str) -> list[Mapping[str, Any]]:
        """The field as a list of objects; what is none of that is left out with a note."""
        value = self.record.get(field)
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            self.note("field-unreadable", field, f"a list was expected, not {_kind(value)}")
            return []
        found = [part for part in value if isinstance(part, Mapping)]
        if len(found) < len(value):
            self.note("entry-unreadable", field, f"{len(value) - len(found)} of {len(value)} entries could not be read")
        return found

    def words(self, field: str, longest: int = 200) -> list[str]:
        """The field as a list of single lines, blank ones left out; one text is split at commas and semicolons."""
        value = self.record.get(field)
        if isinstance(value, str):
            value = value.strip("[]").replace(";", ",").split(",")
        if value is None:
            return []
        if not isinstance(value, list):
            self.note("field-unreadable", field, f"a list was expected, not {_kind(value)}")
            return []
        texts = [part for part in value if type(part) is str or isinstance(part, str | int | float)]
        if len(texts) < len(value):
            self.note("entry-unreadable", field, f"{len(value) - len(texts)} of {len(value)} entries could not be read")
        return [text for text in (markup.line(str(part), longest).strip("\"'") for part in texts) if text]


def _kind(value: object) -> str:
    return {dict: "an object", list: "a mixed list", bool: "yes or no"}.get(type(value), type(value).__name__)


def _shown(value: object) -> str:
    return f'"{markup.line(value, _SHOWN)}"' if isinstance(value, str) else _kind(value)
