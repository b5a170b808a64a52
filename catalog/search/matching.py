"""The words of a question as what is looked for in one viewer's index: parts, each with its clause and its reasons.

A part is a word, a phrase, a run of words that has a meaning, or a place. Whatever depends on which words there are
(how rare one is, which half words it begins, what is spelt like it) is learnt from the documents that the viewer is
shown, and from nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tantivy import Occur, Query

from catalog.facets import facets
from catalog.search import gazetteer
from catalog.search.forms import light, light_forms
from catalog.search.gazetteer import Place
from catalog.search.meanings import Meanings, Sense, Term
from catalog.search.schema import WEIGHTS, facet_field, schema
from catalog.search.snapshot import Snapshot
from catalog.search.spelling import beginnings, near
from catalog.search.wording import Phrase, Word, Wording

TIE = 0.1
"""Share of the lesser fields, and of lesser reasons, in a part's score."""
MEANT_IN = ("title", "keywords", "notes")
"""Text fields in which other words of a meaning are looked for; organisations are called all sorts of things."""
MEANT, NARROWER, ABOUT = 1.1, 0.8, 1.5
"""What another word of a meaning is worth beside one as typed, what a narrower meaning's, and what the concept is."""
IN_COUNTRY, IN_WHOLE_COUNTRY = 2.0, 0.6
"""What a record of a country is worth to who asks for the country, and to who asks for a part of it."""
TYPED = "typed"
_OPEN = 3
"""Letters from which a word may be half a word."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which a record may match a part.

    Attributes:
        because: ``typed``, ``same`` (another word of the meaning), ``narrower``, ``wider``, ``beside`` (of a meaning
            near to it), ``about`` (the concept), ``place`` (another spelling), ``country``, ``begins``. Of a part that
            is read as other words it is told as how: ``spelt``, ``joined``, ``parted``.
        words: What is found, as it can be told.
        fields: A query per text field; the empty name for what is no text.
    """

    because: str
    words: str
    fields: Mapping[str, Query]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the question.

    Attributes:
        said: As typed, folded.
        kind: ``word``, ``phrase``, ``meaning`` or ``place``.
        clause: What matches it, with its score.
        reasons: Why something may match.
        rank: What is left out first, lowest first.
        title: What is meant: the meaning's title, or the places.
        places: Where it is a place.
        wider: Wider meanings.
        evidence: Concepts that a record is likely about where the part is what it is about.
        helps: Not required.
        instead: Words that stand for it, where nothing has it as typed; with ``how`` they were found.
    """

    said: str
    kind: str
    clause: Query
    reasons: tuple[Reason, ...]
    rank: float
    title: str = ""
    places: tuple[Place, ...] = ()
    wider: tuple[Sense, ...] = ()
    evidence: tuple[str, ...] = ()
    helps: bool = False
    instead: tuple[str, ...] = ()
    how: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """The parts of a question, and what none of the answer may have."""

    parts: tuple[Part, ...]
    unwanted: tuple[Query, ...]
    together: tuple[tuple[str, Query], ...] = field(default=())
    """What raises a record beside its parts: all words in one run."""


def match(wording: Wording, snapshot: Snapshot, meanings: Meanings, *, expand: bool = True) -> Matching:
    """The parts; without ``expand`` each word and phrase as typed, in any number or case."""
    words = _respelt(wording.words, snapshot, meanings) if expand else [(word, "", "") for word in wording.words]
    countries = frozenset(value.upper() for parameter, value in wording.selected if parameter == "country")
    parts = [*_parts(words, snapshot, meanings, countries, expand=expand)]
    parts += [_phrase(phrase, snapshot) for phrase in wording.phrases]
    unwanted = tuple(_literal(phrase, snapshot) for phrase in wording.unwanted)
    run = tuple(light(word.text) for word, *_ in words)
    together = []
    if len(run) > 1:
        together = [(name, _in_field(name, run)) for name in ("title", "keywords")]
    return Matching(tuple(parts), unwanted, tuple(together))


def sense_part(said: str, sense: Sense, typed: Sequence[str], snapshot: Snapshot) -> Part:
    """A run of words with a meaning: the words as typed, its other words, narrower ones, and the concept."""
    own = tuple(typed)
    made = snapshot.kept.get(sense.key)
    if made is None:
        made = snapshot.kept[sense.key] = _sought(sense, snapshot)
    clauses = [_literal(Phrase(own), snapshot), *made.clauses] if own else list(made.clauses)
    reasons = [reason for words, reason in made.reasons if words != own]
    if own:
        reasons.insert(0, _typed(own))
    clause = Query.disjunction_max_query(clauses, TIE) if clauses else Query.empty_query()
    return Part(said, "meaning", clause, tuple(reasons), 300 + made.rarity, sense.title)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What a meaning is looked for by in one viewer's index, made once: clauses, and reasons by their light forms."""

    clauses: tuple[Query, ...]
    reasons: tuple[tuple[tuple[str, ...], Reason], ...]
    rarity: float


def _sought(sense: Sense, snapshot: Snapshot) -> _Sought:
    clauses: list[Query] = []
    reasons: list[tuple[tuple[str, ...], Reason]] = []
    rarest = 1.0
    for which, terms, worth in (("same", sense.terms, MEANT), ("others", sense.others, NARROWER)):
        here = [one for term in terms if (one := _known(term, snapshot))]
        if not here:
            continue
        reasons += [(term.words, Reason(term.because, term.written, queries)) for term, queries in here]
        # "displaced" finds all that "displaced people" does.
        alone = {term.words for term, _ in here}
        fewest = [(term, queries) for term, queries in here if not _within(term.words, alone)]
        by_field = {name: either([queries[name] for _, queries in fewest if name in queries]) for name in MEANT_IN}
        whole = {name: query for name, query in by_field.items() if query is not None}
        rarity = snapshot.rarity((which, sense.key), either(list(whole.values())) or Query.empty_query())
        rarest = max(rarest, rarity)
        clauses += [Query.const_score_query(query, WEIGHTS[name] * worth * rarity) for name, query in whole.items()]
    for concept, worth in ((sense.concept, ABOUT), *((other, ABOUT * NARROWER) for other in sense.beside)):
        about = Query.term_query(schema(), facet_field(facets()["concept"]), concept, "basic")
        if concept and snapshot.times(("about", concept), about):
            clauses.append(Query.const_score_query(about, worth * snapshot.rarity(("about", concept), about)))
            title = snapshot.names["concept"].labels.get(concept, concept)
            reasons.append(((), Reason("about", title, {"": about})))
    return _Sought(tuple(clauses), tuple(reasons), rarest)


def _within(words: tuple[str, ...], others: set[tuple[str, ...]]) -> bool:
    """Whether a shorter term stands in this one."""
    length = len(words)
    return any(
        words[start:end] in others
        for start in range(length)
        for end in range(start + 1, length + 1)
        if end - start < length
    )


def either(queries: Sequence[Query]) -> Query | None:
    """Any of them; None of none."""
    if not queries:
        return None
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def _respelt(words: Sequence[Word], snapshot: Snapshot, meanings: Meanings) -> list[tuple[Word, str, str]]:
    """The words; one that nothing here has, and that says nothing to us, is read as one that something has.

    Each with what was typed instead and how it was read, where that differs.
    """
    folded = light_forms(word.text for word in words)
    capitals = [word.capitals for word in words]
    spans = _spans(words, folded, capitals, meanings)
    told = {place for span in spans for place in range(span.start, span.start + span.length)}
    found: list[tuple[Word, str, str]] = []
    skip = False
    for place, word in enumerate(words):
        if skip:
            skip = False
            continue
        if place in told or word.helps or word.half or snapshot.times_of_word(folded[place]):
            found.append((word, "", ""))
            continue
        if (in_capitals := replace(word, capitals=True)) != word and _says_something(in_capitals, snapshot, meanings):
            found.append((in_capitals, word.text, "spelt"))
            continue
        following = words[place + 1] if place + 1 < len(words) else None
        if following is not None and snapshot.times_of_word(light(word.text + following.text)):
            one = replace(word, text=word.text + following.text, code="")
            found.append((one, f"{word.text} {following.text}", "joined"))
            skip = True
        elif parted := _parted(word.text, snapshot):
            found += [(replace(word, text=part, code=""), word.text, "parted") for part in parted]
        elif len(word.text) >= _OPEN and beginnings(word.text, snapshot):
            found.append((replace(word, half=True), "", ""))
        elif alike := near(word.text, snapshot):
            found.append((replace(word, text=alike[0], code=""), word.text, "spelt"))
        else:
            found.append((word, "", ""))
    return found


def _says_something(word: Word, snapshot: Snapshot, meanings: Meanings) -> bool:
    """Whether a word in capitals is an acronym or a country's ISO3 code, of which something is shown."""
    if meant := meanings.longest([word.text], [word.capitals], 0):
        return bool(sense_part(word.text, meant[1], (), snapshot).reasons)
    if len(word.text) != 3:  # noqa: PLR2004
        return False
    places = gazetteer.named([word.text], capitals=word.capitals)
    return any(snapshot.times(*_in_country(place)) for place in places)


def _parted(word: str, snapshot: Snapshot) -> tuple[str, str] | None:
    """Two words that were written as one, and stand beside one another somewhere."""
    for cut in range(3, len(word) - 2):
        pair = (word[:cut], word[cut:])
        if all(snapshot.times_of_word(light(part)) for part in pair):
            run = tuple(light_forms(pair))
            if snapshot.times(("run", *run), either([_in_field(name, run) for name in MEANT_IN])):
                return pair
    return None


def _parts(
    words: Sequence[tuple[Word, str, str]],
    snapshot: Snapshot,
    meanings: Meanings,
    countries: frozenset[str],
    *,
    expand: bool,
) -> Iterator[Part]:
    typed = [word for word, *_ in words]
    folded = light_forms(word.text for word in typed)
    capitals = [word.capitals for word in typed]
    found = _in_their_country([*_spans(typed, folded, capitals, meanings)], countries) if expand else []
    spans = {span.start: span for span in found}
    place = 0
    while place < len(typed):
        if place in spans:
            span = spans[place]
            length, sense = span.length, span.sense
            run = typed[place : place + length]
            read = [(was, how) for _, was, how in words[place : place + length] if how]
            said = " ".join(word.text for word in run)
            if sense is not None:
                part = sense_part(said, sense, folded[place : place + length], snapshot)
                wider = tuple(meanings.senses[key] for key in sense.wider)
                part = replace(part, wider=wider, evidence=tuple(one.concept for one in wider if one.concept))
            else:
                part = _place(run, span.places, snapshot)
        else:
            length, read = 1, [(was, how) for _, was, how in words[place : place + 1] if how]
            part = _word(typed[place], snapshot, meanings, expand=expand)
        if read:
            instead = part.said.upper() if part.said == read[0][0] else part.said
            part = replace(part, said=read[0][0], instead=(instead,), how=read[0][1])
        yield part
        place += length


@dataclass(frozen=True, slots=True)
class _Span:
    """A run of words that has a meaning, or names places."""

    start: int
    length: int
    sense: Sense | None = None
    places: tuple[Place, ...] = ()


def _spans(
    words: Sequence[Word], folded: Sequence[str], capitals: Sequence[bool], meanings: Meanings
) -> Iterator[_Span]:
    """Runs that mean something, the longest from each word on; none overlaps another."""
    start = 0
    while start < len(words):
        meant = meanings.longest(folded, capitals, start)
        placed = _placed(words, start)
        if meant and not (placed and _rather_placed(words, start, meant[0], placed[0], meanings)):
            found = _Span(start, meant[0], sense=meant[1])
        elif placed:
            found = _Span(start, placed[0], places=placed[1])
        else:
            start += 1
            continue
        yield found
        start += found.length


def _rather_placed(words: Sequence[Word], start: int, meant: int, placed: int, meanings: Meanings) -> bool:
    """Whether a run is rather a place: it is longer, or a country's very name and the term's only in another form."""
    if meant != placed:
        return placed > meant
    run = [word.text for word in words[start : start + placed]]
    return gazetteer.is_country(run) and not meanings.has(run)


def _in_their_country(spans: Sequence[_Span], countries: frozenset[str]) -> list[_Span]:
    """The spans; what several places are called by is the one in a country that is named beside it, if one is."""
    named = countries.union(span.places[0].iso3 for span in spans if len(span.places) == 1)
    return [
        replace(span, places=there)
        if len(span.places) > 1 and (there := tuple(place for place in span.places if place.iso3 in named))
        else span
        for span in spans
    ]


def _placed(words: Sequence[Word], start: int) -> tuple[int, tuple[Place, ...]] | None:
    """The longest run from here that names a place, and the places."""
    first = words[start]
    if first.half:
        return None
    if first.code and (coded := gazetteer.coded(first.code)):
        length = 1
        while words[start + length - 1].joined and start + length < len(words):
            length += 1
        return length, (coded,)
    pair = [word.text for word in words[start : start + 2]] if first.joined and first.capitals else []
    if level := gazetteer.first_level("-".join(pair)):
        return 2, (level,)
    for length in range(min(gazetteer.LONGEST, len(words) - start), 0, -1):
        run = words[start : start + length]
        said = [word.text for word in run]
        if (first.helps or run[-1].helps) and not gazetteer.is_whole_name(said):
            continue
        if found := gazetteer.named(said, capitals=length == 1 and first.capitals):
            return length, found
    return None


def _word(word: Word, snapshot: Snapshot, meanings: Meanings, *, expand: bool) -> Part:
    folded = light(word.text)
    if word.half:
        return _half(word, snapshot, meanings, expand=expand)
    rarity = snapshot.rarity_of_word(folded)
    clause = _literal(Phrase((word.text,)), snapshot)
    return Part(word.text, "word", clause, (_typed((folded,)),), 100 + rarity, helps=word.helps)


def _half(word: Word, snapshot: Snapshot, meanings: Meanings, *, expand: bool) -> Part:
    """A half word: whatever it begins here, and with ``expand`` the meaning of what it begins most often."""
    whole = beginnings(word.text, snapshot)
    forms = list(dict.fromkeys(light_forms(whole))) or [light(word.text)]
    reasons = [Reason("begins", one, _in_fields((light(one),))) for one in whole]
    clauses = [_literal(Phrase((one,)), snapshot) for one in forms]
    clause = Query.disjunction_max_query(clauses, TIE)
    means = expand and whole and not (gazetteer.is_country(whole[:1]) and not meanings.has(whole[:1]))
    meant = meanings.longest([light(whole[0])], [False], 0) if means else None
    part = Part(word.text, "word", clause, tuple(reasons), 150, instead=tuple(whole), how="begins")
    if meant is None:
        return part
    sense = sense_part(word.text, meant[1], (), snapshot)
    both = Query.disjunction_max_query([clause, sense.clause], TIE)
    wider = tuple(meanings.senses[key] for key in meant[1].wider)
    return replace(part, clause=both, reasons=(*reasons, *sense.reasons), title=sense.title, wider=wider, rank=300)


def _place(run: Sequence[Word], places: tuple[Place, ...], snapshot: Snapshot) -> Part:
    """A place: as typed, in its other spellings, and the records of its country."""
    words = tuple(light(word.text) for word in run)
    found = [_literal(Phrase(tuple(word.text for word in run)), snapshot)]
    reasons = [_typed(words)]
    rarest = 0.0
    for place in places:
        what, here = _in_country(place)
        rarity = snapshot.rarity(what, here)
        if place.code:
            spelt = [
                (name, queries)
                for name in place.spellings
                if (folded := tuple(light_forms(name.split()))) != words
                and (queries := _shown_fields(folded, snapshot))
            ]
            by_field = {name: either([queries[name] for _, queries in spelt if name in queries]) for name in MEANT_IN}
            whole = {name: query for name, query in by_field.items() if query is not None}
            if whole:
                any_of = either(list(whole.values())) or Query.empty_query()
                worth = MEANT * snapshot.rarity(("place", place.code), any_of)
                found += [Query.const_score_query(query, WEIGHTS[name] * worth) for name, query in whole.items()]
                reasons += [Reason("place", name, queries) for name, queries in spelt]
        rarest = max(rarest, rarity)
        found.append(Query.const_score_query(here, rarity * (IN_WHOLE_COUNTRY if place.code else IN_COUNTRY)))
        reasons.append(Reason("country", replace(place, code="").label, {"": here}))
    said = " ".join(word.text for word in run)
    clause = Query.disjunction_max_query(found, TIE)
    title = " or ".join(place.label for place in places)
    return Part(said, "place", clause, tuple(reasons), 200 + rarest, title, places)


def _in_country(place: Place) -> tuple[tuple[str, str], Query]:
    """The records of a place's country, and what that question is called in a snapshot."""
    name = facet_field(facets()["country"])
    return (name, place.iso3), Query.term_query(schema(), name, place.iso3, "basic")


def _phrase(phrase: Phrase, snapshot: Snapshot) -> Part:
    words = tuple(light_forms(phrase.words))
    said = " ".join(phrase.words)
    names = (phrase.field,) if phrase.field else tuple(WEIGHTS)
    reason = Reason(TYPED, said, {name: _in_field(name, words) for name in names})
    return Part(f'"{said}"', "phrase", _literal(phrase, snapshot), (reason,), 400)


def _typed(words: tuple[str, ...]) -> Reason:
    return Reason(TYPED, " ".join(words), _in_fields(words))


def _literal(phrase: Phrase, snapshot: Snapshot) -> Query:
    """Words in order in any text field (or in one), worth most where it weighs most.

    Tantivy's own score rests on all documents, those that are not shown among them. Where there are such, a word is
    worth what its field weighs, times how rare it is in what is shown.
    """
    words = tuple(light_forms(phrase.words))
    found = []
    for name, weight in WEIGHTS.items():
        if phrase.field not in {"", name}:
            continue
        query = _in_field(name, words)
        if snapshot.apart:
            found.append(Query.const_score_query(query, weight * snapshot.rarity((name, *words), query)))
        else:
            found.append(Query.boost_query(query, weight))
    return Query.disjunction_max_query(found, TIE)


def _known(term: Term, snapshot: Snapshot) -> tuple[Term, Mapping[str, Query]] | None:
    found = _shown_fields(term.words, snapshot)
    return (term, found) if found else None


def _shown_fields(words: tuple[str, ...], snapshot: Snapshot) -> Mapping[str, Query]:
    """The fields of what is shown that have these words."""
    if not all(map(snapshot.times_of_word, words)):
        return {}
    made = {name: _in_field(name, words) for name in MEANT_IN}
    return {name: query for name, query in made.items() if snapshot.times((name, *words), query)}


def _in_fields(words: tuple[str, ...]) -> Mapping[str, Query]:
    return {name: _in_field(name, words) for name in WEIGHTS}


def _in_field(name: str, words: Iterable[str]) -> Query:
    some = list(words)
    # A phrase of one word makes Tantivy panic.
    if len(some) == 1:
        return Query.term_query(schema(), name, some[0], "freq")
    return Query.phrase_query(schema(), name, [*some])
