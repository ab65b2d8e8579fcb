"""The safeguards that `make evidence-mutants` takes away: each is where it is said to be, and some are missed here."""

from __future__ import annotations

import pytest

from evidence.mutants import NotThere, function_at, see, source_without, without
from evidence.rows import ROWS
from evidence.safeguards import SAFEGUARDS
from evidence.safeguards.safeguard import Safeguard
from orderbridge.http.answer import Answer

LEAST = 40


def test_there_are_forty_safeguards_and_more_each_by_a_name_and_for_a_row() -> None:
    assert len({safeguard.name for safeguard in SAFEGUARDS}) == len(SAFEGUARDS) >= LEAST
    assert {safeguard.row for safeguard in SAFEGUARDS} <= {row.name for row in ROWS}
    assert sum(not safeguard.guard for safeguard in SAFEGUARDS) >= LEAST, "what has no second guard has to be seen"


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=lambda safeguard: safeguard.name)
def test_a_safeguard_is_where_it_is_said_to_be(safeguard: Safeguard) -> None:
    compile(source_without(safeguard, function_at(safeguard.place)), safeguard.name, "exec")


def test_a_safeguard_that_is_there_no_more_is_named() -> None:
    gone = Safeguard("one that was", "http.answer:Answer.is_success", (("return self.of_old", "return True"),), "any")
    with pytest.raises(NotThere, match=r"one that was.*of_old.*0 times"):
        source_without(gone, function_at(gone.place))


def test_a_safeguard_is_gone_in_its_block_alone() -> None:
    (safeguard,) = (each for each in SAFEGUARDS if each.name == "a message without an answer comes again")
    failed = Answer(500)
    with without(safeguard):
        assert failed.is_success
    assert not failed.is_success


@pytest.mark.parametrize(
    "name",
    [
        "an order is put only where its reference is free",
        "SENDING is stored before the first byte leaves",
        "what proves nothing is looked at before it is sent again",
        "two looks have to find nothing",
        "messages to the partner are written with the change",
        # What a change of the data model forgets first.
        "a forward with news is due until they are relayed",
        "what is PAUSED stays due for its next action when its news are relayed",
        "a write that is no news keeps the news that nobody has relayed",
        "news are taken away only by who relayed the latest",
        "a frozen request is named by its bytes",
        "a line that has no room in its forward's item goes apart",
    ],
)
def test_the_proof_sees_that_a_safeguard_is_missing(name: str) -> None:
    assert see(name).invariants


def test_a_run_that_only_goes_otherwise_does_not_see_that_a_safeguard_is_missing() -> None:
    assert see("an import lets go what waited for it", seeds=(1,)).invariants == ()
