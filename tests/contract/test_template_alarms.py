"""What is counted and raises an alarm where no error of a function does."""

from __future__ import annotations

import pytest

from tests.contract.template import template

FORWARDERS = sorted(name for name in template().functions() if name.startswith("forward_"))


def test_there_is_a_forwarder_for_each_platform() -> None:
    assert FORWARDERS == ["forward_ngorder", "forward_salesmania", "forward_sirclo"]


@pytest.mark.parametrize("name", FORWARDERS)
def test_what_a_forwarder_could_not_do_is_counted_from_its_log_and_raises_an_alarm(name: str) -> None:
    """A message that was put off is handled, so neither the function's errors nor the dead letters tell of it."""
    log_group = template().functions()[name]["LoggingConfig"]["LogGroup"]
    (counted,) = [
        each for each in template().of_type("AWS::Logs::MetricFilter").values() if each["LogGroupName"] == log_group
    ]
    assert counted["FilterPattern"] == '{ $.message = "forward_failed" }'
    (metric,) = counted["MetricTransformations"]
    assert metric["MetricValue"] == "1"

    (alarm,) = [
        each
        for each in template().of_type("AWS::CloudWatch::Alarm").values()
        if (each.get("Namespace"), each.get("MetricName")) == (metric["MetricNamespace"], metric["MetricName"])
    ]
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Sum", "GreaterThanThreshold", 0)
