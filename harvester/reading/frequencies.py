"""Update frequencies as portals write them, in days: 0 live, -1 never, -2 as needed."""

import re

LIVE, NEVER, AS_NEEDED = 0, -1, -2
_LONGEST = 3660
_WORDS = {
    LIVE: "live continual continuous cont realtime",
    1: "daily everyday day",
    7: "weekly everyweek week",
    14: "fortnightly biweekly everytwoweeks",
    30: "monthly everymonth month",
    60: "bimonthly everytwomonths",
    90: "quarterly everythreemonths quarter",
    180: "biannually biannual semiannual semiannually everysixmonths",
    365: "annually annual yearly everyyear year",
    730: "biennial everytwoyears",
    NEVER: "never notplanned notupdated none",
    AS_NEEDED: "asneeded adhoc irregular irreg",
}
_DAYS = {word: days for days, words in _WORDS.items() for word in words.split()}
_UNSAID = {"", "unknown", "notspecified", "unspecified"}
_DURATION = re.compile(r"(?:R/)?P(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?")


def days(value: object) -> int | None:
    """Expected days between updates; ``None`` if not said.

    Reads a number of days (``"365"``, 7), a word of ISO 19115, Dublin Core or HDX (``asNeeded``, ``Every week``), the
    last part of a web address that names one, and ISO 8601 durations (``P1M``).

    Raises:
        ValueError: The word is unknown.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"a frequency is a text or a number, not {type(value).__name__}")  # noqa: TRY004 - one error to note
    text = str(value).strip().rstrip("/").rsplit("/", 1)[-1] if "://" in str(value) else str(value).strip()
    if re.fullmatch(r"-?\d{1,4}", text):
        number = int(text)
        if AS_NEEDED <= number <= _LONGEST:
            return number
        raise ValueError(f"{number} days is no update frequency")
    word = re.sub(r"[^a-z0-9]", "", text.lower()[:60])
    if word in _UNSAID:
        return None
    if word in _DAYS:
        return _DAYS[word]
    duration = _DURATION.fullmatch(text.upper())
    if duration and any(duration.groups()):
        years, months, weeks, single = (int(part or 0) for part in duration.groups())
        return years * 365 + months * 30 + weeks * 7 + single
    raise ValueError(f'"{text[:60]}" is no known update frequency')
