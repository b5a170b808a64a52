"""How a question was read, for whoever asks: as JSON and in sentences.

::

    parts [{said, kind, title, also [..], places [{iso3, code, name}], read_as [..], how}],
    dropped [said], widened [{said, title}], choices [{said, places [{iso3, code, name}]}],
    expand, help [{said, q, total}]

``also`` is what was searched for beside what was typed, as far as the viewer is shown records that have it. A place of
several countries is in ``choices``: each has the question to ask instead.
"""

from dataclasses import replace
from typing import Any

from tantivy import Occur

from catalog.search.clauses import Filters, both
from catalog.search.forms import light
from catalog.search.loosening import Asked, names
from catalog.search.matching import TYPED, Part
from catalog.search.order import count
from catalog.search.snapshot import Snapshot
from catalog.search.spelling import near
from catalog.search.wording import Wording

MOST_TOLD = 12
"""Other words that are told of one part; the number of the others is in ``more``."""


def told(asked: Asked, *, expand: bool) -> dict[str, Any]:
    """The question as it was read; empty without a word."""
    if not asked.matching.parts:
        return {}
    made: dict[str, Any] = {"parts": [_part(part) for part in asked.matching.parts if not part.helps]}
    if asked.dropped:
        made["dropped"] = [part.said for part in asked.dropped]
    if asked.widened:
        made["widened"] = [{"said": part.said, "title": title} for part, title in asked.widened]
    if choices := [_choice(part) for part in asked.matching.parts if len(part.places) > 1]:
        made["choices"] = choices
    return made | {"expand": expand}


def sentences(asked: Asked) -> tuple[str, ...]:
    """What was not looked for as it was typed."""
    found = []
    for part in asked.matching.parts:
        if part.how and part.instead:
            words = " or ".join(f'"{word}"' for word in part.instead[:4])
            how = {"begins": "is read as the beginning of"}.get(part.how, "is in no record; it is read as")
            found.append(f'"{part.said}" {how} {words}.')
        if len(part.places) > 1:
            found.append(f'"{part.said}" is more than one place: {part.title}. Choose one below.')
    if asked.widened:
        found += [
            f'No record has "{part.said}" with the other words; searched was for {title}.'
            if len(asked.required) > 1
            else f'No record has "{part.said}"; searched was for {title}.'
            for part, title in asked.widened
        ]
    if asked.dropped:
        found.append(f"No record has all words; left out: {names(asked.dropped)}.")
    if asked.any_of:
        found.append(f"No record has all words. Shown are those with any of {names(asked.required)}.")
    return tuple(found)


def helps(
    asked: Asked, wording: Wording, snapshot: Snapshot, narrowing: Filters, found_now: int
) -> list[dict[str, Any]]:
    """What would find more where little or nothing was found, with how many it finds.

    ``said`` is what is in the way: a word to leave out or to spell otherwise, or ``filters``; ``q`` is what to ask
    instead, empty where it is the same words without filters.
    """
    searcher, here = snapshot.opened.searcher, narrowing.clauses()
    found: list[dict[str, Any]] = []
    if narrowing.chosen or narrowing.fixed:
        everywhere = [] if snapshot.unseen is None else [(Occur.MustNot, snapshot.unseen)]
        if total := count(searcher, both(asked.clauses(), everywhere)):
            found.append({"said": "filters", "q": "", "total": total})
    for part in asked.required if len(asked.required) > 1 and not asked.any_of else ():
        kept = tuple(one for one in asked.required if one is not part)
        if total := count(searcher, both(replace(asked, required=kept).clauses(), here)):
            found.append({"said": part.said, "q": " ".join(one.said for one in kept), "total": total})
    for word in wording.words:
        if not snapshot.times_of_word(light(word.text)):
            for other in near(word.text, snapshot):
                q = " ".join(other if one is word else one.text for one in wording.words)
                found.append({"said": word.text, "q": q, "total": snapshot.times_of_word(light(other))})
    return [one for one in found if one["total"] > found_now][:MOST_TOLD]


def _part(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {"said": part.said, "kind": part.kind}
    if part.title:
        made["title"] = part.title
    also = list(dict.fromkeys(reason.words for reason in part.reasons if reason.because not in {TYPED, "country"}))
    if also:
        made["also"] = also[:MOST_TOLD]
    if len(also) > MOST_TOLD:
        made["more"] = len(also) - MOST_TOLD
    if part.places:
        made["places"] = [{"iso3": place.iso3, "code": place.code, "name": place.label} for place in part.places]
    if part.instead:
        made["read_as"], made["how"] = list(part.instead), part.how
    return made


def _choice(part: Part) -> dict[str, Any]:
    places = [{"iso3": place.iso3, "code": place.code, "name": place.label} for place in part.places]
    return {"said": part.said, "places": places}
