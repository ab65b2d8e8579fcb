"""The rows of the proof: what platforms, networks, AWS, partners, operators and our own machines do to orders."""

from __future__ import annotations

from evidence.rows.calls import ANY_ANSWER, ANY_WEATHER, CALLS
from evidence.rows.looks import LOOKS
from evidence.rows.machines import AWS, MACHINES
from evidence.rows.operators import OPERATORS
from evidence.rows.partners import CREDENTIALS, PARTNERS
from evidence.rows.rounds import ROUNDS
from evidence.weather import Row

ROWS: tuple[Row, ...] = (
    *CALLS,
    *ANY_ANSWER,
    *ANY_WEATHER,
    *LOOKS,
    *MACHINES,
    *AWS,
    *PARTNERS,
    *CREDENTIALS,
    *OPERATORS,
    *ROUNDS,
)


def row_named(name: str) -> Row:
    """The row of this name; raises KeyError."""
    return {row.name: row for row in ROWS}[name]
