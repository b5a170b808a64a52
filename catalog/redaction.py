"""What a profile leaves of a record's document. Pure: a document goes in, another comes out.

A field that is not left keeps its shape and has nothing in it, so that readers of a document need not know profiles.
``withheld`` names the fields that are not as they are in the full document.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from catalog.freshness import in_words
from catalog.masking import masked, without_addresses, without_names
from catalog.vocabulary import AccessModality, AgentKind, Artefact
from config.disclosure import Profile

Document = Mapping[str, Any]
Fields = dict[str, Any]

TEXTS = ("title", "notes", "methodology", "caveats", "series", "harm_if_withheld")
"""Fields of a document that are one free text."""
KINDS: Mapping[str, str] = {
    AgentKind.NATIONAL_AUTHORITY: "National authority",
    AgentKind.UN: "United Nations agency",
    AgentKind.INTERNATIONAL_NGO: "International NGO",
    AgentKind.NATIONAL_NGO: "National NGO",
    AgentKind.RED_CROSS: "Red Cross or Red Crescent",
    AgentKind.ACADEMIC: "Academic institution",
    AgentKind.DONOR: "Donor",
    AgentKind.PRIVATE: "Company",
    AgentKind.COORDINATION: "Coordination body",
    AgentKind.UNKNOWN: "Organisation",
}
"""What is said of an organisation that is not named."""
ASK_HOLDER = "Ask the holder: {}."
ASK_STEWARD = "Ask the stewards of this register: who holds it is not told here."
_GEOGRAPHIC = {"SHP", "GEOJSON", "GEOPACKAGE", "GPKG", "KML", "KMZ", "GEODATABASE", "GEOTIFF", "TOPOJSON"}
_TABULAR = {"CSV", "XLSX", "XLS", "ODS", "JSON", "XML", "DTA", "SAV", "PARQUET"}
_MOST_NAMED = 3
_FILE = re.compile(
    r"\.(?:csv|tsv|txt|xlsx?|xlsm|xlsb|ods|dta|sav|por|rds|rdata|parquet|json|geojson|topojson|xml|gpkg|kmz?|shp|gdb|tiff?"
    r"|mdb|accdb|sqlite|zip|7z|rar|gz|tgz|docx?|pdf)(?:[?#&]|$)",
    re.IGNORECASE,
)
"""How the address of a file ends; a link that tells its name in its question too."""


def redact(full: Document, profile: Profile, *, asking: bool = False) -> Document:
    """What the profile leaves; the same object where it leaves everything.

    Args:
        full: The full audience's document.
        profile: What is left of each field.
        asking: It is told that the record exists and whom to ask, and nothing else.
    """
    left: Fields = dict(full)
    for step in _STEPS:
        step(left, profile)
    if asking:
        _only_whom_to_ask(left, named=profile.holder == "named")
    withheld = sorted(name for name, value in left.items() if name in full and value != full[name])
    if not withheld and not asking:
        return full
    return left | {"mode": "ask" if asking else "redacted", "withheld": withheld}


def masked_document(document: Document) -> Document:
    """Without personal addresses, numbers and coordinates in its texts."""
    return _rewritten(document, masked)


def unnamed(document: Document, names: Sequence[str]) -> Document:
    """Without some names in its texts and keywords."""
    keywords = [word for word in document["keywords"] if without_names(word, names) == word]
    return {**_rewritten(document, lambda text: without_names(text, names)), "keywords": keywords}


def band(rows: str) -> str:
    """A number of rows to a power of ten: ``100 to 999`` for ``437``; empty if it is no number."""
    digits = rows.replace(",", "").strip()
    if not (digits.isascii() and digits.isdigit()) or not int(digits):
        return ""
    power = len(str(int(digits)))
    return f"{10 ** (power - 1):,} to {10**power - 1:,}"


def template(document: Document) -> str:
    """A title that tells form, topics and country: ``Tables: Displacement and Protection (South Sudan)``."""
    topics = " and ".join(topic["title"] for topic in document["topics"][:2])
    places = [place["name"] for place in document["locations"]]
    where = ", ".join(places) if len(places) <= _MOST_NAMED else "several countries"
    form = _form(document)
    return (f"{form}: {topics}" if topics else form) + (f" ({where})" if where else "")


def _form(document: Document) -> str:
    formats = {entry["format"].upper() for entry in document["distributions"]} - {""}
    if document["level"]["evidence"].startswith("microdata"):
        return "Survey data"
    if formats & _GEOGRAPHIC:
        return "Geographic data"
    if formats & _TABULAR:
        return "Tables"
    return "Report" if formats == {"PDF"} else "Data"


def _title(left: Fields, profile: Profile) -> None:
    if profile.title == "template":
        # The readable name is made of the title's words.
        left |= {"title": template(left), "titles": {}, "name": ""}


OF_COLUMNS = frozenset({"layers", "geometry"})
"""Facts that tell what the columns of a file would."""


def _texts(left: Fields, profile: Profile) -> None:
    if profile.columns == "none":
        left["facts"] = [entry for entry in left.get("facts", ()) if entry["name"] not in OF_COLUMNS]
    if profile.notes == "none":
        left["notes"] = ""
    if profile.details == "none":
        left |= {"methodology": "", "caveats": "", "series": "", "facts": []}
    if profile.harm_if_withheld == "none":
        left["harm_if_withheld"] = ""
    if profile.licence == "none":
        left["licence"] = ""
    if profile.links == "none":
        left |= {name: without_addresses(left[name]) for name in TEXTS if left[name]}
        left["titles"] = {language: without_addresses(text) for language, text in left["titles"].items()}
        left["keywords"] = [without_addresses(word) for word in left["keywords"]]
        left["facts"] = _facts(left, without_addresses)


def _links(left: Fields, profile: Profile) -> None:
    """The address of a file goes from wherever else it stands; before the files, which tell them.

    A portal's own words may have it too, written otherwise than among the files, or of a file that is not among them.
    So of all addresses in steps only those stay that are told beside them, and an address that ends as files do is one.
    """
    if profile.links != "none":
        return
    files = {entry["url"] for entry in left["distributions"]} - {""}

    def is_file(address: str) -> bool:
        return address in files or _FILE.search(address) is not None

    def kept(address: str) -> str:
        return "" if is_file(address) else address

    access = left["access"]
    told = {kept(route["address"]) for route in (access, *access["artefacts"])} | {kept(left["link"])}

    def without(route: Fields) -> Fields:
        steps = [without_addresses(step, told) for step in route["steps"]]
        return {**route, "address": kept(route["address"]), "steps": steps}

    contacts = [contact for contact in access["contacts"] if kept(contact)]
    artefacts = [without(entry) for entry in access["artefacts"]]
    left["access"] = {**without(access), "artefacts": artefacts, "contacts": contacts}
    left["link"] = kept(left["link"])
    left["relations"] = [entry for entry in left["relations"] if not is_file(entry["target"])]


def _holder(left: Fields, profile: Profile) -> None:
    if profile.holder != "type":
        return
    agents = left["organizations"]
    names = [name for agent in agents for name in (agent["name"], agent["acronym"], agent.get("spelling", ""))]
    names += left["holders"]
    folded = {name.casefold() for name in names}
    keywords = [word for word in left["keywords"] if word.casefold() not in folded]
    left |= _rewritten(left, lambda text: without_names(text, names))
    left["name"] = ""
    left["keywords"] = [word for word in keywords if without_names(word, names) == word]
    left["organizations"] = list(_types(agents))
    of_type = {agent["name"]: f"{KINDS[agent['kind']]} (not named)" for agent in agents}
    left["holders"] = list(dict.fromkeys(of_type.get(name, "Organisation (not named)") for name in left["holders"]))


def _types(agents: list[Fields]) -> Iterator[Fields]:
    """One entry per type, so that the number of organisations of a type is not told either."""
    roles: dict[str, list[str]] = {}
    for agent in agents:
        roles.setdefault(agent["kind"], []).extend(agent["roles"])
    for kind, given in roles.items():
        name = f"{KINDS[kind]} (not named)"
        yield {"id": "", "name": name, "acronym": "", "kind": kind, "roles": list(dict.fromkeys(given))}


def _access(left: Fields, profile: Profile) -> None:
    """After the holder: whom to ask is who is still named."""
    access = left["access"]
    if profile.page == "none":
        left["link"] = ""
        named = left["holders"] and profile.holder == "named"
        steps = [ASK_HOLDER.format(", ".join(left["holders"])) if named else ASK_STEWARD]
        access = {**_closed(access), "address": "", "steps": steps}
        access["artefacts"] = [{**_closed(entry), "address": "", "steps": steps} for entry in access["artefacts"]]
    if profile.contact == "none":
        access = {**access, "contacts": []}
    left["access"] = access


def _closed(route: Fields) -> Fields:
    """Where the page is not told, that anybody could download the data from it is not told either."""
    return {**route, "modality": "unknown"} if route["modality"] in {"open", "register"} else route


def _only_whom_to_ask(left: Fields, *, named: bool) -> None:
    """Of the organisations who has it, of the ways to the data that it is to be asked for, of the level its name."""
    if not left["holders"]:
        left["holders"] = [agent["name"] for agent in left["organizations"] if "owner" in agent["roles"]]
    holders = set(left["holders"])
    of = [agent for agent in left["organizations"] if agent["name"] in holders]
    left["organizations"] = [{name: value for name, value in agent.items() if name != "spelling"} for agent in of]
    steps = [ASK_HOLDER.format(", ".join(left["holders"])) if named and holders else ASK_STEWARD]
    route = {"modality": AccessModality.ON_REQUEST.value, "steps": steps, "address": ""}
    # An address may be that of the very dataset; a mailbox or a telephone number is not.
    contacts = [contact for contact in left["access"]["contacts"] if "/" not in contact]
    artefacts = [{"artefact": Artefact.DATA.value, **route}]
    left["access"] = {**route, "contacts": contacts, "artefacts": artefacts}
    nothing = {name: None if name in {"isp_date", "review_by"} else "" for name in left["level"]}
    left["level"] = {**nothing, "level": left["level"]["level"]}
    # By what is left, not by what is taken: a field that is added one day is not told until somebody says so here.
    for name in left.keys() - _OF_ASKING:
        left[name] = None if left[name] is None else type(left[name])()


_OF_ASKING = frozenset({
    "id", "source", "title", "organizations", "holders", "countries", "locations", "topics", "access", "level",
    "visibility", "visibility_of", "period", "update_frequency", "freshness", "mode", "withheld",
})  # fmt: skip
"""Fields of a record of which it is only told that it exists; of dates and frequency the profile leaves nothing."""


def _place(left: Fields, profile: Profile) -> None:
    if profile.place == "whole":
        return
    finest = 1 if profile.place == "admin1" else 0
    left["locations"] = [
        {
            **place,
            "admin_level": None if place["admin_level"] is None else min(place["admin_level"], finest),
            "p_coded": None,
        }
        for place in left["locations"]
    ]


def _dates(left: Fields, profile: Profile) -> None:
    if profile.dates == "none":
        left |= {"issued": None, "modified": None, "period": {"start": None, "end": None, "open": False}}
        left["freshness"] = {"due": None, "overdue": None, "delinquent": None, "always_fresh": False}
    if profile.dates == "month":
        left |= {name: _month(left[name]) for name in ("issued", "modified")}
        left["freshness"] = {
            name: _month(value) if isinstance(value, str) else value for name, value in left["freshness"].items()
        }
        period = left["period"]
        left["period"] = period | {"start": _first_day(period["start"]), "end": _last_day(period["end"])}


def _month(moment: str | None) -> str | None:
    return moment and f"{moment[:7]}-01T00:00:00Z"


def _first_day(day: str | None) -> str | None:
    return day and f"{day[:7]}-01"


def _last_day(day: str | None) -> str | None:
    return day and f"{day[:7]}-{monthrange(int(day[:4]), int(day[5:7]))[1]}"


def _rows(left: Fields, profile: Profile) -> None:
    if profile.rows != "whole":
        left["rows"] = band(left["rows"]) if profile.rows == "band" else ""


def _files(left: Fields, profile: Profile) -> None:
    if profile.columns == profile.files == profile.links == "whole":
        return
    if profile.files == "none":
        left |= {"distributions": [], "tags": []}
        return
    left["distributions"] = [
        _file(entry, number, profile)
        for number, entry in enumerate(left["distributions"], 1)
        # Columns that the portal lists apart from any file stand in an entry without a key.
        if entry["key"] or profile.columns != "none"
    ]
    if profile.columns == "none":
        left["tags"] = []
    elif profile.columns == "released":
        columns = [column for entry in left["distributions"] for column in entry["columns"]]
        shown = {tag["tag"] for column in columns for tag in column["tags"]}
        left["tags"] = [tag for tag in left["tags"] if tag["tag"] in shown]


def _file(entry: Fields, number: int, profile: Profile) -> Fields:
    kept = dict(entry)
    if profile.links == "none":
        kept |= {"url": "", "withheld": True}
        kept |= {name: without_addresses(entry[name]) for name in ("name", "description")}
    if profile.columns == "none" or (profile.columns == "released" and entry["under_review"]):
        kept["columns"] = []
    if profile.files == "formats":
        kept |= {
            # The portal's own key leads to the file.
            "key": str(number) if entry["key"] else "",
            "name": f"File {number}" if entry["key"] else "Columns",
            "description": "",
            "declared_format": entry["format"],
            "size": None,
            "modified": None,
        }
        kept["columns"] = [{**column, "sheet": ""} for column in kept["columns"]]
    return kept


def _traits(left: Fields, profile: Profile) -> None:
    if profile.traits == "none":
        nothing = {"days": None, "words": in_words(None)}
        left |= {"languages": [], "cod_level": "", "update_frequency": nothing, "urgent": False}


def _words(left: Fields, profile: Profile) -> None:
    if profile.keywords == "none":
        left["keywords"] = []
    if profile.concepts == "topics":
        topics = {topic["key"] for topic in left["topics"]}
        left["concepts"] = [{**entry, "evidence": []} for entry in left["concepts"] if entry["key"] in topics]
    if profile.relations == "none":
        left["relations"] = []
    if profile.recipients == "none":
        left["urgency_recipients"] = []
    if profile.evidence == "none":
        left["concepts"] = [{**entry, "evidence": []} for entry in left["concepts"]]
        left["level"] = _bare(left["level"])


def _bare(level: Fields) -> Fields:
    return {**level, "evidence": "", "reason": "", "rule": "", "statement": ""}


_STEPS: tuple[Callable[[Fields, Profile], None], ...] = (
    _title, _texts, _holder, _access, _links, _place, _dates, _rows, _files, _traits, _words,
)  # fmt: skip


def _facts(document: Document, rewrite: Callable[[str], str]) -> list[Fields]:
    # A document that was rendered before there were facts has none until it is rendered anew.
    return [{**entry, "value": rewrite(entry["value"])} for entry in document.get("facts", ())]


def _rewritten(document: Document, rewrite: Callable[[str], str]) -> Fields:
    """The document with every free text put through ``rewrite``."""
    access = document["access"]
    return {
        **document,
        **{name: rewrite(document[name]) for name in TEXTS if document[name]},
        "titles": {language: rewrite(text) for language, text in document["titles"].items()},
        "keywords": [rewrite(word) for word in document["keywords"]],
        "facts": _facts(document, rewrite),
        "access": {
            **access,
            "steps": [rewrite(step) for step in access["steps"]],
            "artefacts": [
                {**entry, "steps": [rewrite(step) for step in entry["steps"]]} for entry in access["artefacts"]
            ],
        },
        "distributions": [
            {**entry, "name": rewrite(entry["name"]), "description": rewrite(entry["description"])}
            for entry in document["distributions"]
        ],
    }
