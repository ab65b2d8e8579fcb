"""`orderbridge demo`: one signed order from a new partner through the whole local stack into the sandboxes."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge_cli.lists import table
from orderbridge_cli.output import Failure, answer, note, stacked

if TYPE_CHECKING:
    from rich.console import RenderableType

    from orderbridge_cli.target import Operations


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
class _Demo:
    stack: Operations
    timeout: float
    say: Say

    def run(self) -> dict[str, Any]:
        """The order as `orders show` has it, all its forwards SENT; raises `Failure` with what is known."""
        from orderbridge_cli.commands.partner_calls import new_partner

        channels = self._channels()
        self.say("registering a partner with a new key")
        with new_partner(self.stack, "demo", "Demo partner", channels) as partner:
            self.say(f"logging in as {partner.client_id}, and sending a signed order")
            code = partner.post(_order())
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

    def _wait(self, code: str, expected: int) -> dict[str, Any]:
        from orderbridge_cli.commands.partner_calls import wait_for_order

        def is_over(forwards: Sequence[Mapping[str, Any]]) -> bool:
            states = [forward["state"] for forward in forwards]
            return _all_sent(states, expected) or bool(STUCK_STATES.intersection(states))

        self.say(f"{code} is accepted; waiting for its {expected} forwards")
        document = _with_references(wait_for_order(self.stack, code, self.timeout, is_over))
        if not _all_sent([forward["state"] for forward in document["forwards"]], expected):
            raise _did_not_arrive(code, document)
        return document


def _all_sent(states: Sequence[str], expected: int) -> bool:
    return len(states) == expected and set(states) == {"SENT"}


def _order() -> dict[str, Any]:
    """An order of the document's own shape, in codes that the sandboxes' catalogues know."""
    from orderbridge_cli.commands.partner_calls import order_number
    from orderbridge_sandboxes.goods import SALES_NAME, SITES, Customer, Product

    return {
        "customer_code": Customer(1).code,
        "site_code": SITES[0],
        "sales_name": SALES_NAME,
        "address": "Jl. Contoh No. 1, Jakarta",
        "purchase_order_no": order_number("DEMO"),
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
