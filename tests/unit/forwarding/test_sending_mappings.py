"""An order that cannot be expressed at a platform waits for exactly what is missing."""

from __future__ import annotations

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.forwarding.forward.states import ForwardState
from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import SIRCLO
from tests.unit.forwarding.sending_cases import ORDER

S = ForwardState


def unmapped() -> Pipeline:
    pipeline = Pipeline()
    pipeline.unmap("customer", "CUST-001")
    pipeline.unmap("product", "PROD-001")
    return pipeline


def test_an_order_that_cannot_be_expressed_goes_nowhere_and_lists_everything_that_is_missing() -> None:
    pipeline = unmapped()

    forward = pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.pass_time(7200)

    assert forward.state is S.NEEDS_MAPPING
    assert forward.missing == (MappingKey("product", "PROD-001"), MappingKey("customer", "CUST-001"))
    assert pipeline.platform.calls == []
    assert pipeline.events_of(ORDER).count("ForwardNeedsMapping") == 1, "waiting is no news"


def test_an_import_lets_it_go_once_everything_is_there() -> None:
    pipeline = unmapped()
    pipeline.forward_order(pipeline.queue(ORDER))
    pipeline.queues.sent.clear()

    pipeline.import_mapping("customer", "CUST-001", "customer 1")
    pipeline.run_queue()
    assert (pipeline.state_of(ORDER), pipeline.forward_of(ORDER).missing) == (
        S.NEEDS_MAPPING,
        (MappingKey("product", "PROD-001"),),
    )
    pipeline.import_mapping("product", "PROD-001", "product 1")
    pipeline.run_queue()

    assert pipeline.state_of(ORDER) is S.SENT
    assert len(pipeline.platform.calls) == 1


def test_an_import_lets_exactly_those_go_that_waited_for_it() -> None:
    pipeline = unmapped()
    pipeline.forward_order(pipeline.queue(ORDER))
    before = pipeline.forward_of(ORDER)
    pipeline.queues.sent.clear()

    pipeline.import_mapping("product", "PROD-999", "another")

    assert pipeline.forward_of(ORDER) == before
    assert pipeline.queues.sent == []


@pytest.mark.parametrize("step", range(12))
def test_an_import_in_between_is_never_missed(step: int) -> None:
    """At whatever step of the forwarder the import comes: the order is on its way at once, not at the next recheck."""
    pipeline = unmapped()
    message = pipeline.queue(ORDER)

    def import_both() -> None:
        pipeline.import_mapping("customer", "CUST-001", "customer 1")
        pipeline.import_mapping("product", "PROD-001", "product 1")

    pipeline.steps.at(step, import_both)
    pipeline.forward_order(message)
    pipeline.steps.clear()
    pipeline.queues.remove(message)
    pipeline.run_queue()

    if (SIRCLO.name, MappingKey("product", "PROD-001")) in pipeline.mappings.values:
        assert pipeline.state_of(ORDER) is S.SENT
        assert len(pipeline.platform.calls) == 1
