"""The surface beside the platform, under `/_sandbox`: what arrived, and how the platform shall behave.

| call | does |
|---|---|
| GET orders?reference= | the orders held, oldest first; `?summary=1`: count, distinct, duplicates by our reference |
| GET requests | the log of requests, secrets masked |
| GET / POST / DELETE faults?id= | the rules with their counts; adds one or a list; removes one or all |
| GET / POST stock | every level; `{"product", "value", "warehouse_id"?}` sets one, raw |
| POST status | `{"order": id or our reference, "status", "awb_number"?, ...}` |
| GET / POST settings | how the platform behaves; changes it |
| POST catalogue | `{"products": N, "customers": N}` grows the catalogue |
| POST expire-tokens | makes every token given out worthless (SalesMania) |
| POST reset | forgets everything that happened; `{"faults": true}` removes the rules too |
| GET health | `{"platform", "crashes"}` |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from orderbridge_sandboxes.exchange import JsonObject, NotJson, Reply, Request, read_json
from orderbridge_sandboxes.faults import Fault, Faults
from orderbridge_sandboxes.platform import HeldOrder, LoggedRequest, Platform

PREFIX = "/_sandbox/"


def is_control(request: Request) -> bool:
    """Whether the request is for the sandbox and not for the platform."""
    return request.path.startswith(PREFIX)


def control(platform: Platform, faults: Faults, request: Request) -> Reply:
    """Answers a request for the sandbox itself; 400 with `{"error"}` for what makes no sense."""
    handler = _CALLS.get((request.method, request.path.removeprefix(PREFIX)))
    if handler is None:
        return Reply.of({"error": f"no such call: {request.method} {request.path}"}, 404)
    try:
        document = read_json(request.body) if request.body else {}
        return Reply.of(handler(platform, faults, request, document))
    except KeyError as problem:
        return Reply.of({"error": f"there is no {problem.args[0]}"}, 404)
    except (NotJson, ValueError, TypeError) as problem:
        return Reply.of({"error": str(problem)}, 400)


def _orders(platform: Platform, _faults: Faults, request: Request, _document: Any) -> Any:
    if request.query.get("summary") in ("1", "true"):
        return platform.duplicates()
    wanted = request.query.get("reference")
    return {"orders": [_order(held) for held in platform.orders if wanted in (None, held.reference)]}


def _order(held: HeldOrder) -> JsonObject:
    return {
        "id": held.id,
        "reference": held.reference,
        "received_at": held.received_at.isoformat(),
        "status": held.status,
        "awb_number": held.awb_number,
        "target": held.target,
        "headers": dict(held.headers),
        "body": held.body,
        "raw_body": held.raw_body.decode("utf-8", "replace"),
    }


def _requests(platform: Platform, _faults: Faults, _request: Request, _document: Any) -> Any:
    return {"requests": [_logged(entry) for entry in platform.requests]}


def _logged(entry: LoggedRequest) -> JsonObject:
    return {**asdict(entry), "at": entry.at.isoformat()}


def _list_faults(_platform: Platform, faults: Faults, _request: Request, _document: Any) -> Any:
    return {"faults": faults.listed()}


def _add_faults(_platform: Platform, faults: Faults, _request: Request, document: Any) -> Any:
    rules = [Fault.read(entry) for entry in (document if isinstance(document, list) else [document])]
    return {"ids": [faults.add(fault) for fault in rules]}


def _clear_faults(_platform: Platform, faults: Faults, request: Request, _document: Any) -> Any:
    number = request.query.get("id")
    faults.clear(None if number is None else int(number))
    return {}


def _get_stock(platform: Platform, _faults: Faults, _request: Request, _document: Any) -> Any:
    return {"stock": platform.stock()}


def _set_stock(platform: Platform, _faults: Faults, _request: Request, document: Any) -> Any:
    platform.set_stock(document["product"], document["value"], document.get("warehouse_id"))
    return {}


def _set_status(platform: Platform, _faults: Faults, _request: Request, document: Any) -> Any:
    details = {name: value for name, value in document.items() if name not in ("order", "status")}
    platform.set_status(document["order"], document["status"], **details)
    return {}


def _get_settings(platform: Platform, _faults: Faults, _request: Request, _document: Any) -> Any:
    return {"settings": platform.shown_settings()}


def _change_settings(platform: Platform, _faults: Faults, _request: Request, document: Any) -> Any:
    platform.change(**document)
    return {"settings": platform.shown_settings()}


def _extend(platform: Platform, _faults: Faults, _request: Request, document: Any) -> Any:
    platform.extend(products=int(document.get("products", 0)), customers=int(document.get("customers", 0)))
    return {}


def _expire_tokens(platform: Platform, _faults: Faults, _request: Request, _document: Any) -> Any:
    platform.expire_tokens()
    return {}


def _reset(platform: Platform, faults: Faults, _request: Request, document: Any) -> Any:
    platform.reset()
    if document.get("faults"):
        faults.clear()
    return {}


def _health(platform: Platform, _faults: Faults, _request: Request, _document: Any) -> Any:
    return {"platform": platform.name, "crashes": platform.crashes}


_CALLS: dict[tuple[str, str], Callable[[Platform, Faults, Request, Any], Any]] = {
    ("GET", "orders"): _orders,
    ("GET", "requests"): _requests,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "stock"): _get_stock,
    ("POST", "stock"): _set_stock,
    ("POST", "status"): _set_status,
    ("GET", "settings"): _get_settings,
    ("POST", "settings"): _change_settings,
    ("POST", "catalogue"): _extend,
    ("POST", "expire-tokens"): _expire_tokens,
    ("POST", "reset"): _reset,
    ("GET", "health"): _health,
}
