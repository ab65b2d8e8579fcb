"""The server, its control surface and the process: what tests and the local stack hold on to."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from urllib.error import HTTPError

import pytest

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.outcomes import Accepted
from orderbridge_sandboxes import (
    DEMO_MAPPINGS,
    SANDBOXES,
    Fault,
    SandboxCrashed,
    demo_mappings,
    demo_settings,
    mappings_csv,
)
from orderbridge_sandboxes.goods import SITES, Customer
from orderbridge_sandboxes.ngorder import NgorderSandbox
from orderbridge_sandboxes.salesmania import SalesmaniaSandbox
from orderbridge_sandboxes.sirclo import SircloSandbox
from tests.conformance.account import Account, account_at
from tests.conformance.facts import facts_of, labels, records_of, reference_order
from tests.patience import PATIENCE_S
from tests.sandboxes.calls import (
    BEARER,
    KEYS,
    SALESMANIA_ORDER,
    SIRCLO_ORDER,
    raw,
    salesmania_tokens,
    signed,
)


def call(url, method="GET", document=None, headers=None):
    request = urllib.request.Request(url, None if document is None else raw(document), headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return reply.status, json.loads(reply.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def send_sirclo(sandbox, order_id="SO-20250101-00001"):
    body = raw({**SIRCLO_ORDER, "order_id": order_id})
    return call(f"{sandbox.url}/v1/order", "POST", body, signed("/v1/order", body))


def test_one_connection_carries_many_requests():
    with SircloSandbox() as sandbox:
        connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=PATIENCE_S)
        ports = set()
        for _ in range(3):
            connection.request("GET", "/v1/partner/product/stock?limit=1", headers=KEYS)
            assert connection.getresponse().read()
            ports.add(connection.sock.getsockname())
        connection.close()
        assert len(ports) == 1


def test_a_kept_alive_connection_ends_with_the_sandbox_and_the_port_is_free_again():
    with SircloSandbox() as sandbox:
        host, _, port = sandbox.url.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_S)
        connection.request("GET", "/v1/partner/product/stock?limit=1", headers=KEYS)
        connection.getresponse().read()
    assert connection.sock.recv(1) == b""
    connection.close()
    with SircloSandbox(port=int(port)) as again:
        assert send_sirclo(again)[0] == 200


def test_a_sandbox_may_be_stopped_twice_and_without_a_start():
    sandbox = SircloSandbox()
    sandbox.stop()
    sandbox.stop()


def test_tokens_expire_over_http_where_there_are_any():
    with SalesmaniaSandbox() as with_tokens, SircloSandbox() as without:
        bearer, _ = salesmania_tokens(with_tokens.platform)
        databases, header = f"{with_tokens.url}/extapi/v1.0/databases", {"Authorization": f"Bearer {bearer}"}
        assert call(databases, headers=header)[0] == 200
        assert call(f"{with_tokens.url}/_sandbox/expire-tokens", "POST")[0] == 200
        assert call(databases, headers=header)[0] == 401
        assert call(f"{without.url}/_sandbox/expire-tokens", "POST")[0] == 400


@pytest.mark.parametrize("label", labels())
def test_an_undocumented_status_is_put_on_an_order_only_on_purpose(label):
    with account_at(facts_of(label)) as account:
        reference = account.place().code
        with pytest.raises(ValueError, match="no status"):
            account.sandbox.set_status(reference, "entah")
        account.sandbox.set_status(reference, "entah", raw=True, awb_number="A1")
        assert [(held.status, held.awb_number) for held in account.sandbox.orders] == [("entah", "A1")]


def test_a_get_may_have_a_body():
    with NgorderSandbox() as sandbox:
        status, document = call(f"{sandbox.url}/api/open/customer", "GET", {"category": "N"}, BEARER)
        assert status == 200
        assert [row["id"] for row in document["data"]] == [6_000_001, 6_000_002, 6_000_003]


def test_a_body_without_a_length_is_refused():
    with SircloSandbox() as sandbox:
        host, _, port = sandbox.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
            connection.sendall(b"POST /v1/order HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 411 ")


def test_many_clients_at_once_lose_and_double_nothing():
    with SircloSandbox() as sandbox:

        def send(start):
            for number in range(start, start + 25):
                assert send_sirclo(sandbox, f"SO-{number}")[0] == 200

        threads = [threading.Thread(target=send, args=(start,)) for start in range(0, 200, 25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sandbox.duplicates() == {"count": 200, "distinct": 200, "duplicates": []}


def test_what_arrived_is_kept_exactly_and_without_secrets():
    with SalesmaniaSandbox() as sandbox:
        pair = base64.b64encode(b"sandbox-user:sandbox-password-not-a-secret").decode()
        v1 = f"{sandbox.url}/extapi/v1.0"
        bearer = call(f"{v1}/token", headers={"Authorization": f"Basic {pair}"})[1]["token"]
        header = {"Authorization": f"Bearer {bearer}"}
        team = call(f"{v1}/team_token?db_id=2981", headers=header)[1]["token"]
        body = json.dumps(SALESMANIA_ORDER, indent=3).encode()
        assert call(f"{v1}/orders?team_token={team}", "POST", body, header) == (200, {})
        (order,) = call(f"{sandbox.url}/_sandbox/orders")[1]["orders"]
        assert order["raw_body"].encode() == body
        assert order["body"] == SALESMANIA_ORDER
        assert order["headers"]["authorization"] == "***"
        seen = json.dumps(call(f"{sandbox.url}/_sandbox/requests")[1]) + json.dumps(order)
        assert not any(secret in seen for secret in (pair, bearer, team))
        assert "/extapi/v1.0/orders?team_token=***" in seen


def test_faults_are_ordered_listed_and_removed_over_http():
    with SircloSandbox() as sandbox:
        control = f"{sandbox.url}/_sandbox/faults"
        rules = [{"kind": "status", "status": 503, "count": 2, "path": "/v1/order"}, {"kind": "garbage", "skip": 9}]
        assert call(control, "POST", rules) == (200, {"ids": [1, 2]})
        assert [send_sirclo(sandbox)[0] for _ in range(3)] == [503, 503, 200]
        listed = call(control)[1]["faults"]
        assert [(rule["id"], rule["kind"], rule["matched"], rule["struck"]) for rule in listed] == [
            (1, "status", 3, 2),
            (2, "garbage", 1, 0),
        ]
        assert call(f"{control}?id=1", "DELETE")[0] == 200
        assert [rule["id"] for rule in call(control)[1]["faults"]] == [2]
        assert call(control, "DELETE")[0] == 200
        assert call(control)[1]["faults"] == []
        status, problem = call(control, "POST", {"kind": "explode"})
        assert (status, "close_before" in problem["error"]) == (400, True)


def test_stock_status_settings_and_reset_over_http():
    with SircloSandbox() as sandbox:
        base = f"{sandbox.url}/_sandbox"
        send_sirclo(sandbox)
        assert call(f"{base}/stock", "POST", {"product": "PROD-001", "value": None})[0] == 200
        assert call(f"{base}/stock")[1]["stock"]["PROD-001"] is None
        moved = {"order": "SO-20250101-00001", "status": "packed", "awb_number": "AWB1"}
        assert call(f"{base}/status", "POST", moved)[0] == 200
        (order,) = call(f"{base}/orders?reference=SO-20250101-00001")[1]["orders"]
        assert (order["status"], order["awb_number"]) == ("packed", "AWB1")
        assert call(f"{base}/status", "POST", {"order": "SO-1", "status": "packed"})[0] == 404
        assert call(f"{base}/status", "POST", {"order": order["id"], "status": "lost"})[0] == 400
        settings = call(f"{base}/settings", "POST", {"job_seconds": 3})[1]["settings"]
        assert (settings["job_seconds"], settings["api_secret"]) == (3, "***")
        assert call(f"{base}/settings", "POST", {"no_such": 3})[0] == 400
        assert call(f"{base}/settings", "POST", {"partner_id": 3})[0] == 400
        assert call(f"{base}/catalogue", "POST", {"products": 12})[0] == 200
        assert len(call(f"{base}/stock")[1]["stock"]) == 12
        assert call(f"{base}/orders?summary=1")[1] == {"count": 1, "distinct": 1, "duplicates": []}
        assert call(f"{base}/reset", "POST", {"faults": True})[0] == 200
        assert call(f"{base}/orders")[1] == {"orders": []}
        assert len(call(f"{base}/stock")[1]["stock"]) == 10
        assert call(f"{base}/health")[1] == {"platform": "sirclo", "crashes": []}
        assert call(f"{base}/nothing")[0] == 404


def test_control_calls_are_neither_logged_nor_struck():
    with SircloSandbox(faults=[Fault("close_before", count=None)]) as sandbox:
        assert call(f"{sandbox.url}/_sandbox/orders")[0] == 200
        assert sandbox.requests == ()


def test_a_crash_of_the_sandbox_fails_the_block():
    sandbox = SircloSandbox()
    sandbox.platform.products["PROD-001"].pop("id")
    with pytest.raises(SandboxCrashed, match="KeyError"), sandbox:
        assert send_sirclo(sandbox)[0] == 500


def test_a_setting_that_does_not_exist_is_refused_at_once():
    with pytest.raises(ValueError, match="no setting"):
        SircloSandbox(lag=1)


@pytest.mark.parametrize("platform", sorted(SANDBOXES))
def test_a_process_prints_its_url_and_stops_on_sigterm(platform):
    command = [sys.executable, "-m", "orderbridge_sandboxes", "--platform", platform, "--set", "job_seconds=0.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = json.loads(process.stdout.readline())
            assert (line["platform"], line["pid"]) == (platform, process.pid)
            assert call(f"{line['url']}/_sandbox/settings")[1]["settings"]["job_seconds"] == 0.5
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0


# --- the demo catalogue ---


@pytest.mark.parametrize("platform", sorted(SANDBOXES))
def test_every_demo_mapping_names_what_the_platform_has(platform):
    with SANDBOXES[platform](products=30, customers=5) as sandbox:
        rows = demo_mappings(platform, products=30, customers=5)
        assert DEMO_MAPPINGS[platform] == demo_mappings(platform)
        codes = [key for kind, key, _ in rows if kind == "product"]
        assert len(codes) == 30
        assert set(codes) <= set(sandbox.platform.stock())
        account = Account(records_of(platform)[0], sandbox)
        account.mappings = {MappingKey.of(kind, key): value for kind, key, value in rows}
        every_product = [{"product_code": code, "quantity": 2} for code in codes]
        people = [Customer(number) for number in range(1, 6)]
        for number, (customer, site) in enumerate(itertools.product(people, SITES), start=1):
            order = reference_order(number, customer_code=customer.code, site_code=site, products=every_product)
            assert isinstance(account.send(order), Accepted)
            booked = sandbox.booked(order.code)
            assert (booked.receiver, booked.pieces) == (customer.name, dict.fromkeys(codes, 2))


def test_mappings_come_as_the_csv_that_is_imported():
    lines = mappings_csv(DEMO_MAPPINGS["ngorder"]).splitlines()
    assert lines[0] == "kind,key,value"
    assert lines[1] == 'product,PROD-001,"{""variation_id"": 9000001, ""product_status"": ""S""}"'
    assert "customer,CUST-001,6000001" in lines


def test_demo_settings_name_the_url():
    assert demo_settings("sirclo", "http://127.0.0.1:1")["base_url"] == "http://127.0.0.1:1"
