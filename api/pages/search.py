"""The search page: its address is the query."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Request, Response

from api.deps import Answering, Asking
from api.pages import words
from api.pages.render import form_token, render
from api.parameters import ASKED_SEARCH, FACETS, Search, to_query
from catalog.hxl.tags import matches
from catalog.places import country_name, iso3_of
from catalog.query import DatasetQuery, FacetCount, Page, same_table

router = APIRouter()

PAGE_ITEMS = 15
FACET_VALUES = 8
OPEN_FACETS = ("country", "topic", "access")
CHOSEN_LINKS = 20
MARKED_PATTERNS = 3
COLUMN_FILTERS = {
    "hxl": "Column tagged",
    "hxl.same": "On one table:",
    "hxl.origin": "Tags that are",
    "hxl.min_confidence": "Tags at least as certain as",
}
"""Filters on columns, and what is said of a value of each."""
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in effect and the address without it."""

    label: str
    remove: str


@dataclass(frozen=True, slots=True)
class ShownFacet:
    """A facet with its most frequent values, the chosen ones always among them; ``more`` are not shown."""

    parameter: str
    label: str
    counts: Sequence[FacetCount]
    more: int
    open: bool


@router.get("/")
def search_page(request: Request, register: Answering, asked: Annotated[Search, Depends(ASKED_SEARCH)]) -> Response:
    """Search box, results, facets."""
    counted = asked.model_copy(update={"facets": ""})
    query = to_query(counted)
    page = register.search(replace(query, limit=min(query.limit, PAGE_ITEMS), facets=(*query.facets, "concept")))
    pairs = [(name, value) for name, value in request.query_params.multi_items() if value]
    chosen = _chosen(query, asked.covers, pairs, page)
    return render(
        request,
        "search.html",
        page.generation,
        asked=asked,
        page=page,
        items=[_shown(orjson.loads(item), asked) for item in page.items],
        chosen=chosen[:CHOSEN_LINKS],
        facets=_facets(page),
        contents=_contents(page, register.register.column_concepts()),
        next=_address(pairs, after=page.next) if page.next else "",
        first=_address(pairs) if query.after else "",
        export=_address(_without(pairs, "limit", "facets"), path=""),
        filtered=bool(chosen),
        wording=_wording(page, pairs),
        logging=_logging(request, register, query, page),
    )


def _logging(request: Request, asking: Asking, query: DatasetQuery, page: Page) -> dict[str, str] | None:
    """What the form "Log this need" begins with, where words found nothing and this process can keep them."""
    if page.total or not query.q.strip() or asking.register.access.public_only:
        return None
    named = {iso3_of(value) or "" for value in query.selected.get("country", ())}
    if not named:
        named = {
            part["places"][0]["iso3"] for part in page.wording.get("parts", ()) if len(part.get("places", ())) == 1
        }
    country = named.pop() if len(named) == 1 else ""
    return {"country": country, "name": country_name(country) if country else "", "token": form_token(request)}


def _wording(page: Page, pairs: Pairs) -> dict[str, Any]:
    """How the words were read, with the addresses at which they are read otherwise."""
    told = page.wording
    also = [(part["said"], part["also"], part.get("more", 0)) for part in told.get("parts", ()) if part.get("also")]
    places = [
        (part["said"], part["places"][0]["name"]) for part in told.get("parts", ()) if len(part.get("places", ())) == 1
    ]
    choices = [
        (place["name"], _address([*_without(pairs, "country"), ("country", place["iso3"])]))
        for choice in told.get("choices", ())
        for place in choice["places"]
    ]
    return {
        "also": also,
        "places": [(said, name) for said, name in places if said.casefold() != name.casefold()],
        "choices": choices,
        "literal": _address([*_without(pairs, "expand"), ("expand", "false")]) if also or places else "",
        "expanded": _address(_without(pairs, "expand")) if told and not told["expand"] else "",
        "why": _address([*_without(pairs, "explain"), ("explain", "true")]) if told else "",
        "plain": _address(_without(pairs, "explain")),
        "help": [(*_helped(one), _help_address(one, pairs)) for one in told.get("help", ())],
    }


def _helped(one: dict[str, Any]) -> tuple[str, int]:
    return ("leaving out the filters" if one.get("filters") else f"asking “{one['q']}”"), one["total"]


def _help_address(one: dict[str, Any], pairs: Pairs) -> str:
    kept = [pair for pair in pairs if pair[0] == "expand"] if one.get("filters") else _without(pairs, "q")
    return _address([*kept, ("q", one["q"])])


def _shown(item: dict[str, Any], asked: Search) -> dict[str, Any]:
    item.setdefault("why", [])
    item["country_names"] = [country_name(iso3) for iso3 in item["countries"]]
    item["badge"], item["how"] = words.ACCESS[item["access"]["modality"]]
    item["level_name"] = words.LEVELS[item["level"]["level"]][0]
    item["fresh"] = words.FRESHNESS[item["freshness_state"]]
    pages = {agent["name"]: f"/organizations/{agent['id']}" for agent in item["organizations"] if agent["id"]}
    item["held"] = [(name, pages.get(name, "")) for name in item["holders"]]
    item["address"] = f"/dataset/{item['name'] or item['id']}"
    patterns = list(dict.fromkeys((*asked.hxl, *same_table(asked.hxl, asked.hxl_same))))
    marked = [(tag, any(matches(pattern, tag["tag"]) for pattern in patterns)) for tag in item["tags"]]
    item["marked"] = sorted(marked, key=lambda one: not one[1])
    said = _address([("hxl", pattern) for pattern in patterns[:MARKED_PATTERNS]], path="")
    item["columns"] = f"{item['address']}{said}#columns"
    return item


def _facets(page: Page) -> list[ShownFacet]:
    shown = []
    for name, counts in page.facets.items():
        if not FACETS[name].shown:
            continue
        values = [count for position, count in enumerate(counts) if position < FACET_VALUES or count.selected]
        chosen = any(count.selected for count in values)
        if values:
            opened = chosen or name in OPEN_FACETS
            shown.append(ShownFacet(name, FACETS[name].label, values, len(counts) - len(values), opened))
    return shown


def _contents(page: Page, columns: Container[str]) -> list[FacetCount]:
    """What columns hold, in plain words, with how many datasets have it; the chosen ones always."""
    return [count for count in page.facets["concept"] if count.selected or count.value in columns]


def _chosen(query: DatasetQuery, covers: str, pairs: Pairs, page: Page) -> list[Chosen]:
    found = []
    for name, values in query.selected.items():
        facet = FACETS[name]
        labels = {count.value: count.label for count in page.facets.get(name, ())}
        found += [
            Chosen(
                f"{facet.label}: {labels.get(facet.check(value), value)}", _address(_without_value(pairs, name, value))
            )
            for value in values
        ]
    for name, label in COLUMN_FILTERS.items():
        given = dict.fromkeys(value for parameter, value in pairs if parameter == name)
        found += [Chosen(f"{label} {value}", _address(_without_value(pairs, name, value))) for value in given]
    if covers:
        found.append(Chosen(f"About {covers}", _address(_without(pairs, "covers"))))
    if query.modified_since:
        since = words.day(query.modified_since.isoformat())
        found.append(Chosen(f"Changed since {since}", _address(_without(pairs, "modified_since"))))
    return found


def _without(pairs: Pairs, *names: str) -> Pairs:
    return [pair for pair in pairs if pair[0] not in names]


def _without_value(pairs: Pairs, name: str, value: str) -> Pairs:
    return [pair for pair in pairs if pair != (name, value)]


def _address(pairs: Iterable[tuple[str, str]], after: str = "", path: str = "/") -> str:
    query = urlencode([*(pair for pair in pairs if pair[0] != "after"), *([("after", after)] if after else [])])
    return f"{path}?{query}" if query else path
