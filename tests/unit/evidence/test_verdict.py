"""The verdict on a run finds each thing that must not be, and names the order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evidence.stack.verdict import Found, at_rest, violations

ACCEPTED = {"PO-1": "SO-1", "PO-2": "SO-2"}


def forward(code: str, state: str = "SENT", error: str | None = None, channel: str = "sirclo") -> dict[str, Any]:
    return {"code": code, "channel": channel, "state": state, "error": error}


SOUND = Found(
    stored=(("PO-1", "SO-1"), ("PO-2", "SO-2")),
    forwards=(forward("SO-1"), forward("SO-2", "IN_DOUBT", "no answer")),
    held={"sirclo": {"SO-1": 1, "SO-2": 1}},
)


def test_a_sound_run_has_no_violation() -> None:
    assert violations(ACCEPTED, SOUND) == []
    assert SOUND.states() == {"sirclo": {"IN_DOUBT": 1, "SENT": 1}}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (replace(SOUND, stored=SOUND.stored[:1]), "PO-2 was accepted as SO-2 and is not stored"),
        (replace(SOUND, stored=(*SOUND.stored, ("PO-3", "SO-3"))), "PO-3 is stored and was never accepted"),
        (
            replace(SOUND, stored=(("PO-1", "SO-9"), ("PO-2", "SO-2"))),
            "PO-1 was accepted as SO-1 and is stored as SO-9",
        ),
        (replace(SOUND, stored=(("PO-1", "SO-1"), ("PO-2", "SO-1"))), "the code SO-1 was given to 2 orders"),
        (replace(SOUND, forwards=SOUND.forwards[:1]), "SO-2 has no forward to sirclo"),
        (replace(SOUND, forwards=(*SOUND.forwards, forward("SO-9"))), "SO-9 to sirclo belongs to no stored order"),
        (
            replace(SOUND, forwards=(forward("SO-1", "SENDING"), forward("SO-2"))),
            "SO-1 to sirclo is SENDING, neither final nor waiting",
        ),
        (replace(SOUND, forwards=(forward("SO-1"), forward("SO-2", "IN_DOUBT"))), "is IN_DOUBT and does not say why"),
        (replace(SOUND, forwards=(forward("SO-1"), forward("SO-2", "REJECTED"))), "SO-2, whose forward is REJECTED"),
        (replace(SOUND, held={"sirclo": {"SO-1": 2, "SO-2": 1}}), "sirclo holds 2 orders of SO-1"),
        (replace(SOUND, held={"sirclo": {"SO-1": 1, "SO-9": 1}}), "sirclo holds an order of SO-9, which is not stored"),
        (replace(SOUND, held={"sirclo": {"SO-2": 1}}), "SO-1 to sirclo is SENT, and sirclo holds no order of it"),
    ],
)
def test_what_must_not_be_is_named(found: Found, words: str) -> None:
    assert any(words in violation for violation in violations(ACCEPTED, found))


@pytest.mark.parametrize(
    ("forwards", "rests"),
    [
        ([forward("SO-1"), forward("SO-2", "IN_DOUBT")], True),
        ([forward("SO-1"), forward("SO-2", "PAUSED")], False),
        ([forward("SO-1")], False),
        ([forward("SO-1"), forward("SO-2", "QUEUED")], False),
    ],
)
def test_at_rest_is_every_forward_there_and_final_or_waiting_for_a_person(
    forwards: list[dict[str, Any]], rests: bool
) -> None:
    assert at_rest(forwards, ACCEPTED.values(), ["sirclo"]) is rests
