"""The safeguards that the proof tests itself with, in the order of an order's way."""

from __future__ import annotations

from evidence.safeguards.intake import INTAKE, PUBLISHING
from evidence.safeguards.safeguard import Safeguard
from evidence.safeguards.sending import SENDING
from evidence.safeguards.telling import ROUNDS, TELLING
from evidence.safeguards.waiting import CANCELLING, LOOKING, WAITING

SAFEGUARDS: tuple[Safeguard, ...] = (
    *INTAKE,
    *PUBLISHING,
    *SENDING,
    *LOOKING,
    *WAITING,
    *CANCELLING,
    *TELLING,
    *ROUNDS,
)
