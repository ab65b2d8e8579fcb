"""`orderbridge demo`: one signed order from a new partner through the whole local stack into the sandboxes."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.output import Failure, answer, note, stacked, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from orderbridge_cli.target import Operations


POLL_SECONDS = 0.2
REQUEST_TIMEOUT_SECONDS = 30.0
STUCK_STATES = frozenset({"REJECTED", "CANCELLED", "IN_DOUBT", "NEEDS_MAPPING"})

Say = Callable[[str], None]


def demo(
    *,
    own_stack: Annotated[
        bool, typer.Option("--own-stack", help="Start a fresh local stack for it, and stop it afterwards.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long the order may take.")
    ] = 60.0,
) -> None:
    """Send one signed order through the local stack into all sandboxes, and show what became of it."""
    with _stack(own_stack) as stack:
        document = _Demo(stack, timeout, note).run()
    answer(document, lambda: _rendered(document))


@contextlib.contextmanager
def _stack(own: bool) -> Iterator[Operations]:
    from orderbridge_cli.target import Operations

    if not own:
        yield Operations.here()
        return
    with _own_stack() as stack:
        yield stack


@contextlib.contextmanager
def _own_stack() -> Iterator[Operations]:
    from orderbridge_cli.local.stack import LocalStack
    from orderbridge_cli.target import Operations, target_of

    state = Path(tempfile.mkdtemp(prefix="orderbridge-demo-"))
    try:
        local = LocalStack(state_dir=state, port=0, stack_file=None, live_reload=False, on_progress=note)
        with local:
            yield Operations(target_of(asdict(local.description)))
            note("stopping")
    except Exception:
        note(f"The logs of this run are in {state / 'logs'}.")
        raise
    except BaseException:
        shutil.rmtree(state, ignore_errors=True)
        raise
    shutil.rmtree(state, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Partner:
    client_id: str
    client_secret: str
    private_key: Path


@dataclass(frozen=True, slots=True)
class _Demo:
    stack: Operations
    timeout: float
    say: Say

    def run(self) -> dict[str, Any]:
        """The order as `orders show` has it, all its forwards SENT; raises `Failure` with what is known."""
        channels = self._channels()
        with tempfile.TemporaryDirectory(prefix="orderbridge-demo-key-") as folder:
            partner = self._register(Path(folder), channels)
            code = self._send_order(partner)
        return self._wait(code, len(channels))

    def _channels(self) -> list[str]:
        from orderbridge_cli.commands.local.seeding import seed_channels

        sandboxes = self.stack.target.sandboxes or {}
        if not sandboxes:
            raise Failure(
                "The demo sends its order to the platform sandboxes, and none runs: start them with "
                "`orderbridge local up`, or use `orderbridge demo --own-stack`."
            )
        seed_channels(self.stack, sandboxes, self.say)
        for platform, url in sandboxes.items():
            channel = self.stack.channels.find_named(platform)
            if channel is None or channel.settings.get("base_url") != url:
                raise Failure(f"The channel {platform} does not lead to its sandbox; the demo sends nothing elsewhere.")
        return sorted(sandboxes)

    def _register(self, folder: Path, channels: list[str]) -> _Partner:
        from orderbridge_cli.commands.local.seeding import make_key_pair
        from orderbridge_cli.wiring import operate_partners

        client_id = f"demo-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        self.say(f"registering the partner {client_id} with a new key")
        issued = operate_partners(self.stack).add(client_id, "Demo partner", make_key_pair(folder), channels)
        return _Partner(client_id, issued.client_secret, folder / "private.pem")

    def _send_order(self, partner: _Partner) -> str:
        from orderbridge_cli.commands.sign import read_private_key, signed_headers

        self.say("logging in")
        login = {"client_id": partner.client_id, "client_secret": partner.client_secret}
        token = call(self.stack, "POST", "/api/v1/auth/login", {}, login)["token"]
        self.say("sending a signed order")
        headers = signed_headers(partner.client_id, read_private_key(partner.private_key), int(time.time()))
        headers["Authorization"] = f"Bearer {token}"
        accepted = call(self.stack, "POST", "/api/v1/sales-orders", headers, _order())
        code: str = accepted["data"]["code"]
        return code

    def _wait(self, code: str, expected: int) -> dict[str, Any]:
        from orderbridge_cli.commands.orders import described
        from orderbridge_cli.wiring import look_up_orders

        self.say(f"{code} is accepted; waiting for its {expected} forwards")
        lookup = look_up_orders(self.stack)
        deadline = time.monotonic() + self.timeout
        while True:
            document = _with_references(described(lookup.view(code)))
            states = [forward["state"] for forward in document["forwards"]]
            if len(states) == expected and set(states) == {"SENT"}:
                return document
            if STUCK_STATES.intersection(states) or time.monotonic() > deadline:
                raise _did_not_arrive(code, document)
            time.sleep(POLL_SECONDS)


def call(stack: Operations, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Any:
    """What the stack's API answers a partner; raises `Failure` for anything but success."""
    import httpx

    url = stack.api_url + path
    try:
        answered = httpx.request(
            method, url, json=body, headers=headers, timeout=REQUEST_TIMEOUT_SECONDS, trust_env=False
        )
    except httpx.HTTPError as error:
        raise Failure(f"{url} does not answer ({type(error).__name__}: {error}).") from error
    if not answered.is_success:
        raise Failure(f"{url} answered {answered.status_code}: {answered.text[:500]}")
    return answered.json()


def _order() -> dict[str, Any]:
    """An order of the document's own shape, in codes that the sandboxes' catalogues know."""
    from orderbridge_sandboxes.goods import SALES_NAME, SITES, Customer, Product

    return {
        "customer_code": Customer(1).code,
        "site_code": SITES[0],
        "sales_name": SALES_NAME,
        "address": "Jl. Contoh No. 1, Jakarta",
        "purchase_order_no": f"DEMO-{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}",
        "products": [
            {"product_code": Product(1).code, "quantity": 10},
            {"product_code": Product(2).code, "quantity": 5},
        ],
    }


def _with_references(document: dict[str, Any]) -> dict[str, Any]:
    """A platform that tells no id of its own knows the order by our code, as SalesMania's ext_order_no (facts 2)."""
    for forward in document["forwards"]:
        if forward["state"] == "SENT" and forward["external_id"] is None:
            forward["ext_order_no"] = document["code"]
    return document


def _did_not_arrive(code: str, document: dict[str, Any]) -> Failure:
    lines = [
        f"{forward['channel']}: {forward['state']}"
        + (f", {forward['error']}" if forward["error"] else "")
        + "".join(f", needs {need['kind']}:{need['key']}" for need in forward["missing"])
        for forward in document["forwards"]
    ]
    return Failure(f"{code} did not arrive everywhere:", document, lines or ["no forward was created"])


def _rendered(document: dict[str, Any]) -> RenderableType:
    from orderbridge_cli.commands.orders import timeline_table

    rows = [(each["channel"], each["state"], _known_as(each), each["attempts"]) for each in document["forwards"]]
    return stacked(
        table(f"Order {document['code']}", ("channel", "state", "known there as", "attempts"), rows),
        timeline_table(document["timeline"]),
    )


def _known_as(forward: dict[str, Any]) -> str:
    if forward["external_id"] is not None:
        return f"id {forward['external_id']}"
    return f"ext_order_no {forward['ext_order_no']}" if "ext_order_no" in forward else "-"
