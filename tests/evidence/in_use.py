"""Every expression that the layer and the command send to DynamoDB, read out of their source.

Those that are written out are found by the syntax tree. Those that are put together are listed here by the place at
which they are, and a test holds the list to the source.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orderbridge.forwarding.table import AWAITS_ROUTE
from orderbridge_cli.operating.tables.partners import _PROFILE

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("layers/core/orderbridge", "functions", "cli/orderbridge_cli/operating")
PARAMETERS = (
    "ConditionExpression",
    "UpdateExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)


@dataclass(frozen=True, slots=True)
class Written:
    """An expression in the source; `text` is None where it is put together there."""

    place: str
    """File, function and parameter."""
    parameter: str
    text: str | None


CHANNELS = "layers/core/orderbridge/channels/table.py"
FORWARDS = "layers/core/orderbridge/forwarding/table.py"
PARTNERS = "layers/core/orderbridge/partners/table.py"
OPERATOR = "cli/orderbridge_cli/operating/tables/partners.py"

PUT_TOGETHER: dict[str, tuple[str, ...]] = {
    "layers/core/orderbridge/reading/table.py:of_day KeyConditionExpression": (
        "partner_day = :day",
        "partner_day = :day AND created_key < :after",
    ),
    "cli/orderbridge_cli/operating/tables/overview.py:_index KeyConditionExpression": (
        "waiting = :value",
        "due_shard = :value",
        "partner_day = :value",
    ),
    f"{CHANNELS}:_change UpdateExpression": (
        "SET paused_reason = :reason, since = :at, news = :paused",
        "SET breaker = :breaker REMOVE news",
        "SET slow_until = :until REMOVE news",
        "SET since = :at REMOVE paused_reason, news",
    ),
    f"{CHANNELS}:_change ConditionExpression": (
        "attribute_not_exists(paused_reason)",
        "attribute_exists(paused_reason)",
        "attribute_not_exists(breaker) OR breaker.revision = :read",
        "attribute_not_exists(slow_until) OR slow_until < :until",
    ),
    f"{CHANNELS}:_take UpdateExpression": ("SET turn = :at", "SET turn = :next"),
    f"{CHANNELS}:_take ConditionExpression": ("attribute_not_exists(turn) OR turn <= :free", "turn = :taken"),
    "layers/core/orderbridge/forwarding/writer.py:put ConditionExpression": ("attribute_not_exists(PK)",),
    f"{FORWARDS}:relayed UpdateExpression": ("REMOVE news", "REMOVE news, due_at, due_shard"),
    f"{FORWARDS}:relayed ConditionExpression": ("revision = :relayed AND attribute_exists(news)",),
    f"{FORWARDS}:save_progress UpdateExpression": (
        "SET #status = :status, changes = :changes, told = :told, messages = :messages",
        "SET #status = :status, changes = :changes, told = :told REMOVE messages",
    ),
    f"{FORWARDS}:save_progress ConditionExpression": (
        "attribute_exists(PK) AND changes = :before",
        "attribute_exists(PK) AND attribute_not_exists(changes)",
    ),
    f"{FORWARDS}:mark_published UpdateExpression": ("REMOVE due_at, due_shard, news",),
    f"{FORWARDS}:await_route ConditionExpression": (f"attribute_not_exists(waiting) AND {AWAITS_ROUTE}",),
    f"{FORWARDS}:route ConditionExpression": (f"attribute_exists(waiting) AND {AWAITS_ROUTE}",),
    f"{FORWARDS}:request_cancel UpdateExpression": (
        "SET cancel_requested_at = :at",
        "SET cancel_reason = :reason",
        "SET cancel_reason = :reason, cancel_requested_at = :at",
        "SET cancel_requested_at = :at, news = :alone, due_at = :due, due_shard = :shard REMOVE waiting, waiting_since",
        (
            "SET cancel_reason = :reason, cancel_requested_at = :at, news = :alone, due_at = :due, due_shard = :shard "
            "REMOVE waiting, waiting_since"
        ),
    ),
    f"{FORWARDS}:request_cancel ConditionExpression": (
        "size(channels) = :channels AND attribute_not_exists(cancel_requested_at)",
        "size(channels) = :channels AND attribute_not_exists(cancel_reason)",
    ),
    f"{PARTNERS}:_move UpdateExpression": (
        "SET full_at = full_at + :cost, expires_at = :kept",
        "SET full_at = :now + :cost, expires_at = :kept",
    ),
    f"{PARTNERS}:_move ConditionExpression": (
        "attribute_not_exists(PK) OR full_at < :now",
        "full_at >= :now AND full_at <= :latest",
    ),
    "cli/orderbridge_cli/operating/tables/open_work.py:_scan FilterExpression": (
        "attribute_exists(content_hash) AND attribute_exists(due_at)",
        "attribute_exists(forward_code)",
        "begins_with(PK, :pk) AND attribute_exists(due_at)",
    ),
    "layers/core/orderbridge/stock/table.py:mapped_products KeyConditionExpression": (
        "PK = :pk",
        "PK = :pk AND SK > :after",
    ),
    f"{OPERATOR}:save_profile UpdateExpression": ("SET " + ", ".join(f"#{name} = :new_{name}" for name in _PROFILE),),
    f"{OPERATOR}:save_profile ConditionExpression": (" AND ".join(f"#{name} = :old_{name}" for name in _PROFILE),),
    f"{OPERATOR}:_put ConditionExpression": ("attribute_not_exists(PK)",),
}


@cache
def found_in_the_source() -> tuple[Written, ...]:
    files = (file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py")))
    return tuple(written for file in files for written in _in_file(file))


def expressions(*parameters: str) -> list[str]:
    """Every expression that is given as one of these parameters, in the order of the source."""
    found: dict[str, None] = {}
    for written in found_in_the_source():
        if written.parameter in parameters:
            found |= dict.fromkeys(PUT_TOGETHER[written.place] if written.text is None else (written.text,))
    return list(found)


def _in_file(file: Path) -> Iterator[Written]:
    place = file.relative_to(ROOT).as_posix()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in ast.walk(tree):
        for parameter, value in _given(node):
            around = [each.name for each in functions if each.lineno <= node.lineno <= (each.end_lineno or 0)]
            text = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
            if isinstance(node, ast.AugAssign):
                text = None
            yield Written(f"{place}:{around[-1] if around else ''} {parameter}", parameter, text)


def _given(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The parameters of DynamoDB that a node gives a value: by a keyword, in a dict, or into one."""
    match node:
        case ast.Call(keywords=keywords):
            yield from ((word.arg, word.value) for word in keywords if word.arg in PARAMETERS)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value in PARAMETERS:
                    yield key.value, value
        case (
            ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(name)))], value=value)
            | ast.AugAssign(target=ast.Subscript(slice=ast.Constant(value=str(name))), value=value)
        ) if name in PARAMETERS:
            yield name, value
