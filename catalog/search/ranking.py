"""What raises a record among those that match: little, beside the words themselves."""

from datetime import date

from tantivy import Query

from catalog.facets import facets
from catalog.search.clauses import in_states
from catalog.search.loosening import Asked
from catalog.search.schema import OWN, facet_field, schema

OWN_WORTH = 0.6
EVIDENCE_WORTH = 1.0
FRESH_WORTH = 0.4
RUN_WORTH = {"title": 5.0, "keywords": 2.0}
"""All words of the question in one run."""


def raising(today: date, asked: Asked) -> list[tuple[str, Query]]:
    """What raises a record, in words and as a query; nothing where there is nothing to rank by."""
    if not asked.matching.parts:
        return []
    found = [
        (f"All words stand together in the {name}.", Query.const_score_query(query, RUN_WORTH[name]))
        for name, query in asked.matching.together
    ]
    own = Query.term_query(schema(), "own", OWN, "basic")
    found.append(("Its own holder lists it.", Query.const_score_query(own, OWN_WORTH)))
    for concept in dict.fromkeys(one for part in asked.matching.parts for one in part.evidence):
        about = Query.term_query(schema(), facet_field(facets()["concept"]), concept, "basic")
        found.append(("Its subject is near.", Query.const_score_query(about, EVIDENCE_WORTH)))
    fresh = in_states("freshness", {"fresh"}, today)
    found.append(("It is up to date.", Query.const_score_query(fresh, FRESH_WORTH)))
    return found
