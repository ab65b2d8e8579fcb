"""A partner's clients, each of which repeats a post until it is answered, as the partner guide says."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.e2e.actors import Partner, sales_order
from tests.patience import PATIENCE_S

PAUSE_S = 0.1
"""Between two posts of one order."""


@dataclass
class Accepted:
    """What the clients were told; they write, others read."""

    codes: dict[str, str] = field(default_factory=dict)
    """The code of each reference that was answered with a 2xx."""
    milliseconds: list[float] = field(default_factory=list)
    """What the post that was accepted took, each."""
    repeats: int = 0
    """Posts without an answer, or with one that says: again."""
    refused: list[str] = field(default_factory=list)
    """Answers that no repeating would change, and orders that were never answered."""
    lock: threading.Lock = field(default_factory=threading.Lock)


def place(partner: Partner, reference: str, accepted: Accepted) -> None:
    """Posts one order until it is accepted, refused for good, or the time is over."""
    order = sales_order(reference)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        began = time.perf_counter()
        try:
            answer = partner.post(order)
        except httpx.TransportError:
            answer = None
        took = (time.perf_counter() - began) * 1000
        if answer is not None and answer.is_success:
            with accepted.lock:
                accepted.milliseconds.append(took)
                accepted.codes[reference] = answer.json()["data"]["code"]
            return
        if answer is not None and answer.status_code < 500 and answer.status_code != 429:
            accepted.refused.append(f"{reference} was refused: {answer.status_code} {answer.text[:200]}")
            return
        with accepted.lock:
            accepted.repeats += 1
        time.sleep(PAUSE_S)
    accepted.refused.append(f"{reference} was not accepted within {PATIENCE_S:.0f} s")


@contextmanager
def posting(partner: Partner, numbers: Iterable[int], clients: int, accepted: Accepted) -> Iterator[None]:
    """Orders of these numbers from so many clients at once while the block runs; it ends when all are answered."""
    with ThreadPoolExecutor(clients, thread_name_prefix="client") as pool:
        posts = [pool.submit(place, partner, f"PO-{number}", accepted) for number in numbers]
        try:
            yield
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        for post in posts:
            post.result()


def post_for(partner: Partner, seconds: float, clients: int, accepted: Accepted) -> float:
    """Orders from so many clients, one after the other each, for so long; the seconds until the last was answered."""
    began = time.monotonic()

    def work(client: int) -> None:
        number = 0
        while time.monotonic() < began + seconds:
            place(partner, f"PO-{client}-{number}", accepted)
            number += 1

    with ThreadPoolExecutor(clients, thread_name_prefix="client") as pool:
        list(pool.map(work, range(clients)))
    return time.monotonic() - began
