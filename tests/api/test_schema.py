"""What the OpenAPI document promises holds: whatever is asked, nothing fails, and no answer is one it does not name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from httpx2 import InvalidURL
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from starlette.testclient import TestClient

from api.app import create_app
from catalog import keys
from catalog.database import Catalog
from catalog.keys import NewKey
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, RELIEF, write

QUESTIONS = 80
"""Per operation, half within what the description allows, half outside of it; the same ones every time."""

DESCRIBED = schemathesis.openapi.from_dict(create_app(Settings()).openapi())
OPERATIONS = [found.ok() for found in DESCRIBED.get_all_operations()]
load_all_checks()
LEFT_OUT = schemathesis.checks.CHECKS.get_by_names(["positive_data_acceptance", "negative_data_rejection"])
"""Words that are no country are refused, and what a form left empty is passed over: no schema can say so."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass(frozen=True)
class House:
    """A register of its own, for stewards change something here, and a steward's key."""

    client: TestClient
    key: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    given = Settings(
        data_dir=tmp_path_factory.mktemp("schema"), database_url="", config_dir=None, rate_address=0, rate_key=0
    )
    until = datetime.now(UTC).date() + timedelta(days=2)
    with Catalog(given.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS)
        asked = NewKey("ada", "steward", RELIEF.name, "Sample purpose.", until)
        with catalog.writing() as session:
            key = keys.create(session, asked, "A. Sample")
        with TestClient(create_app(given), raise_server_exceptions=False) as client:
            yield House(client, key)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_a_documented_one(operation: schemathesis.APIOperation, house: House):
    answered = []
    key = f"Bearer {house.key}" if operation.method == "post" else ""

    @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES)))
    @settings(
        max_examples=QUESTIONS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        sent = case.as_transport_kwargs(base_url="http://testserver")
        sent.pop("cookies", None)
        if isinstance(sent.get("data"), bytes):
            sent["content"] = sent.pop("data")
        if key:
            sent["headers"] = {**sent.get("headers", {}), "Authorization": key}
        try:
            answer = house.client.request(**sent)
        except InvalidURL:
            return  # longer than this client sends; tests/journeys/test_long_addresses.py asks such
        answered.append(answer.status_code)
        case.validate_response(answer, excluded_checks=LEFT_OUT)

    ask()
    assert answered


def test_every_operation_is_asked():
    assert len(OPERATIONS) == sum(len(methods) for methods in create_app(Settings()).openapi()["paths"].values()) >= 13
