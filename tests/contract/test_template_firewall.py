"""The web ACL: off unless it is wanted, and never in the way of a good order."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from orderbridge.entrypoints.requests import MAX_BODY_BYTES
from orderbridge.orders.order import MAX_LINES, SalesOrder
from orderbridge_cli.openapi.errors import BY_CODE
from tests.contract.template import template

RULES = {rule["Name"]: rule for rule in template().resources["WebAclOfApi"]["Properties"]["Rules"]}


def test_it_is_behind_a_parameter_that_is_off() -> None:
    document = template().document
    assert document["Parameters"]["WebAcl"]["Default"] == "false"
    assert document["Conditions"]["WebAclWanted"] == {"Fn::Equals": [{"Ref": "WebAcl"}, "true"]}
    firewall = {name: each for name, each in template().resources.items() if "WAFv2" in each["Type"]}
    assert set(firewall) == {"WebAclOfApi", "WebAclOfApiAssociation"}
    assert {each["Condition"] for each in firewall.values()} == {"WebAclWanted"}


def test_what_is_not_refused_is_let_through_and_rules_come_in_their_order() -> None:
    properties = template().resources["WebAclOfApi"]["Properties"]
    assert properties["DefaultAction"] == {"Allow": {}}
    assert [rule["Priority"] for rule in properties["Rules"]] == list(range(len(RULES)))


def declared_size_is_refused(size: str) -> bool:
    pattern = RULES["body-size"]["Statement"]["RegexMatchStatement"]["RegexString"]
    return re.search(pattern, size) is not None


@pytest.mark.parametrize("size", [0, 1, 9, 99_999, 199_999, 261_999, 262_099, 262_139, MAX_BODY_BYTES])
def test_a_body_that_the_api_reads_passes(size: int) -> None:
    assert not declared_size_is_refused(str(size))


@pytest.mark.parametrize(
    "size", [MAX_BODY_BYTES + 1, 262_150, 262_200, 263_000, 270_000, 300_000, 999_999, 1_000_000, 10**12]
)
def test_a_body_that_says_it_is_larger_does_not(size: int) -> None:
    assert declared_size_is_refused(str(size))
    assert declared_size_is_refused(f"000{size}")


def test_a_partners_own_rate_fits_into_what_an_address_may_send() -> None:
    parameters = template().document["Parameters"]
    five_minutes = 300 * parameters["PartnerCallsPerSecond"]["Default"] + parameters["PartnerCallsAtOnce"]["Default"]
    assert parameters["WebAclCallsPerFiveMinutes"]["Default"] >= five_minutes


def test_the_managed_rules_that_would_refuse_a_good_order_only_count() -> None:
    largest = {
        "customer_code": "C" * 100,
        "site_code": "S" * 100,
        "sales_name": "N" * 200,
        "address": "A" * 1000,
        "products": [{"product_code": "P" * 100, "quantity": 1}] * MAX_LINES,
    }
    body = json.dumps(largest)
    SalesOrder.model_validate_json(body)
    assert len(body) > 8 * 1024, "then the managed rule on bodies would be no hindrance"
    managed = RULES["common"]["Statement"]["ManagedRuleGroupStatement"]
    assert managed["Name"] == "AWSManagedRulesCommonRuleSet"
    counted = {each["Name"] for each in managed["RuleActionOverrides"] if each["ActionToUse"] == {"Count": {}}}
    assert counted == {"SizeRestrictions_BODY", "NoUserAgent_HEADER"}


@pytest.mark.parametrize("rule", ["calls-per-address", "logins-per-address", "body-size"])
def test_what_is_refused_is_reported_as_the_api_itself_would(rule: str) -> None:
    refusal: dict[str, Any] = RULES[rule]["Action"]["Block"]["CustomResponse"]
    bodies = template().resources["WebAclOfApi"]["Properties"]["CustomResponseBodies"]
    problem = json.loads(bodies[refusal["CustomResponseBodyKey"]]["Content"])
    assert problem["status"] == refusal["ResponseCode"] == BY_CODE[problem["code"]].status
    assert problem["title"] == BY_CODE[problem["code"]].problem.title
    assert problem["type"] == f"urn:orderbridge:error:{problem['code']}"
    assert problem["detail"] == problem["message"]
    retry = [each["Value"] for each in refusal.get("ResponseHeaders", []) if each["Name"] == "Retry-After"]
    assert (refusal["ResponseCode"] == 429) == bool(retry)


def test_the_gateways_own_refusals_are_problems_of_the_catalogue() -> None:
    responses = template().resources["Api"]["Properties"]["GatewayResponses"]
    for kind, response in responses.items():
        assert response["ResponseParameters"]["Headers"]["Content-Type"] == "'application/problem+json'", kind
        problem = json.loads(response["ResponseTemplates"]["application/json"].replace("$context.requestId", "1"))
        case = BY_CODE[problem["code"]]
        assert problem["type"] == f"urn:orderbridge:error:{problem['code']}", kind
        assert problem.get("status", case.status) == case.status, kind
        assert problem["detail"] == problem["message"], kind
    assert responses["DEFAULT_5XX"]["StatusCode"] == 500
