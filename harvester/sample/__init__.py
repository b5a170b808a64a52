"""Fictional portals on loopback, for the demo and the tests: content in ``content/``, labelled in every record."""

from catalog.query import DatasetQuery
from harvester.sample.portals import SamplePortals

__all__ = ["QUESTION", "SENTENCE", "SamplePortals"]

SENTENCE = "Who holds displacement data for South Sudan?"
QUESTION = DatasetQuery(selected={"country": ("SSD",), "topic": ("displacement",)})
"""The sentence as it is asked of the catalog; the sample's holders give access in different ways."""
