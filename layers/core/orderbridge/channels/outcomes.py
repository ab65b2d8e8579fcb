"""What can become of a create call at a platform. The table of answers is in ``docs/platforms/README.md``.

::

    Accepted           the platform proves that it holds the order
    AcceptedOtherwise  it holds the order, and not as it was sent: a person decides
    Rejected           the platform proves that it read the order and refused its content
    Refused            nothing was processed (401, 403, 429; 503 where the channel says so)
    TurnedAway         most likely nobody read it: 404, 405, 413, 421, 425
    NotSent            no byte left: DNS, connect, TLS
    Unknown            anything may have happened: timeout, reset, every other answer

`Accepted` and `Rejected` need proof; whatever has none is `Unknown`. Only `Refused` and `NotSent` may be sent again
without looking at the platform first, and `TurnedAway` where nobody can look and something else than the platform's
application answered.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform holds the order; `external_id` is its id there, None where the platform tells none."""

    external_id: str | None


@dataclass(frozen=True, slots=True)
class AcceptedOtherwise:
    """The platform holds the order under `external_id`, and says itself that it is not what was sent.

    `difference` says how, fit to be kept.
    """

    external_id: str
    difference: str

    @property
    def reason(self) -> str:
        return f"the platform took it as {self.external_id}, and not as it was sent: {self.difference}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform read the order and refused its content, in `reason`'s words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was processed. `retry_after` in seconds where the platform named it.

    `credentials`: it speaks against them. `perhaps_of_order`: or it is about what is in this one order, as a 403
    may be; whether others are let through tells.
    """

    reason: str
    retry_after: float | None = None
    credentials: bool = False
    perhaps_of_order: bool = False


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The call found no place where an order is taken; `retry_after` in seconds where one was named.

    `by_application`: the answer is JSON, so it may be the platform's own application that has read the order.
    """

    reason: str
    by_application: bool
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request left this machine."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request left, and what came back proves nothing.

    `of_order`: whether it may be about what is in this order; a 503 is about the platform. `says_held`: the platform
    says that it holds the order, and did not show it.
    """

    reason: str
    of_order: bool = True
    says_held: bool = False


Outcome = Accepted | AcceptedOtherwise | Rejected | Refused | TurnedAway | NotSent | Unknown


def may_be_of_order(outcome: Outcome) -> bool:
    """Whether what went wrong may be about this very order, so that sending it for ever would be in vain."""
    match outcome:
        case Unknown(of_order=of_order):
            return of_order
        case Refused(perhaps_of_order=perhaps):
            return perhaps
        case TurnedAway():
            return True
        case _:
            return False
