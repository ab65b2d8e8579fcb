"""Every fault does on the wire what its name says, and strikes exactly the requests that it was meant for."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import time
import urllib.request

import pytest

from orderbridge_cli.local.machine.processes import wait_until
from orderbridge_sandboxes import Fault, Request
from orderbridge_sandboxes.delivery import deliver
from orderbridge_sandboxes.faults import Faults
from orderbridge_sandboxes.ngorder import NgorderPlatform, NgorderSandbox
from tests.patience import PATIENCE_S
from tests.sandboxes.calls import BEARER, NGORDER_ORDER, raw


def post(sandbox, timeout=PATIENCE_S):
    """(status, headers, body) of one create call on a connection of its own; what goes wrong is raised."""
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
    try:
        connection.request("POST", "/api/open/order", raw(NGORDER_ORDER), BEARER)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


@pytest.fixture
def sandbox():
    with NgorderSandbox() as running:
        yield running


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(("kind", "held"), [("close_before", 0), ("commit_then_close", 1)])
def test_a_closed_connection_brings_no_answer(sandbox, kind, held, reset):
    sandbox.faults.add(Fault(kind, reset=reset))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        post(sandbox)
    assert len(sandbox.orders) == held
    assert [(entry.status, entry.fault) for entry in sandbox.requests] == [(None, kind)]
    assert post(sandbox)[0] == 200


@pytest.mark.parametrize(("kind", "held"), [("status", 0), ("commit_then_status", 1)])
def test_a_status_comes_in_the_platforms_form_with_its_retry_after(sandbox, kind, held):
    sandbox.faults.add(Fault(kind, status=503, retry_after=7))
    status, headers, body = post(sandbox)
    assert (status, headers["Retry-After"]) == (503, "7")
    assert json.loads(body)["response"] == "Failed"
    assert len(sandbox.orders) == held


def test_a_status_may_carry_any_body(sandbox):
    sandbox.faults.add(Fault("status", status=502, body="<h1>Bad Gateway</h1>"))
    status, headers, body = post(sandbox)
    assert (status, headers.get_content_type(), body) == (502, "text/html", b"<h1>Bad Gateway</h1>")


@pytest.mark.parametrize(("kind", "held"), [("status", 0), ("commit_then_status", 1)])
def test_an_answer_may_be_any_bytes_under_any_name(sandbox, kind, held):
    zipped = gzip.compress(b'{"data": {}}')
    sandbox.faults.add(
        Fault(
            kind,
            status=202,
            raw=base64.b64encode(zipped).decode(),
            content_type="application/problem+json",
            headers={"Content-Encoding": "gzip"},
        )
    )
    status, headers, body = post(sandbox)
    assert (status, headers["Content-Type"], headers["Content-Encoding"]) == (202, "application/problem+json", "gzip")
    assert body == zipped
    assert len(sandbox.orders) == held


def test_an_answer_may_be_empty(sandbox):
    sandbox.faults.add(Fault("status", status=200, raw=""))
    status, _, body = post(sandbox)
    assert (status, body) == (200, b"")


@pytest.mark.parametrize("process", [True, False])
def test_garbage_is_200_that_nobody_can_read(sandbox, process):
    sandbox.faults.add(Fault("garbage", process=process))
    status, headers, body = post(sandbox)
    assert (status, headers.get_content_type()) == (200, "application/json")
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert len(sandbox.orders) == int(process)


@pytest.mark.parametrize("process", [True, False])
def test_half_an_answer_ends_early(sandbox, process):
    sandbox.faults.add(Fault("truncate", process=process))
    with pytest.raises(http.client.IncompleteRead):
        post(sandbox)
    assert len(sandbox.orders) == int(process)


def test_a_wrong_shape_is_readable_and_useless(sandbox):
    sandbox.faults.add(Fault("wrong_shape"))
    sandbox.faults.add(Fault("wrong_shape", body=[1], process=False))
    assert json.loads(post(sandbox)[2]) == {"unexpected": True}
    assert json.loads(post(sandbox)[2]) == [1]
    assert len(sandbox.orders) == 1


@pytest.mark.parametrize(("when", "held"), [("before", 0), ("after", 1)])
def test_a_delay_pauses_before_or_after_processing(when, held):
    platform = NgorderPlatform()
    seen = []
    delivery = deliver(
        platform,
        Faults([Fault("delay", seconds=9, when=when)]),
        Request("POST", "/api/open/order", BEARER, raw(NGORDER_ORDER)),
        lambda seconds: seen.append((seconds, len(platform.orders))),
    )
    assert seen == [(9, held)]
    assert (delivery.reply.status, len(platform.orders)) == (200, 1)


def test_a_delayed_order_is_kept_although_its_client_has_gone(sandbox):
    sandbox.faults.add(Fault("delay", seconds=3))
    with pytest.raises(TimeoutError):
        post(sandbox, timeout=1)
    assert wait_until(lambda: len(sandbox.orders) == 1, PATIENCE_S)


def test_a_delay_goes_with_another_fault(sandbox):
    sandbox.faults.add(Fault("delay", seconds=0.05))
    sandbox.faults.add(Fault("commit_then_status"))
    assert post(sandbox)[0] == 500
    assert sandbox.requests[0].fault == "delay+commit_then_status"


def listed(sandbox, number, day="2025-01-01"):
    """A page of Get Orders with one row a page."""
    query = f"start_date={day}&end_date={day}&per_page=1&pagination_offset={number}"
    request = urllib.request.Request(f"{sandbox.url}/api/open/order?{query}", headers=BEARER)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
        return json.loads(reply.read())


def test_a_list_that_repeats_its_pages_never_shows_the_last_order(sandbox):
    for _ in range(3):
        post(sandbox)
    sandbox.faults.add(Fault("page_repeat", "GET", "/api/open/order", count=None))
    pages = [listed(sandbox, number) for number in (1, 2, 3)]
    assert pages[0] == pages[1] == pages[2]
    assert pages[0]["meta"]["pagination"]["total_pages"] == 3


def test_a_page_is_repeated_once_and_in_its_own_list_alone(sandbox):
    for _ in range(3):
        post(sandbox)
    sandbox.faults.add(Fault("page_repeat", "GET", "/api/open/order", count=1))
    first = listed(sandbox, 1)
    assert listed(sandbox, 1, day="2025-01-02")["data"] == [], "another list"
    assert listed(sandbox, 1) == first, "the same page, as it is"
    assert listed(sandbox, 2) == first
    assert listed(sandbox, 2) != first


def test_a_running_delay_does_not_hold_up_the_stop():
    started = time.monotonic()
    with NgorderSandbox(faults=[Fault("delay", seconds=2 * PATIENCE_S)]) as sandbox, pytest.raises(TimeoutError):
        post(sandbox, timeout=1)
    assert time.monotonic() - started < PATIENCE_S


# --- which requests a rule strikes ---


def struck(fault: Fault, requests: int = 10) -> list[int]:
    faults = Faults([fault])
    request = Request("POST", "/api/open/order?x=1")
    return [number for number in range(1, requests + 1) if faults.take(request)]


def test_the_next_n_are_struck():
    assert struck(Fault("status", count=3)) == [1, 2, 3]


def test_every_one_is_struck_after_k():
    assert struck(Fault("status", count=None, skip=7)) == [8, 9, 10]


def test_a_share_is_struck_the_same_way_for_the_same_seed():
    fault = Fault("status", count=None, probability=0.3, seed=4)
    assert struck(fault, 200) == struck(fault, 200)
    assert 40 <= len(struck(fault, 200)) <= 80
    assert struck(Fault("status", count=None, probability=0)) == []


@pytest.mark.parametrize(
    ("fault", "request_line", "hit"),
    [
        (Fault("status"), ("GET", "/a"), True),
        (Fault("status", "GET"), ("POST", "/a"), False),
        (Fault("status", path="/api/open/order"), ("POST", "/api/open/order/cancel"), True),
        (Fault("status", path="/api/open/order"), ("POST", "/api/open/customer"), False),
        (Fault("status", holds="SO-2"), ("POST", "/a", {}, b'{"note": "SO-2"}'), True),
        (Fault("status", holds="SO-2"), ("POST", "/a", {}, b'{"note": "SO-1"}'), False),
    ],
)
def test_a_rule_is_about_a_method_a_path_prefix_and_a_text_in_the_body(fault, request_line, hit):
    assert bool(Faults([fault]).take(Request(*request_line))) is hit


def test_rules_take_turns_in_the_order_they_were_added():
    faults = Faults([Fault("status", count=1), Fault("garbage", count=1)])
    kinds = [[rule.fault.kind for rule in faults.take(Request("GET", "/"))] for _ in range(3)]
    assert kinds == [["status"], ["garbage"], []]


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"kind": "explode"},
        {"kind": "status", "times": 3},
        {"kind": "status", "status": 99},
        {"kind": "delay", "seconds": -1},
        {"kind": "delay", "when": "during"},
        {"kind": "status", "probability": 2},
        {"kind": "status", "count": -1},
        {"kind": "status", "count": "many"},
        {"kind": "status", "holds": 1},
        {"kind": "status", "raw": "no Base64"},
        {"kind": "status", "content_type": 1},
        {"kind": "status", "headers": {"Age": 1}},
        {"kind": "status", "headers": "Age: 1"},
    ],
)
def test_what_is_no_fault_is_refused(document):
    with pytest.raises(ValueError, match=r".+"):
        Fault.read(document)
