"""How a question was read, for whoever asks: as JSON and in sentences.

::

    parts [{said, kind, title, also [..], more, places [{iso3, code, name}], read_as [..], how}],
    dropped [said], widened [{said, title}], choices [{said, places [{iso3, code, name}]}],
    expand, help [{said, q, total, filters}]

``also`` is what was searched for beside what was typed, as far as the viewer is shown records that have it. A place of
several countries is in ``choices``, to be asked for with one of their countries.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from catalog.search.forms import light
from catalog.search.loosening import Asked, names
from catalog.search.matching import TYPED, Part
from catalog.search.snapshot import Snapshot
from catalog.search.spelling import near
from catalog.search.wording import Word, Wording, written

Tally = Callable[[Wording, bool], int]
"""How many records a wording finds, with the question's filters or without them."""

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
    asked: Asked, wording: Wording, snapshot: Snapshot, tally: Tally, *, narrowed: bool
) -> Iterator[dict[str, Any]]:
    """What would find more where little or nothing was found, with how many it finds.

    ``said`` is what is in the way: a word to leave out or to spell otherwise, or the filters, and then there is
    ``filters``; ``q`` is what to ask instead, which finds ``total``.
    """
    for said, instead, filtered in islice(_instead(asked, wording, snapshot, narrowed=narrowed), MOST_TOLD):
        made = {"said": said, "q": written(instead), "total": tally(instead, filtered)}
        yield made if filtered else made | {"filters": True}


def _instead(
    asked: Asked, wording: Wording, snapshot: Snapshot, *, narrowed: bool
) -> Iterator[tuple[str, Wording, bool]]:
    if narrowed:
        yield "filters", replace(wording, selected=(), excluded=()), False
    for part in asked.dropped:
        wording = _without(part, asked, wording) or wording
    for part in asked.required if len(asked.required) > 1 and not asked.any_of else ():
        if (less := _without(part, asked, wording)) is not None:
            yield part.said, less, True
    for place, word in enumerate(wording.words):
        if not snapshot.times_of_word(light(word.text)):
            for other in near(word.text, snapshot):
                words = (*wording.words[:place], Word(other, joined=word.joined), *wording.words[place + 1 :])
                yield word.text, replace(wording, words=words), True


def _without(part: Part, asked: Asked, wording: Wording) -> Wording | None:
    """The wording without what a part was read from; None if that cannot be told."""
    if part.kind == "phrase":
        # Parts of phrases come last, in their order.
        place = asked.matching.parts.index(part) - len(asked.matching.parts) + len(wording.phrases)
        return replace(wording, phrases=(*wording.phrases[:place], *wording.phrases[place + 1 :]))
    run, words = part.said.split(), wording.words
    for start in range(len(words) - len(run) + 1):
        end = start + len(run)
        if [word.text for word in words[start:end]] == run:
            last = [replace(word, joined=False) for word in words[max(0, start - 1) : start]]
            return replace(wording, words=(*words[: max(0, start - 1)], *last, *words[end:]))
    return None


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
