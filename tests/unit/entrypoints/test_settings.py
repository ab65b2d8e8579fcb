"""The environment as settings: everything that is wrong at once, nothing read that was not asked for."""

from __future__ import annotations

import pytest

from orderbridge.entrypoints.settings import (
    BadEnvironment,
    CallerSettings,
    ForwarderSettings,
    OrderIntakeSettings,
    StockSyncSettings,
    load,
    settings_of,
    variables,
)

ENVIRONMENT = {
    "TABLE_NAME": "table",
    "JWT_KEYS_SECRET": "keys",
    "PARTNER_CACHE_SECONDS": "0",
    "PARTNER_CALLS_PER_SECOND": "2.5",
    "PARTNER_CALLS_AT_ONCE": "10",
    "BUSINESS_TIME_ZONE": "Asia/Jakarta",
    "SWEEP_GRACE_SECONDS": "60",
    "ANOTHER": "of no interest",
}


def test_settings_are_what_the_environment_says_in_their_own_types() -> None:
    settings = load(OrderIntakeSettings, ENVIRONMENT)

    assert (settings.table_name, settings.business_time_zone) == ("table", "Asia/Jakarta")
    assert (settings.partner_cache_seconds, settings.partner_calls_per_second) == (0.0, 2.5)
    assert type(settings.partner_calls_at_once) is int
    assert variables(OrderIntakeSettings) == ENVIRONMENT.keys() - {"ANOTHER"}
    assert variables(CallerSettings) < variables(OrderIntakeSettings)


def test_everything_that_is_wrong_is_said_at_once_and_no_value_is_repeated() -> None:
    wrong = {**ENVIRONMENT, "PARTNER_CACHE_SECONDS": "soon-secret", "PARTNER_CALLS_PER_SECOND": "0"}
    del wrong["TABLE_NAME"]

    with pytest.raises(BadEnvironment) as refused:
        load(OrderIntakeSettings, wrong)

    said = str(refused.value)
    assert "TABLE_NAME is not set" in said
    assert "PARTNER_CACHE_SECONDS is not readable" in said
    assert "PARTNER_CALLS_PER_SECOND is not readable" in said
    assert "secret" not in said
    assert "SWEEP_GRACE_SECONDS" not in said


@pytest.mark.parametrize("text", ["-1", "nan", "", "x", "1s"])
def test_a_number_of_seconds_is_not_negative(text: str) -> None:
    with pytest.raises(BadEnvironment):
        load(OrderIntakeSettings, {**ENVIRONMENT, "SWEEP_GRACE_SECONDS": text})


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_a_flag_is_true_or_false(text: str, value: bool) -> None:
    environment = dict.fromkeys(variables(ForwarderSettings), "1")

    assert load(ForwarderSettings, {**environment, "ALLOW_LOOPBACK_HTTP": text}).allow_loopback_http is value
    for other in ("True", "1", "", "yes"):
        with pytest.raises(BadEnvironment):
            load(ForwarderSettings, {**environment, "ALLOW_LOOPBACK_HTTP": other})


def test_an_attribute_that_was_not_loaded_is_an_error_that_names_its_variable() -> None:
    with pytest.raises(AttributeError, match="TABLE_NAME"):
        _ = OrderIntakeSettings().table_name


def test_a_forwarder_of_any_platform_reads_what_the_others_read_and_only_known_functions_have_settings() -> None:
    assert settings_of("forward_sirclo") is settings_of("forward_another") is ForwarderSettings
    assert settings_of("order_intake") is OrderIntakeSettings
    with pytest.raises(KeyError):
        settings_of("another")


STOCK = {"TABLE_NAME": "table", "ORDERBRIDGE_STACK": "stack", "ALLOW_LOOPBACK_HTTP": "false", "BUS_NAME": "bus"}


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("none", set()),
        ("StockDrifted", {"StockDrifted"}),
        ("ChannelPaused,StockDrifted", {"ChannelPaused", "StockDrifted"}),
    ],
)
def test_the_optional_events_are_none_or_those_that_are_named(text: str, events: set[str]) -> None:
    assert load(StockSyncSettings, {**STOCK, "OPTIONAL_EVENTS": text}).optional_events == events


@pytest.mark.parametrize("text", ["OrderCreated", "StockDrift", "", "none,StockDrifted"])
def test_an_event_that_cannot_be_chosen_is_refused_with_those_that_can(text: str) -> None:
    with pytest.raises(BadEnvironment, match=r"OPTIONAL_EVENTS: only ChannelPaused, .* can be chosen, or none"):
        load(StockSyncSettings, {**STOCK, "OPTIONAL_EVENTS": text})
