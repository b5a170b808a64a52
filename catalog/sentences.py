"""What a change of a record comes to in words a reader knows: a sentence or more for each field."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from catalog.places import country_name

UNTOLD = "\x00"
"""What a text begins with that stands for one that may not be said: no sentence has it."""
_LONGEST = 100
"""Characters of a value in a sentence."""
_NAMED = 3
"""Of more things than these a sentence gives the number too."""
_PLAIN = {
    "title": "title",
    "link": "link",
    "name": "address of its page",
    "licence": "licence",
    "cod_level": "COD level",
    "series": "series",
    "methodology": "methodology",
    "caveats": "caveats",
    "notes": "description",
    "distributions": "files",
    "tags": "hashtags",
    "locations": "places",
    "level": "sensitivity",
    "visibility": "visibility",
    "curated": "corrections by people",
}
_DAYS = {"issued": "first published", "modified": "data last changed"}
_LISTS = {"keywords": "keyword", "languages": "language", "urgency_recipients": "urgent recipient"}
_NOTHING = "not said"
_TEXTS = {"notes", "methodology", "caveats"}
"""Fields whose values are too long for a sentence."""
_MODALITIES = {
    "open": "open",
    "register": "open after registration",
    "on_request": "asked for",
    "under_agreement": "given under an agreement",
    "bilateral": "arranged with the holder",
    "on_site": "seen on site",
    "not_shared": "not shared",
    "unknown": _NOTHING,
}
_LEVELS = {"low_no": "low or none", "unclassified": "not classified"}
_STATES = {"missing": "no longer listed", "withdrawn": "withdrawn", "listed": "listed again"}


def sentences(fields: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Plain sentences for each field of a change, in their order; none where another field's say it already."""
    by_name = {entry["field"]: (entry["old"], entry["new"]) for entry in fields}
    for entry in fields:
        if entry.get("hidden"):
            yield [f"{_label(entry['field'])} changed"]
        else:
            said = _said(entry["field"], entry["old"], entry["new"], by_name)
            changed = f"{_label(entry['field'])} changed"
            yield list(dict.fromkeys(changed if UNTOLD in sentence else sentence for sentence in said))


def _from_to(label: str, old: str, new: str) -> str:
    """What something was and is; only what it is, where what it was may not be said."""
    if UNTOLD not in old or UNTOLD in new:
        return f"{label}: {old} -> {new}"
    return f"{label} taken out" if new == _NOTHING else f"{label}: now {new}"


def _said(name: str, old: Any, new: Any, others: Mapping[str, tuple[Any, Any]]) -> list[str]:  # noqa: ANN401, PLR0911
    if name == "curated":
        return list(_curated(old, new, others))
    if name in _SPEAKERS and isinstance(old, _SHAPES[name]) and isinstance(new, _SHAPES[name]):
        return list(_SPEAKERS[name](old, new, others))
    if name == "state":
        return [_STATES[new]] if new in _STATES else []
    if name == "links_withheld":
        return ["links to files withheld" if new else "links to files given again"]
    if name == "urgent":
        return ["now urgent" if new else "no longer urgent"]
    if name in _DAYS:
        return [_from_to(_DAYS[name], _day(old), _day(new))]
    if name in _LISTS and isinstance(old, list) and isinstance(new, list):
        return list(_members(_LISTS[name], old, new))
    label = _label(name)
    if name in _TEXTS and max(len(str(old or "")), len(str(new or ""))) > _LONGEST:
        return [f"{label} {'changed' if old and new else 'added' if new else 'removed'}"]
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        return [f"{label} changed"]
    return [_from_to(label, _words(old), _words(new))]


def _label(name: str) -> str:
    return _PLAIN.get(name, name.replace("_", " "))


_Others = Mapping[str, tuple[Any, Any]]


def _titles(old: Mapping[str, str], new: Mapping[str, str], others: _Others) -> Iterator[str]:
    for language in sorted(old.keys() | new.keys()):
        pair = old.get(language), new.get(language)
        if pair[0] != pair[1] and pair != others.get("title"):
            yield _from_to(f"title in {language}", _words(pair[0]), _words(pair[1]))


def _source(old: Mapping[str, str], new: Mapping[str, str], _: _Others) -> Iterator[str]:
    yield _from_to("source", _words(old["title"]), _words(new["title"]))


def _organizations(old: list[Any], new: list[Any], _: _Others) -> Iterator[str]:
    before, after = ({entry["id"]: entry for entry in side} for side in (old, new))
    yield from _members(
        "organisation",
        [entry["name"] for key, entry in before.items() if key not in after],
        [entry["name"] for key, entry in after.items() if key not in before],
    )
    for key in before.keys() & after.keys():
        was, becomes = before[key], after[key]
        if was["roles"] != becomes["roles"]:
            yield f"{_words(becomes['name'])}: {_and(was['roles'])} -> {_and(becomes['roles'])}"
        for part, label in (("name", "organisation renamed"), ("acronym", "acronym"), ("kind", "kind of organisation")):
            if was[part] != becomes[part]:
                yield _from_to(label, _words(was[part]), _words(becomes[part]))


def _holders(old: list[str], new: list[str], _: _Others) -> Iterator[str]:
    yield _from_to("held by", _and(old), _and(new))


def _countries(old: list[str], new: list[str], _: _Others) -> Iterator[str]:
    yield from _members("country", [country_name(code) for code in old], [country_name(code) for code in new])


def _locations(old: list[Any], new: list[Any], _: _Others) -> Iterator[str]:
    """What is known of a country; that it is new or gone is said by ``countries``."""
    before, after = ({entry["iso3"]: entry for entry in side} for side in (old, new))
    coded = {True: "yes", False: "no", None: "not assessed"}
    for code in [code for code in after if code in before]:
        was, becomes, place = before[code], after[code], country_name(code)
        if was["admin_level"] != becomes["admin_level"]:
            yield f"{place}: admin level {_words(was['admin_level'])} -> {_words(becomes['admin_level'])}"
        if was["p_coded"] != becomes["p_coded"]:
            yield f"{place}: p-coded: {coded[was['p_coded']]} -> {coded[becomes['p_coded']]}"


def _topics(old: list[Any], new: list[Any], _: _Others) -> Iterator[str]:
    yield from _members("topic", [entry["title"] for entry in old], [entry["title"] for entry in new])


def _concepts(old: list[Any], new: list[Any], others: _Others) -> Iterator[str]:
    topics = {entry["title"] for side in others.get("topics", ()) for entry in side or ()}
    before, after = ({entry["title"]: entry["evidence"] for entry in side} for side in (old, new))
    yield from _members(
        "subject",
        [title for title in before if title not in topics],
        [title for title in after if title not in topics],
    )
    for title in before:
        if title in after and before[title] != after[title]:
            yield f"recognised as {title} by other words"


def _access(old: Mapping[str, Any], new: Mapping[str, Any], _: _Others) -> Iterator[str]:
    if old["modality"] != new["modality"]:
        yield f"now {_modality(new)} instead of {_modality(old)}"
    if old["steps"] != new["steps"]:
        yield f"how to get it: {_words(' '.join(new['steps']))}"
    if old["address"] != new["address"]:
        yield _from_to("where to get it", _words(old["address"]), _words(new["address"]))
    yield from _members("contact", old["contacts"], new["contacts"])
    before, after = ({entry["artefact"]: entry for entry in side["artefacts"]} for side in (old, new))
    for artefact in sorted((before.keys() | after.keys()) - {"data"}):
        was, becomes = before.get(artefact), after.get(artefact)
        if was is None or becomes is None:
            yield f"access to the {artefact} {'added' if was is None else 'removed'}"
        elif was["modality"] != becomes["modality"]:
            yield f"{artefact}: now {_modality(becomes)} instead of {_modality(was)}"
        elif was != becomes:
            yield f"{artefact}: access explained otherwise"


def _level(old: Mapping[str, Any], new: Mapping[str, Any], _: _Others) -> Iterator[str]:
    if old["level"] != new["level"]:
        why = f" ({_words(new['reason'])})" if new["reason"] else ""
        yield f"sensitivity: {_rank(old)} -> {_rank(new)}{why}"
        return
    if any(old[part] != new[part] for part in ("basis", "evidence", "reason", "rule", "asserted_by")):
        yield f"sensitivity: still {_rank(new)}, on other grounds ({_words(new['reason'] or new['basis'])})"
    if old["review_by"] != new["review_by"]:
        yield f"sensitivity to be reviewed by: {_day(old['review_by'])} -> {_day(new['review_by'])}"


def _tags(old: list[Any], new: list[Any], _: _Others) -> Iterator[str]:
    before, after = ({entry["tag"]: entry["origin"] for entry in side} for side in (old, new))
    yield from _members("hashtag", list(before), list(after))
    yield from (
        f"hashtag {tag}: {before[tag]} -> {after[tag]}" for tag in before if after.get(tag, before[tag]) != before[tag]
    )


def _period(old: Mapping[str, Any], new: Mapping[str, Any], _: _Others) -> Iterator[str]:
    yield _from_to("period", _span(old), _span(new))


def _frequency(old: Mapping[str, Any], new: Mapping[str, Any], _: _Others) -> Iterator[str]:
    yield f"update frequency: {old['words']} -> {new['words']}"


def _freshness(old: Mapping[str, Any], new: Mapping[str, Any], _: _Others) -> Iterator[str]:
    if _day(old["due"]) != _day(new["due"]):
        yield _from_to("next update expected", _day(old["due"]), _day(new["due"]))


def _curated(old: list[Any], new: list[Any], _: _Others) -> Iterator[str]:
    before, after = ({mark["field"]: mark for mark in side} for side in (old or [], new or []))
    for key, mark in after.items():
        name = curated_label(key)
        if "caught_up" in mark and "caught_up" not in before.get(key, {}):
            yield f"the source now says what a person corrected: {name}"
        elif key not in before:
            yield f"corrected by a person: {name}"
        elif "caught_up" in before[key] and "caught_up" not in mark:
            yield f"the source no longer says what a person corrected: {name}"
    yield from (f"correction taken back or without its column: {curated_label(key)}" for key in before.keys() - after)


def curated_label(field: str) -> str:
    """What a corrected field is called: its name, or that of a column whose hashtag was corrected."""
    if not field.startswith("hxl "):
        return field.replace("_", " ")
    return f"hashtag of {_quote(orjson.loads(field[4:])[2])}"


def _relations(old: list[Any], new: list[Any], _: _Others) -> Iterator[str]:
    before, after = ([f"{entry['kind'].replace('_', ' ')} {entry['target']}" for entry in side] for side in (old, new))
    yield from _members("relation", before, after)


def _distributions(old: list[Any], new: list[Any], _: _Others) -> Iterator[str]:
    before, after = ({entry["key"]: entry for entry in side} for side in (old, new))
    yield from _members(
        "file",
        [_quoted(entry) for key, entry in before.items() if key not in after],
        [_quoted(entry) for key, entry in after.items() if key not in before],
    )
    refreshed = []
    stay = [key for key in after if key in before]
    for key in stay:
        found = list(_file(before[key], after[key]))
        if found:
            yield from found
        elif before[key] != after[key]:
            refreshed.append(_quoted(after[key]))
    if refreshed:
        yield _counted("file", refreshed, "updated")
    if stay != [key for key in before if key in after]:
        yield "files in another order"


def _file(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What is worth a sentence of its own; that a file has another date or size is said of all together."""
    name = _quoted(new)
    if old["name"] != new["name"]:
        yield f"file now named {name}" if UNTOLD in _quoted(old) else f"file {_quoted(old)} renamed {name}"
    if old["format"] != new["format"]:
        yield f"file {name}: format {_words(old['format'])} -> {_words(new['format'])}"
    if old["url"] != new["url"]:
        yield f"file {name}: {'another address' if old['url'] and new['url'] else _links(new['url'])}"
    if old["description"] != new["description"]:
        yield f"file {name}: description changed"
    if old["under_review"] != new["under_review"]:
        yield f"file {name}: {'now' if new['under_review'] else 'no longer'} under review by the portal"
    before, after = ([(column["sheet"], column["header"]) for column in side["columns"]] for side in (old, new))
    if before != after:
        said = list(
            _members("column", [_quote(header) for _, header in before], [_quote(header) for _, header in after])
        )
        yield f"file {name}: {'; '.join(said) or 'columns in another order'}"
    elif old["columns"] != new["columns"]:
        yield f"file {name}: other hashtags of its columns"


def _links(url: str) -> str:
    return "can be downloaded now" if url else "cannot be downloaded any more"


_SPEAKERS: Mapping[str, Callable[[Any, Any, _Others], Iterator[str]]] = {
    "titles": _titles,
    "source": _source,
    "organizations": _organizations,
    "holders": _holders,
    "countries": _countries,
    "locations": _locations,
    "topics": _topics,
    "concepts": _concepts,
    "access": _access,
    "level": _level,
    "tags": _tags,
    "period": _period,
    "update_frequency": _frequency,
    "freshness": _freshness,
    "relations": _relations,
    "distributions": _distributions,
}
_MAPPINGS = {"titles", "source", "access", "level", "period", "update_frequency", "freshness"}
_SHAPES = {name: dict if name in _MAPPINGS else list for name in _SPEAKERS}


def _members(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """What was added to a list and what was removed."""
    added, removed = [one for one in new if one not in old], [one for one in old if one not in new]
    if added:
        yield _counted(what, added, "added")
    if removed:
        yield _counted(what, removed, "removed")


def _counted(what: str, names: Sequence[str], done: str) -> str:
    if len(names) == 1 and UNTOLD not in names[0]:
        return f"{what} {names[0]} {done}" if what == "file" else f"{what} {done}: {_words(names[0])}"
    many = f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"
    untold = [name for name in names if UNTOLD in name]
    if untold:
        told = [name for name in names if UNTOLD not in name]
        what = f"{len(names)} {many}" if len(names) > 1 else what
        return f"{what} {done}" + (f", among them {', '.join(map(_words, told[:_NAMED]))}" if told else "")
    more = ", ..." if len(names) > _NAMED else ""
    return f"{len(names)} {many} {done}: {', '.join(_words(name) for name in names[:_NAMED])}{more}"


def _quoted(entry: Mapping[str, Any]) -> str:
    return _quote(entry["name"] or entry["url"].rpartition("/")[2] or entry["key"])


def _quote(text: str) -> str:
    return f"'{text[:_LONGEST]}'"


def _modality(entry: Mapping[str, Any]) -> str:
    return _MODALITIES.get(entry["modality"], str(entry["modality"]).replace("_", " "))


def _rank(level: Mapping[str, Any]) -> str:
    return _LEVELS.get(level["level"], str(level["level"]))


def _span(period: Mapping[str, Any]) -> str:
    if not (period["start"] or period["end"] or period["open"]):
        return _NOTHING
    return f"{period['start'] or '...'} to {'today' if period['open'] else period['end'] or '...'}"


def _day(value: str | None) -> str:
    return value[:10] if value else _NOTHING


def _and(names: Sequence[str]) -> str:
    return " and ".join(_words(name) for name in names) or "nobody"


def _words(value: object) -> str:
    """A value as it is read: ``not said`` for nothing, shortened where it is long."""
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} ..."
