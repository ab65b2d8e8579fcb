"""The API's access log: lines that a program can read, of fields that are nobody's data."""

from __future__ import annotations

import json
import re

from tests.contract.template import template

ALLOWED = {
    "requestId",
    "requestTimeEpoch",
    "httpMethod",
    "resourcePath",  # with {code} in the place of a code
    "status",
    "error.responseType",
    "wafResponseCode",
    "responseLatency",
    "responseLength",
}


def test_a_line_is_one_json_document_of_allowed_fields_and_names_the_request() -> None:
    condition, setting, otherwise = template().resources["Api"]["Properties"]["AccessLogSetting"]["Fn::If"]
    assert (condition, otherwise) == ("AccessLogWanted", {"Ref": "AWS::NoValue"})
    written = re.sub(r"\$context\.([A-Za-z.]+)", r"<\1>", setting["Format"])
    line = json.loads(written)
    assert "\n" not in setting["Format"]
    assert {value.strip("<>") for value in line.values()} == ALLOWED
    assert line["request_id"] == "<requestId>", "as it stands in every answer"


def test_it_has_a_log_group_of_its_own_that_ends() -> None:
    _, setting, _ = template().resources["Api"]["Properties"]["AccessLogSetting"]["Fn::If"]
    assert setting["DestinationArn"] == {"Fn::GetAtt": ["ApiAccessLogs", "Arn"]}
    group = template().resources["ApiAccessLogs"]
    assert group["Condition"] == "AccessLogWanted"
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
