"""What the functions behind the API log, and what they never do."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ReadTimeoutError

from orderbridge.entrypoints import log
from orderbridge.orders.table import TableOrderIntake
from orderbridge.values.times import from_iso, utc_now
from tests.fakes import samples
from tests.integration.deployed import PEPPER, TOKEN_KEY, Deployed
from tests.integration.partner_side import PartnerSide, sample_event, with_body, with_headers


def test_a_second_call_knows_nothing_of_the_first(deployed: Deployed, partner: PartnerSide) -> None:
    deployed.answer("order_intake", partner.order())
    deployed.answer("order_intake", with_headers(partner.order(), authorization=None))

    accepted, refused = deployed.lines()[-2:]
    assert (accepted["message"], accepted["status"], accepted["client_id"]) == (
        "request_answered",
        201,
        samples.CLIENT_ID,
    )
    assert (refused["message"], refused["status"], refused["problem"]) == ("request_refused", 401, "invalid_token")
    assert not {"code", "client_id", "replayed"} & refused.keys()


def test_every_answer_is_one_line_with_the_request_id(deployed: Deployed, partner: PartnerSide) -> None:
    for event in (partner.order(), partner.order(), with_body(partner.order(), "{")):
        before = len(deployed.lines())
        deployed.call("order_intake", event)
        (line,) = deployed.lines()[before:]
        assert line["request_id"] == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
        assert line["route"] == "/api/v1/sales-orders"
        assert line["service"] == "orderbridge"


def test_a_number_that_a_failed_write_may_have_taken_is_reported_as_lost(
    deployed: Deployed, partner: PartnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    with monkeypatch.context() as broken:
        broken.setattr(TableOrderIntake, "put_if_absent", lost)
        assert deployed.call("order_intake", partner.order())["statusCode"] == 503
    *_, said, failed, answered = deployed.lines()

    assert (said["message"], said["count"]) == ("order_numbers_lost", 1)
    assert (failed["message"], answered["status"]) == ("dependency_failed", 503)
    assert deployed.answer("order_intake", partner.order())[1]["data"]["code"].endswith("-00002")


def test_only_what_is_named_can_be_logged() -> None:
    with pytest.raises(KeyError, match="address"):
        log.log("x", address="Jl. Sudirman")
    with pytest.raises(KeyError, match="body"):
        log.begin_invocation(body="{}")
    with pytest.raises(KeyError, match="token"):
        log.log_failure("x", ValueError("secret"), token="x")


def test_no_run_of_the_api_logs_a_secret_a_token_a_signature_or_a_person(
    deployed: Deployed, partner: PartnerSide, capfd: pytest.CaptureFixture[str]
) -> None:
    event, reason = partner.order(), "Mrs Example is ill"
    code = deployed.answer("order_intake", partner.order(purchase_order_no="to be cancelled"))[1]["data"]["code"]
    cancel = json.loads(json.dumps(sample_event("order_cancel")).replace("SO-20250101-00001", code))
    cancel = with_body(partner.signed(with_headers(cancel, content_type="application/json")), {"reason": reason})
    answered = [
        deployed.call("auth_login", sample_event("auth_login")),
        deployed.call("auth_login", with_body(sample_event("auth_login"), "{")),
        deployed.call("auth_refresh", with_body(sample_event("auth_refresh"), {"token": partner.token})),
        deployed.call("order_intake", event),
        deployed.call("order_intake", event),
        deployed.call("order_intake", partner.order(address="elsewhere")),
        deployed.call("order_intake", partner.order(products=[])),
        deployed.call("order_intake", with_headers(event, x_signature="AAAA")),
        deployed.call("order_cancel", cancel),
    ]
    assert answered[-1]["statusCode"] == 200
    assert [each.cancel_reason for each in deployed.orders()].count(reason) == 1
    out, err = capfd.readouterr()
    written = deployed.log.getvalue() + out + err

    assert len(deployed.lines()) > len(answered)
    order = json.loads(event["body"])
    unwanted = {
        "client secret": samples.CLIENT_SECRET,
        "pepper": PEPPER,
        "token key": TOKEN_KEY,
        "signature": event["headers"]["X-SIGNATURE"],
        "address": order["address"],
        "sales name": order["sales_name"],
        "customer": order["customer_code"],
        "purchase order": order["purchase_order_no"],
        "reason": reason,
        **{f"token {n}": json.loads(a["body"]).get("token", partner.token) for n, a in enumerate(answered)},
    }
    for name, value in unwanted.items():
        assert value not in written, name
        assert value.rsplit(".", 1)[-1] not in written, name


def test_a_line_is_one_json_object_with_its_level_time_and_service_whatever_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.begin_invocation(request_id="1", route=None)
    log.log("happened", code="two\nlines, \u2028 and a lone surrogate \ud800", count=2)
    log.log_failure("failed", ValueError("secret"))

    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert from_iso(first.pop("timestamp")) <= utc_now()
    assert first == {
        "level": "INFO",
        "message": "happened",
        "service": "orderbridge",
        "request_id": "1",
        "code": "two\nlines, \u2028 and a lone surrogate \ud800",
        "count": 2,
    }
    assert (second["level"], second["error_type"]) == ("ERROR", "ValueError")
    assert "secret" not in str(second)
