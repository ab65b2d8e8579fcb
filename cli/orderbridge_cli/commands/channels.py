"""`orderbridge channels`: the accounts on the platforms that orders go to."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderbridge.platforms.names import platform_names
from orderbridge_cli.asking import Yes, ask
from orderbridge_cli.lists import listing
from orderbridge_cli.output import Failure, answer, command, counted, facts, new_group, note, progress

if TYPE_CHECKING:
    from orderbridge.channels.channel import Channel
    from orderbridge.forwarding.forward.states import Forward
    from orderbridge_cli.operating.channels import OperateChannels
    from orderbridge_cli.target import Operations


FIRST_ORDERS, FIRST_ORDERS_SECONDS, LOOK_AGAIN_SECONDS = 5, 10.0, 0.3
"""So many of the orders that are let go are watched, for so long, whether they pause their channel again."""

group = new_group("channels", "The accounts on the platforms that orders go to.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The channel.")]


def _operations() -> Operations:
    from orderbridge_cli.target import Operations

    return Operations.here()


def _channels(stack: Operations) -> OperateChannels:
    from orderbridge_cli.wiring import operate_channels

    return operate_channels(stack)


@command(group, "add")
def add(
    name: Name,
    *,
    platform: Annotated[
        str, typer.Option("--platform", metavar="PLATFORM", help=f"One of {', '.join(platform_names())}.")
    ],
    settings: Annotated[
        Path,
        typer.Option(
            "--settings",
            metavar="FILE.json",
            exists=True,
            dir_okay=False,
            readable=True,
            help="base_url and defaults; stored in the table.",
        ),
    ],
    credentials: Annotated[
        Path,
        typer.Option(
            "--credentials",
            metavar="FILE.json",
            exists=True,
            dir_okay=False,
            readable=True,
            help="What the platform gave you to log in with; stored in Secrets Manager.",
        ),
    ],
    yes: Yes = False,
) -> None:
    """Set a channel up; running it again replaces its settings and credentials, and resumes it."""
    if platform not in platform_names():
        known = ", ".join(platform_names())
        raise typer.BadParameter(f"{platform!r} is not a platform; there are {known}", param_hint="--platform")
    settings_document, credentials_document = read_json_object(settings), read_json_object(credentials)
    check_documents(
        platform, {"settings": (settings, settings_document), "credentials": (credentials, credentials_document)}
    )
    stack = _operations()
    _refuse_plain_http(stack, settings, settings_document)
    channels = _channels(stack)
    if stack.channels.find_named(name) is not None:
        ask(f"The settings and credentials of {name} are replaced; the credentials that are there are lost.", yes=yes)
    channel = channels.add(name, platform, settings_document, credentials_document)
    released = len(_let_go(channels, name))
    answer({**_described(channel), "released": released}, lambda: f"The channel {name} on {platform} is set up.")


@command(group, "set-credentials")
def set_credentials(
    name: Name,
    credentials: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.json", exists=True, dir_okay=False, readable=True, help="What the platform gave you."
        ),
    ],
) -> None:
    """Replace the credentials alone, and send to the channel again; what waited for it goes."""
    from orderbridge_cli.operating.channels import known_channel

    document = read_json_object(credentials)
    stack = _operations()
    channel = known_channel(stack.channels, name)
    check_documents(channel.platform, {"credentials": (credentials, document)})
    stack.vault.store(channel, document)
    _resume(stack, name)


@command(group, "show")
def show(name: Name) -> None:
    """A channel's settings and state; never its credentials."""
    from orderbridge_cli.operating.channels import known_channel

    document = _described(known_channel(_operations().channels, name))
    answer(document, lambda: facts(_flat(document)))


@command(group, "list", lists=True)
def list_channels() -> None:
    """All channels."""
    columns = ("channel", "platform", "state", "since", "breaker_state", "open_since", "next_try", "reason")
    rows = [_listed(channel) for channel in _operations().channels.list_channels()]
    listing(rows, columns, "channel", optional=("since", "platform"))


def _listed(channel: Channel) -> dict[str, Any]:
    document = _described(channel)
    breaker = document["breaker"]
    return {
        **document,
        "breaker_state": breaker["state"],
        "open_since": breaker["open_since"],
        "next_try": breaker["open_until"],
        "reason": document["paused_reason"] or (breaker["reason"] if breaker["open_until"] else None),
    }


@command(group, "pause")
def pause(
    name: Name,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands on every order that waits.")] = (
        "paused by an operator"
    ),
) -> None:
    """Send nothing to this channel until it is resumed; its orders wait as PAUSED."""
    stack = _operations()
    if not _channels(stack).pause(name, " ".join(reason.split()) or "paused by an operator"):
        note(f"{name} was paused already.")
    _show_state(stack, name)


@command(group, "resume")
def resume(name: Name) -> None:
    """Send to this channel again, whatever rest its platform asked for, and let go what waited for it.

    Exit 1 where its first orders pause it again.
    """
    if not _resume(_operations(), name):
        note(f"{name} was neither paused nor broken.")


def _resume(stack: Operations, name: str) -> bool:
    """Resume a channel, let go what waited for it, and show it; whether it was stopped."""
    from orderbridge_cli.operating.channels import known_channel
    from orderbridge_cli.platform_calls import probe, probe_seconds
    from orderbridge_cli.wiring import move_forward

    channels = _channels(stack)
    every = probe_seconds(stack, known_channel(stack.channels, name))
    resumed = channels.resume(name, lambda channel: probe(stack, channel), every)
    if resumed.trouble is not None:
        then = "" if resumed.may_let_go else f"; it is tried again every {every:.0f} s, and its orders wait until then"
        note(f"{name} does not answer as it should{then}: {resumed.trouble}")
    released = _let_go(channels, name) if resumed.may_let_go else []
    hastened = list(move_forward(stack).hasten_all(name)) if resumed.may_let_go else []
    more = {"released": len(released), "hastened": len(hastened), "trouble": resumed.trouble}
    first = [*released, *hastened][:FIRST_ORDERS]
    if first:
        _refuse_if_paused_again(stack, name, first, more)
    _show_state(stack, name, more)
    return resumed.was_stopped


def _refuse_if_paused_again(stack: Operations, name: str, first: Sequence[Forward], more: Mapping[str, Any]) -> None:
    """Raises `Failure` where the first orders that were let go pause their channel again; ends once one came through.

    A read that succeeds proves nothing of create calls.
    """
    from orderbridge_cli.operating.channels import known_channel

    until = time.monotonic() + FIRST_ORDERS_SECONDS
    with progress("looking what becomes of the first orders"):
        while True:
            channel = known_channel(stack.channels, name)
            if channel.state == "paused":
                raise Failure(
                    f"{name} is paused again: {channel.paused_reason}. With other credentials it goes on: "
                    f"`orderbridge channels set-credentials {name} FILE.json`.",
                    {**_described(channel), **more},
                )
            if time.monotonic() > until or any(_came_through(stack, forward) for forward in first):
                return
            time.sleep(LOOK_AGAIN_SECONDS)


def _came_through(stack: Operations, forward: Forward) -> bool:
    """Whether the platform has said of an order what becomes of it."""
    record = stack.desk.read_forward(forward.forward_key)
    return record is not None and record.forward.state in ("SENT", "REJECTED", "IN_DOUBT")


@command(group, "check")
def check(name: Name) -> None:
    """Log in at the platform and read one page of stock. Sends no order."""
    from orderbridge_cli.operating.channels import known_channel
    from orderbridge_cli.platform_calls import probe

    stack = _operations()
    trouble = probe(stack, known_channel(stack.channels, name))
    document = {"channel": name, "ok": trouble is None, "detail": trouble}
    if trouble is not None:
        raise Failure(f"{name}: {trouble}", document)
    answer(document, lambda: f"{name} answers as it should.")


def _described(channel: Channel) -> dict[str, Any]:
    from orderbridge_cli.operating.channels import described

    return described(channel)


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A document's values by their path, ``settings.stock.rank``."""
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _let_go(channels: OperateChannels, name: str) -> list[Forward]:
    released: list[Forward] = []
    with progress("letting go what waited") as say:
        for forward in channels.let_go(name):
            released.append(forward)
            say(f"{counted(len(released), 'forward')} released")
    if released:
        note(f"{counted(len(released), 'forward')} that waited for {name}: queued again.")
    return released


def _show_state(stack: Operations, name: str, more: Mapping[str, Any] | None = None) -> None:
    from orderbridge_cli.operating.channels import known_channel

    channel = known_channel(stack.channels, name)
    answer({**_described(channel), **(more or {})}, lambda: f"{name} is {channel.state}.")


def read_json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file; raises `Failure` naming the file and the place where it is wrong."""
    try:
        document = json.loads(_text_of(path))
    except json.JSONDecodeError as error:
        raise Failure(f"{path}, line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise Failure(f"{path} is nested too deeply.") from None
    except ValueError:  # Python reads no number of thousands of digits
        raise Failure(f"{path} holds a number that is too long.") from None
    if not isinstance(document, dict):
        raise Failure(f"{path} must hold a JSON object.")
    return document


def _text_of(path: Path) -> str:
    from orderbridge.values.text import is_utf16

    content = path.read_bytes()
    if is_utf16(content):
        raise Failure(f"{path} is UTF-16 text; save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failure(f"{path} is not UTF-8 text.") from None


def check_documents(platform: str, documents: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> None:
    """Raises `Failure` with everything in `settings` and `credentials` that the platform cannot use.

    It names file and field, never a value.
    """
    from orderbridge.platforms.registry import definition_of
    from orderbridge.platforms.values import InvalidValue

    try:
        definition = definition_of(platform)
    except InvalidValue as unknown:
        raise Failure(f"{unknown}.") from unknown
    readers = {"settings": definition.read_settings, "credentials": definition.read_credentials}
    wrong: list[str] = []
    for kind, (path, document) in documents.items():
        try:
            readers[kind](document)
        except InvalidValue as invalid:
            wrong.append(f"{path}: {invalid}")
    if wrong:
        raise Failure("The channel was not set up:", {"problems": wrong}, wrong)


def _refuse_plain_http(stack: Operations, path: Path, settings: Mapping[str, Any]) -> None:
    from orderbridge.http.base_urls import is_loopback

    if is_loopback(str(settings["base_url"])) and stack.facts.parameters.get("AllowLoopbackHttp") == "false":
        raise Failure(f"{path}: base_url: plain http to this machine is for the local stack only.")
