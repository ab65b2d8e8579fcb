"""What the tests of the forwarder share: an order, answers, and where a step of it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fakes.pipeline import Pipeline
from tests.fakes.samples import order

ORDER = order()


def always(value: Any) -> Callable[[], Any]:
    return lambda: value


def in_turn(*values: Any) -> Callable[[], Any]:
    left = list(values)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def steps_until(pipeline: Pipeline, name: str) -> int:
    """How many steps the next message takes before `name`, measured on a pipeline that is built the same."""
    twin = Pipeline(can_look=pipeline.platform.can_look)
    message = twin.queue(ORDER)
    twin.steps.taken.clear()
    twin.forward_order(message)
    return twin.steps.taken.index(name)
