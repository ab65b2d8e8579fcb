"""How a function knows where AWS is: by the template's parameter, and not at all where that is empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.local.conftest import Notes


@pytest.mark.parametrize("given", [None, ""])
def test_functions_are_reported_the_engines_address_and_nothing_where_the_parameter_is_empty(
    notes: Callable[..., Notes], given: str | None
) -> None:
    made = notes(parameters={} if given is None else {"AwsEndpointUrl": given})
    with made.stack:
        function = made.aws.functions.get_function_configuration(FunctionName="notes-front")
        made.add("first")
        arrived = made.arrives("first")
        engine = made.stack.description.aws_endpoint_url

    said = function.get("Environment", {}).get("Variables", {})
    assert said.get("AWS_ENDPOINT_URL") == (engine if given is None else None)
    assert arrived
    assert made.stack.last_read_back is not None
    assert made.stack.last_read_back.differences == ()
