"""What the OpenAPI document promises holds: whatever is asked, nothing fails, and no answer is one it does not name."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from starlette.testclient import TestClient

from api.app import create_app
from config.settings import Settings

QUESTIONS = 80
"""Per operation, half within what the description allows, half outside of it; the same ones every time."""

DESCRIBED = schemathesis.openapi.from_dict(create_app(Settings()).openapi())
OPERATIONS = [found.ok() for found in DESCRIBED.get_all_operations()]
load_all_checks()
LEFT_OUT = schemathesis.checks.CHECKS.get_by_names(["positive_data_acceptance", "negative_data_rejection"])
"""Words that are no country are refused, and what a form left empty is passed over: no schema can say so."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_a_documented_one(operation: schemathesis.APIOperation, client: TestClient):
    answered = []

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
        answer = client.request(**{name: value for name, value in sent.items() if name != "cookies"})
        answered.append(answer.status_code)
        case.validate_response(answer, excluded_checks=LEFT_OUT)

    ask()
    assert answered


def test_every_operation_is_asked():
    assert len(OPERATIONS) == sum(len(methods) for methods in create_app(Settings()).openapi()["paths"].values()) >= 13
