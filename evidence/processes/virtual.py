"""What the functions take for the world: the machine's clock for the real one, the simulated AWS for botocore's.

Everything that waits or looks at a clock is found by looking, not by a list, so that what is written tomorrow is found
too; only `orderbridge.http` keeps real time, since its sockets are real.
"""

from __future__ import annotations

import base64
import functools
import inspect
import pkgutil
import secrets
import ssl
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import datetime
from importlib import import_module
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.session

import orderbridge
from evidence.processes.machine import Machine
from orderbridge.aws import clients
from orderbridge.entrypoints import log as entry_log
from orderbridge.http import transport as transports
from orderbridge.values import sweeps, times

REAL_TIME = ("orderbridge.http",)


@functools.cache
def modules() -> tuple[ModuleType, ...]:
    """Every module of the layer, imported."""
    found = pkgutil.walk_packages(orderbridge.__path__, "orderbridge.")
    return tuple(import_module(each.name) for each in found)


@functools.cache
def exceptions_of(service: str) -> Any:
    """The exceptions of a botocore client, which no call was made with."""
    session = botocore.session.Session()
    client = session.create_client(
        service, region_name="ap-southeast-3", aws_access_key_id="nobody", aws_secret_access_key="nothing"
    )
    return client.exceptions


@functools.cache
def one_tls_context() -> ssl.SSLContext:
    """Made once: no sandbox is called by TLS, and making one takes longer than a forward."""
    return transports.tls_context()


@contextmanager
def virtual(machine: Machine, services: Mapping[str, Any]) -> Iterator[None]:
    """In this block the layer's time, chance and AWS are the machine's."""
    tls = one_tls_context()
    with ExitStack() as stack:
        stack.enter_context(patch.object(clients, "_client", lambda service, _patience: services[service]))
        now = SimpleNamespace(now=lambda _zone: machine.clock(), fromisoformat=datetime.fromisoformat)
        stack.enter_context(patch.object(times, "datetime", now))
        stack.enter_context(patch.object(sweeps, "AT_ONCE", 1))  # a worker is one thread here
        stack.enter_context(nothing_logged())
        for module in modules():
            for name, replaced in _replacements(module, machine, tls):
                stack.enter_context(patch.object(module, name, replaced))
        for function, defaults in _waiting_functions(machine):
            stack.enter_context(patch.object(function, "__defaults__", defaults))
        for cached in _locked_properties():
            stack.enter_context(patch.object(cached, "lock", nullcontext()))
        yield


@contextmanager
def nothing_logged() -> Iterator[None]:
    """In this block the layer's log writes nothing: nobody reads these lines."""
    with patch.object(entry_log, "_write", lambda *_: None):
        yield


@functools.cache
def _locked_properties() -> tuple[Any, ...]:
    """Those with a lock (before Python 3.12): it is one for all objects of a class, which here are many processes'."""
    return tuple(
        each
        for module in modules()
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
        for each in vars(value).values()
        if isinstance(each, functools.cached_property) and hasattr(each, "lock")
    )


def _replacements(module: ModuleType, machine: Machine, tls: ssl.SSLContext) -> Iterator[tuple[str, Any]]:
    if vars(module).get("tls_context") is not None:
        yield "tls_context", lambda: tls
    if vars(module).get("random") is sys.modules["random"]:
        yield "random", machine.draw
    if vars(module).get("secrets") is secrets:
        yield (
            "secrets",
            SimpleNamespace(
                token_bytes=machine.draw.randbytes,
                token_hex=lambda size: machine.draw.randbytes(size).hex(),
                token_urlsafe=lambda size=32: (
                    base64.urlsafe_b64encode(machine.draw.randbytes(size)).rstrip(b"=").decode()
                ),
            ),
        )
    if vars(module).get("uuid") is uuid:
        yield "uuid", SimpleNamespace(uuid4=lambda: uuid.UUID(int=machine.draw.getrandbits(128), version=4))


def _waiting_functions(machine: Machine) -> Iterator[tuple[FunctionType, tuple[Any, ...]]]:
    """Functions that wait, or look at a clock, by default, and their defaults as they are here."""
    here: dict[Any, Callable[..., Any]] = {
        time.sleep: machine.sleep,
        time.monotonic: machine.seconds,
        time.time: machine.seconds,
    }
    for function, defaults in _with_defaults():
        if any(_is_one_of(default, here) for default in defaults):
            yield function, tuple(here[each] if _is_one_of(each, here) else each for each in defaults)


@functools.cache
def _with_defaults() -> tuple[tuple[FunctionType, tuple[Any, ...]], ...]:
    """Every function of the layer that may wait, with its defaults as they are outside."""
    return tuple(
        (function, function.__defaults__)
        for module in modules()
        if not module.__name__.startswith(REAL_TIME)
        for function in _functions(module)
        if function.__defaults__
    )


def _is_one_of(value: Any, known: Mapping[Any, Any]) -> bool:
    return callable(value) and any(value is each for each in known)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield value
        elif inspect.isclass(value):
            yield from (each for each in vars(value).values() if inspect.isfunction(each))


@contextmanager
def short_pages(rows: int) -> Iterator[None]:
    """In this block lists are asked for in pages of so many rows, so that a list of a few orders has several."""
    with ExitStack() as stack:
        for module in modules():
            if not module.__name__.startswith("orderbridge.platforms."):
                continue
            for name, value in list(vars(module).items()):
                if name.endswith(("PAGE_SIZE", "PAGE_SIZES", "_PER_PAGE")):
                    short = dict.fromkeys(value, rows) if isinstance(value, dict) else rows
                    stack.enter_context(patch.object(module, name, short))
        yield
