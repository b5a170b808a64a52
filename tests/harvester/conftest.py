"""What the tests of harvests share."""

from collections.abc import Iterator

import pytest

from tests.portals_served import ckan


@pytest.fixture
def portal() -> Iterator[ckan.Stage]:
    """An HDX-like portal on loopback that shows what it is told."""
    with ckan.stage() as stage:
        yield stage
