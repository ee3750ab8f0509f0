"""Whatever is asked, the API answers as its schema says, and never with a fault of its own."""

from __future__ import annotations

from http import HTTPStatus

import pytest

pytest.importorskip("schemathesis", reason="needs schemathesis: pip install schemathesis")

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.web.conftest import Server

EXAMPLES = 60
pytestmark = pytest.mark.process


ASKED = [
    ("/read", GenerationMode.POSITIVE),
    ("/read", GenerationMode.NEGATIVE),
    ("/plates/{text}", GenerationMode.POSITIVE),  # whatever stands there is a text
]


@pytest.mark.parametrize(("path", "mode"), ASKED)
def test_the_schema_is_true_to_errors(server: Server, path: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/api/v1/openapi.json")
    operation = next(
        found for name in schema for found in schema[name].values() if name.endswith(path)
    )
    seen: set[int] = set()

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        response = case.call()
        seen.add(response.status_code)
        # Not all that a schema allows is a picture, or a plate's text; what is too much is refused
        # as such, whatever else is wrong with it.
        ignored = [positive_data_acceptance]
        if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            ignored.append(negative_data_rejection)
        case.validate_response(response, excluded_checks=ignored)

    ask()
    assert max(seen) < 500 and len(seen) > 1, seen


def test_what_nobody_should_send(server: Server) -> None:
    """Other methods, types of content that there are not, and texts of any character."""
    schema = schemathesis.openapi.from_url(f"{server.url}/api/v1/openapi.json")
    for name in schema:
        for operation in schema[name].values():
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
                case = operation.Case(method=method, path_parameters={"text": "A%00B/../\u0661"})
                response = case.call(headers={"Content-Type": "text/odd; charset=\x7f"}, data=b"x")
                assert response.status_code < 500, (method, name, response.status_code)
