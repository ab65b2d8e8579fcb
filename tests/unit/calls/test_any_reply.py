"""Whatever a platform answers, nothing but what is documented comes of it, and it does not take long.

`make fuzz` does the same for as long as it is let.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
import sys
import time
from collections.abc import Iterator
from itertools import chain
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbridge import calls, platforms
from orderbridge.forwarding.ports import Platform
from orderbridge.http.transport import MAX_REPLY_BYTES, Reply
from orderbridge.platforms.names import platform_names
from orderbridge.status.ports import StatusAccess
from orderbridge.stock.ports import StockAccess
from orderbridge_cli.catalogue.used import requests_of
from tests.fuzz.parsers import ADAPTER_CALLS, LEVEL_CALLS, STATUS_CALLS, VALUE_READERS, Parser, parsers
from tests.fuzz.replies import Replies, adversarial, samples

REPLIES = st.integers(0, 2**64 - 1).map(lambda seed: Replies(random.Random(seed)).any_reply())


@settings(max_examples=80, deadline=None)
@given(REPLIES)
def test_of_any_reply_comes_what_is_documented_and_nothing_else(reply: Reply) -> None:
    for parser in parsers():
        _run(parser, reply)


def _run(parser: Parser, reply: Reply) -> None:
    try:
        parser.run(reply)
    except Exception as failure:
        shown = f"{reply.status} {dict(reply.headers)} {reply.body[:2000]!r}"
        raise AssertionError(f"{parser.name}: {type(failure).__name__}: {failure} for {shown}") from failure


# --- how long it takes ---

ENDPOINTS = {request.__name__ for platform in platform_names() for request in requests_of(platform)}
OWN = [parser for parser in parsers() if parser.name.split()[-1] not in ENDPOINTS]
"""All but the endpoints, which are alike."""

SECONDS = 2.0
"""Of processor time, for an eighth of a mebibyte: 20 times what the slowest takes, a fraction of anything quadratic."""


@pytest.mark.parametrize("name", sorted(adversarial(10)))
def test_no_parser_takes_long_for_a_reply_that_is_made_to_be_slow(name: str) -> None:
    reply = adversarial(MAX_REPLY_BYTES // 8)[name]
    for parser in OWN:
        began = time.thread_time()
        _run(parser, reply)
        assert time.thread_time() - began < SECONDS, parser.name


def test_the_largest_reply_takes_no_more_than_its_part_of_the_time() -> None:
    for name, reply in adversarial(MAX_REPLY_BYTES).items():
        for parser in OWN:
            if parser.name in ("ngorder create_order", "summary_of", "redacted"):
                began = time.thread_time()
                _run(parser, reply)
                assert time.thread_time() - began < 4 * SECONDS, f"{parser.name}: {name}"


# --- that nothing is left out ---


def _public(protocol: type) -> set[str]:
    return {name for name, member in vars(protocol).items() if inspect.isfunction(member) and not name.startswith("_")}


def test_what_reads_replies_in_every_port_is_among_the_parsers() -> None:
    local = {"require_usable", "settings", "take_turn", "mapping_keys", "to_request"}
    assert _public(Platform) - local == set(ADAPTER_CALLS)
    assert _public(StatusAccess) == set(STATUS_CALLS)
    assert _public(StockAccess) - {"product_key"} == set(LEVEL_CALLS)


@pytest.mark.parametrize("label", sorted(VALUE_READERS))
def test_every_reader_of_a_value_is_among_the_parsers(label: str) -> None:
    module, readers = VALUE_READERS[label]
    own = {
        name for name, member in inspect.getmembers(module, inspect.isfunction) if member.__module__ == module.__name__
    }
    assert {name for name in own if not name.startswith("_")} == set(readers)


READS = frozenset({"reply", "document", "row", "rows", "entry", "data", "value", "values", "body"})
"""How parameters are called that hold a reply or a part of one."""

OPERATORS = ("values", "definition", "registry", "endpoints", "notes", "mapped")
"""Modules that read what operators and partners write, and what goes out."""

OF_OPERATORS = ("Levels.product_key", "StockAccount.product", "_unit")
"""And functions of other modules that do: they take a mapping's value."""

LEFT_TO_PLATFORMS = ("PlatformAdapter.read_created",)
"""What every platform says for itself."""


def _functions() -> Iterator[tuple[str, CodeType]]:
    packages = [pkgutil.walk_packages(package.__path__, f"{package.__name__}.") for package in (calls, platforms)]
    for module in chain.from_iterable(packages):
        parts = module.name.split(".")[2:]
        if parts[-1] in OPERATORS or (len(parts) == 1 and module.ispkg):
            continue
        loaded = importlib.import_module(module.name)
        owners: list[Any] = [loaded, *(each for each in vars(loaded).values() if inspect.isclass(each))]
        for owner in owners:
            for member in vars(owner).values():
                function = inspect.unwrap(getattr(member, "__func__", member)) if callable(member) else None
                if not inspect.isfunction(function) or function.__module__ != module.name:
                    continue
                is_ours = not function.__name__.startswith("__") and function.__qualname__ not in (
                    *OF_OPERATORS,
                    *LEFT_TO_PLATFORMS,
                )
                if is_ours and READS & set(inspect.signature(function).parameters):
                    yield f"{module.name}.{function.__qualname__}", function.__code__


def test_every_function_that_takes_a_reply_or_a_part_of_one_is_reached() -> None:
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            called.add(frame.f_code)

    replies = Replies(random.Random(1))
    shapes = [Reply(200, {}, replies._written(shape)) for shape in replies._shapes()]
    shapes += [Reply(200, {"content-encoding": "deflate"}, b"x"), Reply(200, {}, b'{"message":"\\ud800"}')]
    shapes += [Reply(404, {}, b"<html>")]
    sys.setprofile(note)
    try:
        for reply in [*shapes, *(replies.any_reply() for _ in range(3))]:
            for parser in OWN:
                parser.run(reply)
        for parser in parsers():
            parser.run(Reply(200, {"content-type": "application/pdf"}, b'{"data":[{"id":1}]}'))
    finally:
        sys.setprofile(None)
    assert [name for name, code in _functions() if code not in called] == []


def test_the_replies_come_from_the_documents_own_samples() -> None:
    assert len(samples()) > 70
