"""What people ask by: the field's thesaurus, ``rules/thesaurus/*.yaml``. It finds; it gives no record a topic."""

from config.declarations import Declaration, Key


class Spoken(Declaration):
    """Words and phrases per language, in any one form of theirs."""

    en: tuple[str, ...] = ()
    fr: tuple[str, ...] = ()
    es: tuple[str, ...] = ()
    pt: tuple[str, ...] = ()
    ar: tuple[str, ...] = ()
    uk: tuple[str, ...] = ()
    ru: tuple[str, ...] = ()

    def all(self) -> tuple[str, ...]:
        """Those of every language, once."""
        return tuple(
            dict.fromkeys((*self.en, *self.fr, *self.es, *self.pt, *self.ar, *self.uk, *self.ru)),
        )


class Meaning(Declaration):
    """Words for one thing: who asks by one is shown what is found by the others.

    Attributes:
        key: Its name, here and in ``wider``.
        title: What it is called where an answer tells that it was looked for.
        same: Words that mean it, which are searched for each other.
        said: Words by which it is asked but that are too wide to be searched for.
        acronyms: Short forms, in any letter case.
        cased: Short forms that are other words too; they count in capitals alone.
        concept: The concept of ``rules/concepts`` that is the same; records about it are found.
        wider: Meanings that hold this one; who asks for those finds this too.
        beside: Meanings that this is seldom told apart from; they are found too, for a little less.
        note: What it must not be taken for.
    """

    key: Key
    title: str
    same: Spoken = Spoken()
    said: Spoken = Spoken()
    acronyms: tuple[str, ...] = ()
    cased: tuple[str, ...] = ()
    concept: str = ""
    wider: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    note: str
