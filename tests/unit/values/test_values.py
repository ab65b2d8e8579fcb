"""Small values: times, partners, statuses, mapping keys, outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.channels.mapping import KINDS, MappingKey, MissingMappings
from orderbridge.forwarding.forward.states import Forward, ForwardState, new_forward
from orderbridge.forwarding.order_status import ADVANCING, ENDED, channel_status, order_status
from orderbridge.orders.order import OrderStatus
from orderbridge.partners.partner import CLIENT_ID, hash_client_secret, new_client_secret, secret_matches
from orderbridge.values.text import bounded
from orderbridge.values.times import after, business_date, from_iso, to_iso
from tests.fakes.samples import NGORDER, NOW, PEPPER, SIRCLO, order, partner, partner_key

# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2025, 1, 1, tzinfo=UTC), "2025-01-01T00:00:00.000Z"),
        (datetime(2025, 1, 1, 7, tzinfo=timezone(timedelta(hours=7))), "2025-01-01T00:00:00.000Z"),
        (datetime(2025, 1, 1, 0, 0, 0, 1999, tzinfo=UTC), "2025-01-01T00:00:00.001Z"),
        (datetime(2025, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC), "2025-01-01T00:00:00.999Z"),
    ],
)
def test_times_are_utc_with_milliseconds_and_z(moment: datetime, text: str) -> None:
    assert to_iso(moment) == text


moments = st.integers(0, 10**11).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ms * 37))


@given(moments, moments)
def test_texts_of_times_sort_as_the_times_do(moment: datetime, other: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    assert from_iso(to_iso(moment)) == cut
    assert (to_iso(moment) <= to_iso(other)) == (cut <= other)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        from_iso("2025-01-01T00:00:00")


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        (datetime(2024, 12, 31, 16, 59, 59, tzinfo=UTC), "Asia/Jakarta", date(2024, 12, 31)),
        (datetime(2024, 12, 31, 17, 0, 0, tzinfo=UTC), "Asia/Jakarta", date(2025, 1, 1)),
        (datetime(2024, 12, 31, 17, 0, 0, tzinfo=UTC), "UTC", date(2024, 12, 31)),
    ],
)
def test_the_business_day_begins_at_midnight_of_the_business_zone(moment: datetime, zone: str, day: date) -> None:
    assert business_date(moment, zone) == day


def test_after_is_counted_from_the_moment_itself() -> None:
    assert after(datetime(2025, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC), 0.001) == "2025-01-01T00:00:01.000Z"


# --- partners ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client_id", ["a", "partner-client-001", "A.b_c-9", "x" * 64])
def test_client_ids(client_id: str) -> None:
    assert CLIENT_ID.fullmatch(client_id)


@pytest.mark.parametrize("client_id", ["", "x" * 65, "a b", "a#b", "a/b", "a\n", "é", "a|b", "a,b"])
def test_what_is_no_client_id(client_id: str) -> None:
    assert not CLIENT_ID.fullmatch(client_id)


def test_secrets_are_long_random_and_kept_as_hashes_under_the_pepper() -> None:
    secret = new_client_secret()

    assert len(secret) >= 43
    assert new_client_secret() != secret
    assert secret_matches(PEPPER, secret, hash_client_secret(PEPPER, secret))
    assert not secret_matches(PEPPER, secret + "x", hash_client_secret(PEPPER, secret))
    assert not secret_matches(PEPPER + b"x", secret, hash_client_secret(PEPPER, secret))
    assert not secret_matches(PEPPER, secret, None)
    assert not secret_matches(PEPPER, "", None)
    assert secret.encode() not in hash_client_secret(PEPPER, secret)


def test_an_order_goes_to_the_sites_channels_or_else_to_the_partners() -> None:
    routed = partner(channels=(SIRCLO,), routes={"SITE-002": (NGORDER,), "SITE-003": (), "A B": (SIRCLO, NGORDER)})

    assert routed.channels_for("SITE-001") == (SIRCLO,)
    assert routed.channels_for("SITE-002") == (NGORDER,)
    assert routed.channels_for("SITE-003") == ()
    assert routed.channels_for("A   B") == (SIRCLO, NGORDER)


def test_only_active_keys_verify() -> None:
    revoked = replace(partner_key("second"), state="revoked")

    assert partner(keys=(partner_key(), revoked)).active_keys() == (partner_key(),)


# --- statuses ---------------------------------------------------------------------------------------------------------

statuses = st.sampled_from(get_args(OrderStatus))


def test_the_statuses_are_those_of_the_interface() -> None:
    assert {*ADVANCING, *ENDED} == set(get_args(OrderStatus))


def at(status: OrderStatus, **changes: Any) -> Forward:
    """A forward whose order is so at its channel."""
    states: dict[OrderStatus, ForwardState] = {
        "DRAFT": ForwardState.QUEUED,
        "CANCELLED": ForwardState.CANCELLED,
        "REJECTED": ForwardState.REJECTED,
    }
    forward = new_forward(order().key, order().code, SIRCLO, NOW, 60).forward
    state = states.get(status, ForwardState.SENT)
    said = {"external_id": "7", "platform_status": status} if state is ForwardState.SENT else {}
    return replace(forward, state=state, **{**said, **changes})


@given(st.lists(statuses, max_size=5))
def test_an_orders_status_is_the_least_advanced_of_what_is_alive(of_channels: list[OrderStatus]) -> None:
    status = order_status(order(), map(at, of_channels))
    alive = [each for each in of_channels if each not in ENDED]

    if alive:
        assert status in alive
        assert all(ADVANCING.index(status) <= ADVANCING.index(each) for each in alive)
    elif not of_channels:
        assert status == "DRAFT"
    else:
        assert status in of_channels
        assert (status == "CANCELLED") == ("REJECTED" not in of_channels)


@given(st.lists(statuses, max_size=5), st.randoms())
def test_the_order_of_channels_does_not_matter(of_channels: list[OrderStatus], random: Any) -> None:
    shuffled = of_channels.copy()
    random.shuffle(shuffled)

    assert order_status(order(), map(at, shuffled)) == order_status(order(), map(at, of_channels))


SILENT = at("SUBMITTED", external_id=None, platform_status=None)


@given(st.lists(statuses, min_size=1, max_size=4), st.integers(1, 3))
def test_a_channel_that_cannot_report_counts_only_where_no_other_one_is_alive(
    of_channels: list[OrderStatus], silent: int
) -> None:
    together = order_status(order(), [*map(at, of_channels), *[SILENT] * silent])
    if set(of_channels) <= ENDED:
        assert together == "SUBMITTED"
    else:
        assert together == order_status(order(), map(at, of_channels))


def test_an_order_at_channels_that_cannot_report_alone_is_submitted() -> None:
    assert order_status(order(), [SILENT]) == "SUBMITTED"
    assert order_status(order(), [SILENT, SILENT]) == "SUBMITTED"


def test_every_state_of_a_forward_is_a_status() -> None:
    forward = new_forward(order().key, order().code, SIRCLO, NOW, 60).forward
    found = {state: channel_status(replace(forward, state=state)) for state in ForwardState}

    assert found == {
        ForwardState.QUEUED: "DRAFT",
        ForwardState.SENDING: "DRAFT",
        ForwardState.SENT: "SUBMITTED",
        ForwardState.NEEDS_MAPPING: "DRAFT",
        ForwardState.IN_DOUBT: "DRAFT",
        ForwardState.REJECTED: "REJECTED",
        ForwardState.PAUSED: "DRAFT",
        ForwardState.CANCELLED: "CANCELLED",
    }
    shipped = replace(forward, state=ForwardState.SENT, platform_status="SHIPPED")
    assert channel_status(shipped) == "SHIPPED"


# --- mapping keys -----------------------------------------------------------------------------------------------------


def test_keys_ignore_how_much_space_there_is_and_names_of_people_their_case() -> None:
    assert MappingKey.of("product", "  A  B\t") == MappingKey.of("product", "A B")
    assert MappingKey.of("sales", "JOHN  Doe") == MappingKey.of("sales", "john doe")
    assert MappingKey.of("product", "a") != MappingKey.of("product", "A")
    assert MappingKey.of("product", "A") != MappingKey.of("customer", "A")


@given(st.sampled_from(KINDS), st.text(max_size=20))
def test_normalising_twice_changes_nothing(kind: Any, text: str) -> None:
    once = MappingKey.of(kind, text)

    assert MappingKey.of(kind, once.key) == once


@given(st.lists(st.builds(MappingKey, st.sampled_from(KINDS), st.sampled_from("abc")), max_size=8), st.randoms())
def test_what_is_missing_is_listed_once_and_always_in_the_same_order(keys: list[MappingKey], random: Any) -> None:
    shuffled = keys.copy()
    random.shuffle(shuffled)

    listed = MissingMappings(keys).keys

    assert listed == MissingMappings(shuffled).keys
    assert set(listed) == set(keys)
    assert len(listed) == len(set(keys))


# --- words ------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=60), st.integers(1, 40))
def test_bounded_words_are_one_line_and_short(text: str, limit: int) -> None:
    words = bounded(text, limit)

    assert len(words) <= limit
    assert "\n" not in words
    assert words.isprintable()
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    assert words == flat or (words.endswith("…") and flat.startswith(words[:-1]))
