"""Headers to hashtags, where nobody declared any: rules of ``config/rules/hxl``, each guess with its confidence.

A header is parted into words. Phrases of the rules are found in them, longest first, and none twice over the same
words. Of the hashtags found the one of the highest rank holds; the other phrases add attributes to it. So
``Total No# of IDPs HH`` is people (implied by IDPs), displaced within their country, counted in households:
``#affected+hh+idps``. Age bands are read as numbers. The kind of table (its *family*) and its other columns decide
what a word alone means: ``Women`` in a population table are ``#population+f``, in a 3W they may be those reached.

Confidence is the rule's, made smaller by each word of the header that no rule explains. Below the threshold nothing is
said. Nothing here reads a cell.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.hxl.words import Match, Phrases, header_words
from config.declarations import HXL_LANGUAGES, HxlAges, HxlAttributeRule, HxlTagRule, HxlWords
from config.load import Rules

PEOPLE = ("#reached", "#targeted", "#inneed", "#affected", "#population")
"""Hashtags whose columns count people, from the narrowest to the widest."""
_PERSONS = frozenset({"person", "harm", "unit", "count", "object", "vocabulary", "state", "place"})
_UNEXPLAINED = 0.6
_HARMLESS = frozenset({"count", "date"})
"""Kinds of attributes without which a hashtag is as right."""
_TELLING = frozenset({"naming", "unit"})
"""Kinds of attributes that say what is in the cells: with them, what is added otherwise is not."""
_NAMED = frozenset({"naming", "language"})
"""What columns take that name something: they do not say how many there are."""
_UNKNOWN_PEOPLE = 0.5
_CONTRADICTS = 0.85
_ASKED_FOR_PEOPLE = frozenset(PEOPLE)
_ROUNDS = 2
_COUNTED = 3
_NOTHING: frozenset[str] = frozenset()
_HELPED = frozenset({"#inneed", "#targeted", "#reached"})
_AGES = frozenset(f"{age:0{digits}}" for age in range(121) for digits in (1, 2, 3))
_YEARS = frozenset(map(str, range(1950, 2100)))
_UNKNOWN = "?"
"""Stands for a word of a header that is in no rule; no header has it as a word."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """A guess: a canonical hashtag with attributes, how sure it is (0 to 1), and the ids of the rules that said so."""

    hashtag: str
    confidence: float
    rule: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    """What a table tells of a column: its families, and which hashtags and rules that it asks for others have."""

    families: frozenset[str]
    people: str
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Band:
    start: int
    end: int
    adds: str


@dataclass(frozen=True, slots=True)
class _Stem:
    """The hashtag to which a header's other words add; ``guessed`` if another table could give another."""

    tag: str
    confidence: float
    takes: frozenset[str]
    rule: HxlTagRule | None = None
    guessed: bool = False


class Tagger:
    """The rules, made ready once for many tables."""

    def __init__(self, rules: Rules) -> None:
        hxl = rules.hxl
        self._threshold = hxl.threshold if hxl.threshold is not None else 1.0
        self._filler = frozenset(word for phrase in hxl.filler for word in header_words(phrase))
        self._questions = frozenset(header_words(phrase) for phrase in hxl.questions)
        self._rules: list[HxlTagRule | HxlAttributeRule] = sorted((*hxl.tags, *hxl.attributes), key=_weight)
        self._phrases = Phrases(
            ((place, phrase) for place, rule in enumerate(self._rules) for phrase in _all(rule.words)), self._filler
        )
        self._cancelled = Phrases(
            (
                (place, phrase)
                for place, rule in enumerate(self._rules)
                if isinstance(rule, HxlTagRule)
                for phrase in rule.unless
            ),
            self._filler,
        )
        self._cancellable = frozenset(
            place for place, rule in enumerate(self._rules) if isinstance(rule, HxlTagRule) and rule.unless
        )
        self._counting = frozenset(
            [rule.id for rule in hxl.tags if rule.tag.partition("+")[0] in PEOPLE and "person" in rule.takes]
            + [rule.id for rule in hxl.attributes if rule.implies == "#affected" and rule.kind in {"person", "unit"}]
        )
        self._families = {family.id: family for family in hxl.families}
        self._named = Phrases((place, phrase) for place, family in enumerate(hxl.families) for phrase in family.named)
        self._typical: dict[tuple[str, ...], list[str]] = {}
        for family in hxl.families:
            for phrase in family.headers:
                self._typical.setdefault(header_words(phrase), []).append(family.id)
        self._by_topic: dict[str, list[str]] = {}
        for family in hxl.families:
            for topic in family.topics:
                self._by_topic.setdefault(topic, []).append(family.id)
        self._ages = _Ages(hxl.ages or HxlAges())
        self._aliases: dict[str, tuple[str, str]] = {}
        for rule in hxl.attributes:
            if rule.apart:
                for alias in _spelt(rule):
                    self._aliases.setdefault(alias, (rule.apart, rule.adds[1:]))
        # The same tables come again with every month and country, the same headers in most of them, and headers that
        # differ in a word of no rule alone in many.
        self._table = lru_cache(300)(self._inferred)
        self._column = lru_cache(50_000)(self._composed)
        self._pieces = lru_cache(50_000)(self._parted)
        self._meant = lru_cache(50_000)(self._said)
        self._spoken = lru_cache(50_000)(self._word)
        self._of_headers = lru_cache(300)(self._counted)
        self._of_text = lru_cache(300)(self._called)
        self._doubts = lru_cache(50_000)(self._contradiction)

    def infer(
        self,
        headers: Sequence[str],
        *,
        sheet: str = "",
        title: str = "",
        topics: Collection[str] = (),
        family: str = "",
    ) -> tuple[Inferred | None, ...]:
        """Guess the hashtags of one table's columns, in their order; None where no guess is sure enough."""
        return self._table(tuple(headers), self._kinds(tuple(headers), (sheet, title, family), topics))

    def contradicts(self, header: str, declared: str) -> str:
        """A sentence where a header and the hashtag declared for it contradict each other, else empty."""
        return self._doubts(header, declared)

    def _contradiction(self, header: str, declared: str) -> str:
        tag, _, rest = declared.partition("+")
        given = {attribute: self._aliases[attribute] for attribute in rest.split("+") if attribute in self._aliases}
        said: dict[str, set[str]] = {}
        for _, rule in self._pieces(self._meant(header), frozenset()):
            if isinstance(rule, HxlAttributeRule):
                for attribute in filter(None, rule.adds.split("+")):
                    if attribute in self._aliases:
                        group, meaning = self._aliases[attribute]
                        said.setdefault(group, set()).add(meaning)
        for attribute, (group, meaning) in given.items():
            theirs = {kind for kind_group, kind in given.values() if kind_group == group}
            if group in said and meaning not in said[group] and theirs.isdisjoint(said[group]):
                own = " and ".join(f'"+{kind}"' for kind in sorted(said[group]))
                return f'The header "{header.strip()}" says {own}, the hashtag {declared} says "+{attribute}".'
        guess = self._column(self._meant(header), _Table(frozenset(), ""))[0]
        if guess is None or guess.confidence < _CONTRADICTS:
            return ""
        own, *attributes = guess.hashtag.split("+")
        apart = own != tag and ((_level(own) and _level(tag)) or {own, tag} <= _HELPED)
        for one, other in (("lat", "lon"), ("lon", "lat")):
            apart = apart or (own == tag == "#geo" and one in attributes and other in rest.split("+"))
        return (
            f'The header "{header.strip()}" says {guess.hashtag}, the hashtag {declared} says otherwise.'
            if apart
            else ""
        )

    def _kinds(self, headers: tuple[str, ...], texts: tuple[str, ...], topics: Collection[str]) -> frozenset[str]:
        """The families of a table."""
        found = self._of_headers(headers)
        for text in texts:
            if text:
                found |= self._of_text(text)
        if topics:
            found |= {key for topic in topics for key in self._by_topic.get(topic, ())}
        return found

    def _counted(self, headers: tuple[str, ...]) -> frozenset[str]:
        counted = Counter(kind for header in set(headers) for kind in self._typical.get(header_words(header), ()))
        return frozenset(kind for kind, count in counted.items() if count >= self._families[kind].least)

    def _called(self, text: str) -> frozenset[str]:
        keys = list(self._families)
        return frozenset(keys[match.number] for match in self._named.within(header_words(text)))

    def _inferred(self, headers: tuple[str, ...], families: frozenset[str]) -> tuple[Inferred | None, ...]:
        people = next((entry.people for key, entry in self._families.items() if key in families and entry.people), "")
        alone = _Table(families, people)
        meant = [self._meant(header) for header in headers]
        first = [self._column(words, alone) for words in meant]
        asked: frozenset[str] = frozenset().union(*(asks for _, asks in first))
        if not asked:
            return tuple(found if found and self._sure(found) else None for found, _ in first)
        now = first
        for _ in range(_ROUNDS):
            told = [self._told(found, asked) for found, _ in now]
            known = Counter(name for names in told for name in names)
            near = [people] * len(headers) if people else _nearest([self._counts(found) for found, _ in now])
            before, now = (
                now,
                [
                    self._column(
                        words, _Table(families, here, frozenset(name for name in asks if known[name] > (name in own)))
                    )
                    if asks
                    else (found, asks)
                    for words, (found, asks), own, here in zip(meant, first, told, near, strict=True)
                ],
            )
            if now == before:
                break
        return tuple(found if found and self._sure(found) else None for found, _ in now)

    def _counts(self, found: Inferred | None) -> str:
        """The hashtag of a column whose header itself says which people it counts, else empty."""
        if found is None or not self._sure(found) or found.rule.partition(" ")[0] not in self._counting:
            return ""
        return found.hashtag.partition("+")[0]

    def _told(self, found: Inferred | None, asked: frozenset[str]) -> tuple[str, ...]:
        """What a column tells the others of its table that they ask for: its hashtag and the rule that gave it."""
        if found is None or not self._sure(found):
            return ()
        names = found.hashtag.partition("+")[0], found.rule.partition(" ")[0]
        return tuple([name for name in names if name in asked])

    def _sure(self, found: Inferred) -> bool:
        return found.confidence >= self._threshold

    def _composed(self, words: tuple[str, ...], table: _Table) -> tuple[Inferred | None, frozenset[str]]:
        """The guess, and hashtags and rules of other columns of the table that could change it."""
        pieces, bands, asks = self._explained(words, table)
        stem = _stem(pieces, bands, table)
        if (stem is None and bands) or (stem is not None and stem.guessed):
            asks |= _ASKED_FOR_PEOPLE
        if stem is None:
            return None, asks
        added, kinds, half = set(filter(None, stem.tag.split("+")[1:])), set(), 0
        named = [stem.rule.id] if stem.rule else []
        for match, rule in pieces:
            if isinstance(rule, HxlAttributeRule):
                # Its words may add something else to this hashtag than to others.
                fits = rule if rule.kind in stem.takes else self._instead(words, table, match, stem.takes)
                if fits is not None and fits.adds:
                    added.update(fits.adds[1:].split("+"))
                    kinds.add(fits.kind)
                    named.append(fits.id)
                elif fits is None and rule.adds and rule.kind not in _HARMLESS:
                    half += (2 if rule.kind == "unit" else 1) * (match.end - match.start)
            elif stem.rule is not None and rule.tag != stem.tag:
                other = self._instead(words, table, match, stem.takes)
                if other is not None:
                    added.update(other.adds[1:].split("+"))
                    named.append(other.id)
        if "person" in stem.takes:
            added.update(band.adds for band in bands)
            named += ["age-band"] * bool(bands)
        if stem.rule is not None and kinds.isdisjoint(_TELLING):
            added.update(filter(None, stem.rule.otherwise.split("+")))
        explained = sum(match.end - match.start for match, _ in pieces) + sum(band.end - band.start for band in bands)
        share = (explained - half / 2) / len(words)
        if (
            stem.rule is not None
            and ("name" in stem.rule.otherwise or stem.takes >= _NAMED)
            and any(isinstance(rule, HxlAttributeRule) and rule.kind == "count" for _, rule in pieces)
        ):
            share /= _COUNTED  # How many places there are is not the name of one.
        sure = stem.confidence if share == 1 else round(stem.confidence * share**_UNEXPLAINED, 2)
        hashtag = "+".join([stem.tag.partition("+")[0], *sorted(added)])
        return Inferred(hashtag, sure, " ".join(dict.fromkeys(named))), asks

    def _instead(
        self, words: tuple[str, ...], table: _Table, lost: Match, takes: frozenset[str]
    ) -> HxlAttributeRule | None:
        """What words add whose own rule does not hold: ``incident`` beside ``date`` is when it occurred."""
        for match, rule in self._pieces(words, table.families):
            if isinstance(rule, HxlAttributeRule) and rule.adds and rule.kind in takes and match[:2] == lost[:2]:
                return rule
        return None

    def _explained(
        self, words: tuple[str, ...], table: _Table
    ) -> tuple[list[tuple[Match, HxlTagRule | HxlAttributeRule]], list[_Band], frozenset[str]]:
        """The rules that explain some of a header's words, its age bands, what other columns could change."""
        taken: set[int] = set()
        chosen: list[tuple[Match, HxlTagRule | HxlAttributeRule]] = []
        asks: set[str] = set()
        for match, rule in self._pieces(words, table.families):
            if isinstance(rule, HxlTagRule) and rule.beside:
                asks.update(rule.beside)
                if table.beside.isdisjoint(rule.beside):
                    continue
            span = range(match.start, match.end)
            if taken.isdisjoint(span):
                taken.update(span)
                chosen.append((match, rule))
        counts = bool(table.people) or any(
            "person" in rule.takes if isinstance(rule, HxlTagRule) else rule.kind in {"person", "harm"}
            for _, rule in chosen
        )
        bands = [] if _AGES.isdisjoint(words) else list(self._ages.within(words, taken, certain=counts))
        if len(chosen) > 1:
            chosen.sort(key=_place)
        return chosen, bands, frozenset(asks) if asks else _NOTHING

    def _said(self, header: str) -> tuple[str, ...]:
        """The header's words that are no filler; one that no rule has is as good as any other such word."""
        words = header_words(header)
        if (header.startswith("#") and "+" in header) or words[:2] in self._questions or words[:1] in self._questions:
            return ()  # A hashtag that was taken for a header, or a question that is answered by yes or no.
        return tuple([self._spoken(word) for word in words if word not in self._filler and word not in _YEARS])

    def _word(self, word: str) -> str:
        return word if any(said.knows(word) for said in (self._phrases, self._cancelled, self._ages)) else _UNKNOWN

    def _parted(
        self, words: tuple[str, ...], families: frozenset[str]
    ) -> tuple[tuple[Match, HxlTagRule | HxlAttributeRule], ...]:
        """Every rule with phrases among the words: the longest first."""
        given = self._phrases.within(words)
        # Few rules can be cancelled, so it is mostly not looked for.
        doubtful = not self._cancellable.isdisjoint([match[2] for match in given])
        cancelled = {match.number for match in self._cancelled.within(words)} if doubtful else frozenset()
        found = []
        for match in given:
            rule = self._rules[match.number]
            if match.number in cancelled or (rule.family and families.isdisjoint(rule.family)):
                continue
            if isinstance(rule, HxlTagRule) and rule.alone and match.end - match.start < len(words):
                continue
            # The longest first; of those as long as it families' own rules, then hashtags by rank.
            found.append((match.start - match.end, match.number, match))
        found.sort()
        return tuple([(match, self._rules[number]) for _, number, match in found])


def _nearest(said: Sequence[str]) -> list[str]:
    """For each place what was said last before it, else what is said first."""
    last = next(filter(None, said), "")
    found = []
    for word in said:
        last = word or last
        found.append(last)
    return found


def _stem(
    pieces: Sequence[tuple[Match, HxlTagRule | HxlAttributeRule]], bands: Sequence[_Band], table: _Table
) -> _Stem | None:
    """The hashtag of the highest rank, else what the words imply: people who are somehow affected, or just people."""
    tags = [(match, rule) for match, rule in pieces if isinstance(rule, HxlTagRule)]
    if tags:
        _, chosen = max(tags, key=lambda one: (one[1].rank, one[0].end - one[0].start, -one[0].start))
        return _Stem(chosen.tag, chosen.confidence, frozenset(chosen.takes), chosen)
    implying = [rule for _, rule in pieces if isinstance(rule, HxlAttributeRule) and rule.implies]
    if certain := [rule for rule in implying if rule.implies != "people"]:
        first = max(certain, key=lambda rule: rule.confidence)
        return _Stem(first.implies, first.confidence, _PERSONS - {"count"})
    if not implying and not (bands and table.people):
        return None
    return _Stem(table.people or "#affected", 0.85 if table.people else _UNKNOWN_PEOPLE, _PERSONS, guessed=True)


class _Ages:
    """Age bands among the words of a header."""

    def __init__(self, ages: HxlAges) -> None:
        self.years, self.months, self.over, self.under = (
            frozenset(word for phrase in phrases for word in header_words(phrase))
            for phrases in (ages.years, ages.months, ages.over, ages.under)
        )

        self._begins = self.over | self.under | _AGES

    def knows(self, word: str) -> bool:
        """Whether a word can be part of an age band."""
        return word in self._begins or word in self.years or word in self.months

    def within(self, words: Sequence[str], taken: set[int], *, certain: bool) -> Iterator[_Band]:
        """Bands such as ``age_0_4`` and ``age_60_plus``; ``certain`` if the header or its table counts people."""
        months = not self.months.isdisjoint(words)
        if not (certain or months or not self.years.isdisjoint(words)):
            return
        place = 0
        while place < len(words):
            band = self._at(words, place) if place not in taken and words[place] in self._begins else None
            if band is None:
                place += 1
            else:
                start, end = band.start, band.end
                while start and words[start - 1] in self.years and start - 1 not in taken:
                    start -= 1
                while end < len(words) and words[end] in (self.years | self.months | self.over) and end not in taken:
                    end += 1
                yield _Band(start, end, f"{band.adds}_months" if months else band.adds)
                place = end

    def _at(self, words: Sequence[str], place: int) -> _Band | None:
        here, after = words[place], words[place + 1] if place + 1 < len(words) else ""
        if here in self.under and _age(after):
            return _Band(place, place + 2, f"age_0_{int(after) - 1}") if int(after) else None
        if here in self.over and _age(after):
            return _Band(place, place + 2, f"age_{int(after)}_plus")
        if not _age(here):
            return None
        if _age(after) and int(after) > int(here):
            return _Band(place, place + 2, f"age_{int(here)}_{int(after)}")
        later = words[place + 1 : place + 3]
        if any(word in self.over for word in later):
            return _Band(place, place + 2, f"age_{int(here)}_plus")
        return None


def _age(word: str) -> bool:
    return word in _AGES


def _all(words: HxlWords) -> Iterator[str]:
    for name in HXL_LANGUAGES:
        yield from getattr(words, name)


def _spelt(rule: HxlAttributeRule) -> tuple[str, ...]:
    return rule.adds[1:], *rule.also


def _level(tag: str) -> bool:
    """Whether a hashtag says one of the levels of places."""
    return tag == "#country" or (tag.startswith("#adm") and tag[4:].isdigit())


def _place(one: tuple[Match, HxlTagRule | HxlAttributeRule]) -> int:
    return one[0][0]


def _weight(rule: HxlTagRule | HxlAttributeRule) -> tuple[bool, bool, int, str]:
    if isinstance(rule, HxlTagRule):
        return not rule.family, False, -rule.rank, rule.id
    return not rule.family, True, 0, rule.id
