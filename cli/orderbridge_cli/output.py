"""How the command speaks: answers on stdout, messages on stderr; with ``--json`` exactly one document on stdout.

`command` registers a function as a command: it adds ``--json`` and turns every expected failure into one sentence and
exit code 1. Exit code 2, wrong usage, is typer's own, with the same document on stdout where ``--json`` was given.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from orderbridge_cli.examples import EXAMPLES

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

USAGE = 2
_PIPE_WIDTH = 200

_bar_is_shown: ContextVar[bool] = ContextVar("bar_is_shown", default=False)
as_csv: ContextVar[bool] = ContextVar("as_csv", default=False)
as_xlsx: ContextVar[Path | None] = ContextVar("as_xlsx", default=None)
"""The files that a list was asked for as (`orderbridge_cli.lists`)."""
_as_json: ContextVar[bool] = ContextVar("as_json", default=False)


class RootGroup(typer.core.TyperGroup):
    """The whole command: says wrong usage, wherever in it, as JSON besides, where JSON was asked for."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        with _usage_told(args):
            context = super().make_context(info_name, list(args), parent, **extra)
        context.meta[__name__] = args
        return context

    def invoke(self, ctx: Any) -> Any:
        with _usage_told(ctx.meta[__name__]):
            return super().invoke(ctx)


@contextmanager
def _usage_told(args: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except typer.TyperException as wrong:
        if wrong.exit_code == USAGE and "--json" in args:
            _print_json({"error": wrong.format_message()})
        raise


class Failure(Exception):
    """The thing failed: a sentence for stderr, and what `--json` says besides it."""

    def __init__(self, message: str, details: Mapping[str, Any] | None = None, lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.lines = tuple(lines)


def new_group(name: str, help_text: str, kind: type[typer.core.TyperGroup] = typer.core.TyperGroup) -> typer.Typer:
    """A group of commands; the root one completes what is typed in a shell, once that is installed."""
    return typer.Typer(
        name=name,
        help=help_text,
        cls=kind,
        no_args_is_help=True,
        add_completion=kind is RootGroup,
        # Typer's own tracebacks show local variables, which may hold secrets.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(
    group: typer.Typer, name: str, *, lists: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the decorated function in `group` under `name`; one that `lists` can write its list as a file, too."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        further = [*_OF_ALL, *(_OF_LISTS if lists else ())]

        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            given = {each.name: kwargs.pop(each.name) for each in further}
            with _as_asked(given), _failures_explained():
                function(*args, **kwargs)

        parameters = [*signature.parameters.values(), *further]
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
        example = EXAMPLES.get(f"{group.info.name} {name}".removeprefix("orderbridge "))
        group.command(name, epilog=None if example is None else f"Example:\n\n{example}")(run)
        return function

    return register


def _option(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


_OF_ALL = (
    _option("as_json", False, Annotated[bool, typer.Option("--json", help="Print one JSON document.")]),
    _option(
        "zone",
        None,
        Annotated[
            str | None,
            typer.Option("--tz", metavar="ZONE", help="Show times in this zone, e.g. Asia/Jakarta or UTC."),
        ],
    ),
)
_OF_LISTS = (
    _option("list_as_csv", False, Annotated[bool, typer.Option("--csv", help="Print the list as CSV.")]),
    _option(
        "list_as_xlsx",
        None,
        Annotated[
            Path | None,
            typer.Option("--xlsx", metavar="FILE.xlsx", help="Write the list as a spreadsheet.", dir_okay=False),
        ],
    ),
)


@contextmanager
def _as_asked(given: Mapping[str, Any]) -> Iterator[None]:
    """How this run answers, as its options say."""
    csv, xlsx = given.get("list_as_csv", False), given.get("list_as_xlsx")
    if csv and (given["as_json"] or xlsx is not None):
        raise typer.BadParameter("goes with neither --json nor --xlsx", param_hint="--csv")
    tokens: list[tuple[ContextVar[Any], Any]] = [(_as_json, _as_json.set(given["as_json"]))]
    if given["zone"] is not None:
        from orderbridge_cli.times import chosen_zone

        tokens.append((chosen_zone, chosen_zone.set(_known_zone(given["zone"]))))
    if csv or xlsx is not None:
        tokens += [(as_csv, as_csv.set(csv)), (as_xlsx, as_xlsx.set(xlsx))]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise typer.BadParameter(f"{name!r} is no time zone such as Asia/Jakarta", param_hint="--tz") from None


@contextmanager
def _failures_explained() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        failure = _expected(error)
        if failure is None:
            raise
        _report(failure)
        raise typer.Exit(1) from error


def _expected(error: Exception) -> Failure | None:
    """The failure behind an exception, where it is one that happens to operators; else None, and it is a defect."""
    from orderbridge.channels.ports import ChannelUnusable
    from orderbridge_cli.operating.refusals import OperationRefused

    if isinstance(error, Failure):
        return error
    if isinstance(error, OperationRefused | ChannelUnusable):
        return Failure(str(error))
    if "botocore" in sys.modules:
        from orderbridge.aws.errors import AWS_FAILURES
        from orderbridge_cli.failures import explain

        if isinstance(error, AWS_FAILURES):
            return Failure(explain(error))
    if "orderbridge_cli.local.machine.problems" in sys.modules:
        from orderbridge_cli.local.machine.problems import LocalStackProblem

        if isinstance(error, LocalStackProblem):
            return Failure(str(error))
    return None


def _report(failure: Failure) -> None:
    note(failure.message)
    for line in failure.lines:
        note(f"  {line}")
    if wants_json():
        _print_json({"error": failure.message, **failure.details})


def wants_json() -> bool:
    """Whether this run was asked for JSON."""
    return _as_json.get()


def note(text: str) -> None:
    """A message for the person, on stderr."""
    typer.echo(printable(text, keep_lines=True), err=True)


def answer(document: Any, show: Callable[[], RenderableType | str]) -> None:
    """The command's one answer: `document` with ``--json``, else what `show` makes for a person."""
    if wants_json():
        _print_json(document)
        return
    shown = show()
    if isinstance(shown, str):
        typer.echo(printable(shown, keep_lines=True))
    else:
        # What must not be broken is longer than a line at times; a terminal wraps it, and copies it as one.
        _console().print(shown, crop=False)


def _print_json(document: Any) -> None:
    from orderbridge.calls.documents import compact_json
    from orderbridge_cli.times import in_chosen_zone

    text = compact_json(in_chosen_zone(document)).decode()
    typer.echo("".join(map(_escaped, text)) if sys.stdout.isatty() else text)


def _escaped(sign: str) -> str:
    """A character of compact JSON, in JSON's own escape where a terminal might act on it; it means the same."""
    return sign if sign.isprintable() else json.dumps(sign).strip('"')


def write_file(text: str) -> None:
    """`text` to stdout, to the character; where stdout is a terminal, without what would move its cursor."""
    typer.echo(printable(text, keep_lines=True) if sys.stdout.isatty() else text, nl=False)


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False)
    # A pipe has no width; what is read by a program must not be wrapped at 80.
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


@contextmanager
def progress(words: str) -> Iterator[Callable[[str], None]]:
    """Say on stderr what is done now, as long as it is done; the value changes the words. Silent in a pipe."""
    from rich.console import Console

    if _bar_is_shown.get():
        # Two things that move on one terminal would write over each other.
        yield lambda _: None
        return
    with Console(stderr=True).status(words) as status:
        yield lambda new_words: status.update(printable(new_words).replace("[", r"\["))


@contextmanager
def progress_bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A bar on stderr that the value moves on by one; silent in a pipe."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        token = _bar_is_shown.set(True)
        try:
            yield lambda: bar.advance(task)
        finally:
            _bar_is_shown.reset(token)


def stacked(*parts: RenderableType) -> RenderableType:
    """Several things one below the other."""
    from rich.console import Group

    return Group(*parts)


def facts(pairs: Mapping[str, Any]) -> RenderableType:
    """Names and values, one pair a line."""
    from rich.table import Table
    from rich.text import Text

    from orderbridge_cli.times import in_chosen_zone, is_time, short

    made = Table.grid(padding=(0, 2))
    on_terminal = _console().is_terminal
    for name, value in pairs.items():
        text = "-" if value is None else str(value)
        if value is not None and is_time(name):
            text = short(text) if on_terminal else str(in_chosen_zone(text, name))
        made.add_row(Text(name, style="bold"), Text(printable(text)))
    return made


def counted(number: int, noun: str) -> str:
    """``1 order``, ``2 orders``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str, *, keep_lines: bool = False) -> str:
    """`text` without what would move the cursor or colour the terminal: some of it comes from platforms."""
    return "".join(
        sign if sign.isprintable() or (keep_lines and sign == "\n") else " " if sign.isspace() else "�" for sign in text
    )
