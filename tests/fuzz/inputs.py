"""What reads what operators and partners write: files of mappings, settings and keys, headers, queries, orders.

Each reader is given every input, whatever it was made from. What it takes must hold what it promises besides: mappings
that import takes are exported as import takes them, and codes are in the one form in which they are compared.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

from orderbridge.channels.channel import Channel
from orderbridge.channels.mapping import MappingKey, MappingKind, parse_value
from orderbridge.entrypoints.requests import read_call
from orderbridge.http.transport import Reply
from orderbridge.orders.order import parse_sales_order
from orderbridge.partners.callers import Callers, TokenVerifier
from orderbridge.partners.signatures import BadPublicKey
from orderbridge.partners.tokens import issue_token, new_claims
from orderbridge.platforms.names import platform_names
from orderbridge.platforms.registry import definition_of
from orderbridge.platforms.values import InvalidValue
from orderbridge.reading.orders import OrderFilter
from orderbridge.reading.stock import StockFilter
from orderbridge.values.refusals import Refusal
from orderbridge.values.text import compared
from orderbridge_cli.commands.channels import read_json_object
from orderbridge_cli.operating import mappings as operating_mappings
from orderbridge_cli.operating.csv_files import UnreadableFile
from orderbridge_cli.operating.mapping_csv import read_rows, write_rows
from orderbridge_cli.operating.mappings import RowsRefused
from orderbridge_cli.operating.public_keys import read_public_key
from orderbridge_cli.output import Failure
from orderbridge_cli.signatures.mistakes import SignedRequest
from orderbridge_cli.signatures.report import examine
from orderbridge_sandboxes import demo
from tests.fakes import samples
from tests.fakes.directories import Keys, Partners
from tests.fakes.steps import Clock
from tests.fuzz.parsers import Parser
from tests.fuzz.replies import LONG, TEXTS, Replies
from tests.unit.platforms import examples

ODD = (
    *TEXTS, "#N/A", "#REF!", "nan", "NULL", "8.99123E+12", "17.500", '"17.500"', "=1+1", "\ufeff", "\u00ad", "\u2066",
    "Cafe\u0301", "\u00a0", ",", ";", "\t", "\r", "\r\n", '"', '""', "{", "}", "[", "-----BEGIN ", "Bearer ", ".", "%",
    "e30", "=", "&", "+", "\x85", "\u2028", "\ufe0f", "-----BEGIN CERTIFICATE-----\n", "PRIVATE KEY", "\\n", "\x30\x81",
)  # fmt: skip
TIMESTAMP = str(int(samples.NOW.timestamp()))
SIGNED = f"{samples.CLIENT_ID}|{TIMESTAMP}".encode()


@dataclass(frozen=True)
class Input:
    """One kind of input: how good ones look, and who reads them."""

    good: Callable[[], bytes]
    parser: Parser


class Inputs:
    """A stream of inputs, as bodies of replies, which all parsers read; the same `chance` makes the same ones."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self._replies = Replies(chance)

    def any_input(self) -> Reply:
        if self.chance.random() < 0.05:
            return self._replies.any_reply()
        text = self.chance.choice(list(inputs().values())).good()
        for _ in range(self.chance.choice((0, 1, 1, 2, 5))):
            text = self._changed(text)
        return Reply(200, {}, text)

    def _changed(self, text: bytes) -> bytes:
        begin = self.chance.randrange(len(text) + 1)
        end = min(len(text), begin + self.chance.choice((0, 0, 1, 1, 3, 20)))
        instead = self.chance.choice(
            (
                lambda: self.chance.choice(ODD).encode("utf-8", "surrogatepass"),
                lambda: self.chance.choice(LONG).encode("utf-8", "surrogatepass") * self.chance.choice((50, 1200)),
                lambda: self.chance.randbytes(3),
                lambda: text[begin:end] * 2,
                lambda: b"",
                lambda: b"[" * self.chance.choice((60, 900, 3000)),
            )
        )()
        changed = text[:begin] + instead + text[end:]
        if self.chance.random() < 0.03:
            return changed.decode("utf-8", "replace").encode(
                self.chance.choice(("utf-16", "utf-16-be", "cp1252")), "replace"
            )
        return changed


@cache
def inputs() -> Mapping[str, Input]:
    """Every kind of input by its name."""
    return {name: Input(good, Parser(name, read, raises)) for name, good, read, raises in _inputs()}


_Found = tuple[str, Callable[[], bytes], Callable[[Reply], Any], tuple[type[Exception], ...]]


def _inputs() -> Iterator[_Found]:
    for platform in platform_names():
        channel = examples.channel(platform)
        definition, settings = definition_of(platform), demo.demo_settings(platform, channel.settings["base_url"])
        refused = (Failure, InvalidValue)
        yield (
            f"{platform} mappings", partial(_demo_csv, platform),
            partial(_imported, channel), (UnreadableFile, RowsRefused),
        )  # fmt: skip
        yield f"{platform} settings", partial(_json, settings), partial(_file, definition.read_settings), refused
        yield (
            f"{platform} credentials", partial(_json, demo.DEMO_CREDENTIALS[platform]),
            partial(_file, definition.read_credentials), refused,
        )  # fmt: skip
    yield "token", lambda: b"Bearer " + _token().encode(), _as_token, (Refusal,)
    yield "X-SIGNATURE", lambda: base64.b64encode(samples.sign(SIGNED)), partial(_as_header, "x-signature"), (Refusal,)
    yield "X-TIMESTAMP", TIMESTAMP.encode, partial(_as_header, "x-timestamp"), (Refusal,)
    yield "X-CLIENT-ID", samples.CLIENT_ID.encode, partial(_as_header, "x-client-id"), (Refusal,)
    yield "check-signature", lambda: samples.sign(SIGNED).hex().encode(), _explained, ()
    yield "public key", samples.public_pem, lambda reply: read_public_key(reply.body, ""), (BadPublicKey,)
    yield "order", samples.order_body, _ordered, (Refusal,)
    order_query = b"purchase_order_no=PO-1&from=2025-01-01T00:00:00Z&status=DRAFT&limit=5"
    yield "order query", lambda: order_query, lambda reply: OrderFilter.from_query(_query(reply)), (Refusal,)
    yield "stock query", lambda: b"product_code=P-1", lambda reply: StockFilter.from_query(_query(reply)), (Refusal,)


# --- what operators write ---------------------------------------------------------------------------------------------


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _demo_csv(platform: str) -> bytes:
    rows = [
        (MappingKey.of(kind, key), value if isinstance(value, str) else json.dumps(value))  # type: ignore[arg-type]
        for kind, key, value in demo.DEMO_MAPPINGS[platform][:8]
    ]
    return write_rows(rows).encode()


def _imported(channel: Channel, reply: Reply) -> Any:
    """What `mappings import` makes of a file; what is exported of it is imported as the same."""
    mappings = _checked_rows(channel, reply.body)
    assert _checked_rows(channel, write_rows(mappings.items()).encode()) == mappings
    for key in mappings:
        assert key.shown == compared(key.shown)
    return {key.shown: value for key, value in mappings.items()}


def _checked_rows(channel: Channel, content: bytes) -> dict[MappingKey, str]:
    rows, bad = read_rows(content)
    list(operating_mappings._doubtful(rows))
    return operating_mappings._checked(rows, partial(_wrong, channel), bad)


def _wrong(channel: Channel, kind: MappingKind, value: str) -> str | None:
    definition = definition_of(channel.platform)
    broken = operating_mappings._broken_json(value)
    if broken is not None:
        return broken
    try:
        definition.read_mapping(kind, parse_value(value), definition.read_settings(channel.settings))
    except InvalidValue as invalid:
        return str(invalid)
    return None


def _file(read: Callable[[Mapping[str, Any]], Any], reply: Reply) -> None:
    file: Any = SimpleNamespace(read_bytes=lambda: reply.body)
    read(read_json_object(file))


def _explained(reply: Reply) -> str:
    text = reply.body.decode("utf-8", "replace")
    report = examine(SignedRequest(samples.CLIENT_ID, TIMESTAMP), text, [samples.partner_key()], samples.NOW)
    assert report.verifies or report.findings
    return json.dumps(report.body())


# --- what partners write ----------------------------------------------------------------------------------------------


@cache
def _token() -> str:
    return issue_token(new_claims(samples.CLIENT_ID, 1, samples.NOW - timedelta(minutes=1)), samples.SIGNING_KEYS)


@cache
def _callers() -> Callers:
    clock = Clock(samples.NOW)
    return Callers(Partners(samples.partner()), TokenVerifier(Keys(samples.SIGNING_KEYS), clock), clock)


def _as_token(reply: Reply) -> None:
    _callers().token_holder(read_call({"authorization": _header(reply)}, b"", method="GET", path=""))


def _as_header(name: str, reply: Reply) -> None:
    """A signed call of which one header is the input; nothing but the very header that was signed with is taken."""
    headers = {
        "authorization": f"Bearer {_token()}", "x-client-id": samples.CLIENT_ID, "x-timestamp": TIMESTAMP,
        "x-signature": base64.b64encode(samples.sign(SIGNED)).decode(),
    }  # fmt: skip
    given = _header(reply)
    _callers().signer(read_call({**headers, name: given}, b"", method="POST", path=""))
    same = (headers[name], headers[name].rstrip("="), headers[name].translate(str.maketrans("+/", "-_")))
    assert given in (*same, same[2].rstrip("="))


def _header(reply: Reply) -> str:
    return reply.body.decode("latin-1")


def _ordered(reply: Reply) -> Any:
    content = parse_sales_order(reply.body)
    codes = [content.customer_code, content.site_code, content.sales_name, content.purchase_order_no or ""]
    for code in (*codes, *(line.product_code for line in content.products)):
        assert code == compared(code)
    return content


def _query(reply: Reply) -> dict[str, str]:
    return dict(parse_qsl(reply.body.decode("utf-8", "replace"), keep_blank_values=True))
