"""The rules by which corrected records are judged again, made ready once; anew where names of organisations change."""

from threading import Lock

from catalog.assess import Assessor
from catalog.curation.acts import Bench
from catalog.curation.names import with_names
from catalog.database import Catalog
from catalog.register.registry import Registry


class Benches:
    """For the whole process.

    Args:
        registry: Whose rules are shared: two in one process would take twice the memory.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = Lock()
        self._named: Assessor | None = None

    def bench(self, catalog: Catalog) -> Bench:
        """With what records are written anew, as names of organisations stand now."""
        with self._lock:
            plain = self._registry.assessor
            with catalog.reading() as session:
                rules = with_names(session, plain.rules)
            if rules is plain.rules:
                return Bench(plain, catalog.address.drivername)
            if self._named is None or self._named.rules.digest != rules.digest:
                self._named = Assessor(rules)
            return Bench(self._named, catalog.address.drivername)
