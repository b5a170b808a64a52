import pytest

from catalog.register.words import Words
from config import load
from config.settings import Settings


@pytest.fixture(scope="session")
def words() -> Words:
    return Words(load.register_sheet(Settings(config_dir=None)))
