"""What tests of plans share. Every plan here is written for this project: no filled plan of IOM was available."""

import pytest

from catalog.plans.people import People
from catalog.plans.words import PlanWords
from config import load
from config.settings import Settings

SETTINGS = Settings(config_dir=None)


@pytest.fixture(scope="session")
def words() -> PlanWords:
    return PlanWords(load.plan_layout(SETTINGS))


@pytest.fixture(scope="session")
def people(words: PlanWords) -> People:
    return People(words.layout.people, load.rules(SETTINGS).agents)
