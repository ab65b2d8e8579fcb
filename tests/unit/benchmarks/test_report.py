"""Figures are printed one by one, and one that fails is a row."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator
from importlib import import_module

import pytest

from benchmarks import __main__ as bench
from benchmarks.report import Figure, print_figures


def rows(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]


def broken() -> str:
    raise KeyError("no such table")


def test_each_figure_is_printed_before_the_next_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    def figures() -> Generator[Figure]:
        yield "first", 1, "<= 2"
        assert rows(capsys) == [["first", "1", "<= 2"]]
        yield "second", lambda: 2
        assert rows(capsys) == [["second", "2"]]

    assert print_figures(figures, "some")


def test_a_figure_that_fails_is_a_row_with_the_reason_and_the_others_are_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def figures() -> Generator[Figure]:
        yield "first", broken, "<= 2"
        yield (
            "second",
            lambda: subprocess.run(
                [sys.executable, "-c", "import sys; sys.exit('no bytecode')"], check=True, capture_output=True
            ),
        )
        yield "third", 3

    assert not print_figures(figures, "some")
    assert rows(capsys) == [
        ["first", "failed", "KeyError: 'no such table'"],
        ["second", "failed", "CalledProcessError: no bytecode"],
        ["third", "3"],
    ]


def test_a_benchmark_that_breaks_off_is_a_row_under_its_own_name(capsys: pytest.CaptureFixture[str]) -> None:
    def figures() -> Generator[Figure]:
        yield "first", 1
        broken()

    assert not print_figures(figures, "some")
    assert rows(capsys) == [["first", "1"], ["some", "failed", "KeyError: 'no such table'"]]


def test_what_hangs_is_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    never = threading.Event()

    def figures() -> Generator[Figure]:
        yield "first", never.wait
        yield "second", 2
        never.wait()

    assert not print_figures(figures, "some", seconds=0.05)
    too_long = "TimeoutError: not measured within 0.05 seconds"
    assert rows(capsys) == [["first", "failed", too_long], ["second", "2"], ["some", "failed", too_long]]


def test_what_a_benchmark_has_started_ends_with_it_even_where_nobody_reads_the_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[bool] = []

    def figures() -> Generator[Figure]:
        try:
            yield "first", 1
        finally:
            ended.append(True)

    def unread(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("benchmarks.report._print_row", unread)
    with pytest.raises(BrokenPipeError):
        print_figures(figures, "some")
    assert ended == [True]


def test_a_failed_row_is_exit_code_1_and_stops_no_other_benchmark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def figures() -> Generator[Figure]:
        yield "some figure of the codes", 1

    monkeypatch.setattr("benchmarks.order_codes.figures", figures)
    assert bench.main(["order_codes"]) == 0
    assert bench.main(["no_such_benchmark", "order_codes"]) == 1
    assert rows(capsys)[1][:2] == ["no_such_benchmark", "failed"]


@pytest.mark.parametrize("module", bench.MODULES)
def test_every_benchmark_has_figures(module: str) -> None:
    assert callable(import_module(f"benchmarks.{module}").figures)
