"""An installation per test, and one portal whose answers a test may change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.installation import Installation
from tests.portals_served import ckan


@pytest.fixture
def landmark(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "home")


@pytest.fixture
def portal() -> Iterator[ckan.Stage]:
    with ckan.stage() as stage:
        yield stage
