"""The search indexes on local disk, one per audience: derived from the disclosures, never the truth."""

from catalog.search.feed import ReadsCatalog
from catalog.search.generation import IndexUnusableError
from catalog.search.reader import Reader
from catalog.search.writer import Followed, check, follow, rebuild

__all__ = ["Followed", "IndexUnusableError", "Reader", "ReadsCatalog", "check", "follow", "rebuild"]
