"""Holdings: datasets counted once, however many records are linked as of one (:mod:`catalog.same`).

A search counts records, for each is a way to the data. What an organisation, a topic or a country has is counted in
datasets: of the records that are shown to be of one dataset, and are shown whole to who asks, one counts.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from sqlalchemy.orm import Session

from catalog.disclosure import Document
from catalog.facets import facets
from catalog.query import FacetCount
from catalog.same import groups
from catalog.viewer import Viewer

Records = Callable[[Document], bool]
"""Which records count."""


def every(_: Document) -> bool:
    """All of them."""
    return True


@dataclass(frozen=True, slots=True)
class Copies:
    """The records of which a dataset has more than one, dataset by dataset, as a viewer may know them."""

    groups: Sequence[Sequence[Document]] = ()

    @property
    def stamp(self) -> str:
        """Changes whenever what counts once does; empty where nothing does."""
        said = ";".join(",".join(document["id"] for document in group) for group in self.groups)
        return blake2b(said.encode(), digest_size=8).hexdigest() if said else ""

    def surplus(self, which: Records = every) -> int:
        """How many records there are beyond one for each dataset."""
        return sum(len(group) - 1 for group in self._of(which))

    def once(self, facet: str, counts: Sequence[FacetCount], which: Records = every) -> tuple[FacetCount, ...]:
        """Counts of records made counts of datasets, highest first, ties in the order given."""
        values = facets()[facet].values
        more: Counter[str] = Counter()
        for group in self._of(which):
            for value, records in Counter(value for document in group for value in set(values(document))).items():
                more[value] += records - 1
        # An index that is a moment behind may count less than is here.
        counted = [
            replace(one, count=max(1, one.count - more[one.value])) if more[one.value] else one for one in counts
        ]
        return tuple(sorted(counted, key=lambda one: -one.count))

    def _of(self, which: Records) -> Iterator[list[Document]]:
        for group in self.groups:
            if left := [document for document in group if which(document)]:
                yield left


NONE = Copies()
"""Where nothing counts once."""


def copies(session: Session, viewer: Viewer) -> Copies:
    """What counts once for a viewer."""
    return Copies(groups(session, viewer))


def names(organization: str) -> Records:
    """Records that name an organisation (its id) in any role."""
    return lambda document: any(agent["id"] == organization for agent in document["organizations"])
