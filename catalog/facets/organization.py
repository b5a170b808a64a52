"""Any organisation with a role on the dataset."""

from collections.abc import Iterator

from catalog.facets import Document, Facet


def _values(document: Document) -> list[str]:
    return [agent["id"] for agent in document["organizations"] if agent["id"]]


def _names(document: Document) -> Iterator[tuple[str, ...]]:
    for agent in document["organizations"]:
        # Whoever is not to be named has no id.
        if agent["id"]:
            name, acronym = agent["name"], agent.get("acronym") or ""
            yield (agent["id"], name or acronym or agent["id"], acronym)


FACET = Facet(
    parameter="organization",
    label="Organisation",
    description="An organisation in any role (publisher, holder, owner ..): its id, acronym or name.",
    values=_values,
    position=20,
    names=_names,
)
