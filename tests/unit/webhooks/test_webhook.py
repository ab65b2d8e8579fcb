"""Webhook addresses, secrets and signatures; the latter are read by the library of the Standard Webhooks scheme."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Library
from standardwebhooks import WebhookVerificationError

from orderbridge.http.public_addresses import is_public
from orderbridge.http.public_urls import BadWebhookUrl, check_url
from orderbridge.values.times import to_iso
from orderbridge.webhooks.signing import (
    SECRET_BYTES,
    WebhookSecret,
    new_webhook_secret,
    rotated,
    signed_headers,
    valid_at,
)
from orderbridge.webhooks.webhook import FAILURES_TO_REST, LONGEST_REST_SECONDS, new_webhook_id, rest_after
from tests.fakes.samples import NOW

# --- addresses --------------------------------------------------------------------------------------------------------

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "localhost",
    "example.com",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_somebodys_own_or_none(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses())
def test_what_python_knows_to_be_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)):
        # Ours goes by the address that is carried inside; Python calls every 6to4 address private since 3.13.
        carries = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
        assert carries or not address.is_private
        kinds = (address.is_loopback, address.is_link_local, address.is_multicast, address.is_unspecified)
        assert not any(kinds)


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example.com/hook",
        "https://partner.example.com",
        "https://partner.example.com:8443/hook?key=1&x=%20",
        "https://8.8.8.8/hook",
        "https://[2606:4700::1111]/hook",
        "HTTPS://Partner.Example.COM/Hook",
    ],
)
def test_a_url_that_may_be_registered(url: str) -> None:
    check_url(url, allow_loopback_http=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example.com/hook",
        "ftp://partner.example.com/hook",
        "//partner.example.com/hook",
        "partner.example.com/hook",
        "https://",
        "https:///hook",
        "https://localhost/hook",
        "https://intranet/hook",
        "https://partner.example.com./hook",
        "https://127.0.0.1/hook",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[fd00:ec2::254]/latest",
        "https://[::ffff:127.0.0.1]/hook",
        "https://[::1/hook",
        "https://user:password@partner.example.com/hook",
        "https://partner.example.com@127.0.0.1/hook",
        "https://partner.example.com/hook#fragment",
        "https://partner.example.com:99999/hook",
        "https://partner.example.com:port/hook",
        "https://partner.example.com/a b",
        "https://partner.example.com/a\r\nHost: other",
        "https://pärtner.example.com/hook",
        "https://-partner.example.com/hook",
        "https://partner_example.com/hook",
        f"https://partner.example.com/{'x' * 500}",
        "http://127.0.0.1:8000/hook",
    ],
)
def test_a_url_that_may_not(url: str) -> None:
    with pytest.raises(BadWebhookUrl):
        check_url(url, allow_loopback_http=False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/hook", "http://localhost/hook", "http://[::1]:9/hook"])
def test_plain_http_is_for_loopback_on_the_local_stack(url: str) -> None:
    check_url(url, allow_loopback_http=True)
    with pytest.raises(BadWebhookUrl):
        check_url(url.replace("127.0.0.1", "10.0.0.1").replace("localhost", "host.test").replace("[::1]", "[fd00::1]"),
                  allow_loopback_http=True)  # fmt: skip


# --- secrets and signatures -------------------------------------------------------------------------------------------

BODY = b'{"type":"order.status_changed","data":{"code":"SO-20250101-00001"}}'


def now() -> datetime:
    return datetime.now(UTC)


def test_the_specifications_own_example() -> None:
    """Standard Webhooks specification, "Signature scheme": this secret, id, time and body give this signature."""
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_what_is_signed_here_is_taken_by_the_library_and_nothing_else_is() -> None:
    secret, other = new_webhook_secret(), new_webhook_secret()
    headers = signed_headers("msg_1", now(), BODY, [secret])
    assert Library(secret).verify(BODY, headers)["data"]["code"] == "SO-20250101-00001"
    for wrong in (
        (Library(other), BODY, headers),
        (Library(secret), BODY + b" ", headers),
        (Library(secret), BODY, {**headers, "webhook-id": "msg_2"}),
        (Library(secret), BODY, {**headers, "webhook-timestamp": str(int(now().timestamp()) + 1)}),
        (Library(secret), BODY, signed_headers("msg_1", now() - timedelta(minutes=6), BODY, [secret])),
    ):
        library, body, changed = wrong
        with pytest.raises(WebhookVerificationError):
            library.verify(body, changed)


def test_while_secrets_overlap_each_of_them_is_enough() -> None:
    old, new, older = (new_webhook_secret() for _ in range(3))
    headers = signed_headers("msg_1", now(), BODY, [new, old])
    assert headers["webhook-signature"].count("v1,") == 2
    Library(new).verify(BODY, headers)
    Library(old).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Library(older).verify(BODY, headers)


def test_secrets_are_256_random_bits_and_differ() -> None:
    made = {new_webhook_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in made} == {SECRET_BYTES}
    assert len({new_webhook_id() for _ in range(100)}) == 100


def test_a_rotation_lets_the_old_secret_sign_until_the_overlap_ends() -> None:
    kept = rotated([WebhookSecret("old")], "new", NOW, 3600)
    assert valid_at(kept, NOW) == ["new", "old"]
    assert valid_at(kept, NOW + timedelta(seconds=3599)) == ["new", "old"]
    assert valid_at(kept, NOW + timedelta(seconds=3600)) == ["new"]


def test_a_second_rotation_prolongs_no_secret_and_drops_what_is_over() -> None:
    twice = rotated(rotated([WebhookSecret("a")], "b", NOW, 3600), "c", NOW + timedelta(seconds=1800), 7200)
    assert valid_at(twice, NOW + timedelta(seconds=1800)) == ["c", "b", "a"]
    assert next(each.until for each in twice if each.secret == "a") == to_iso(NOW + timedelta(seconds=3600))
    later = rotated(twice, "d", NOW + timedelta(seconds=4000), 7200)
    assert [each.secret for each in later] == ["d", "c", "b"]


def test_without_an_overlap_the_old_secret_is_void_at_once() -> None:
    assert valid_at(rotated([WebhookSecret("old")], "new", NOW, 0), NOW) == ["new"]


# --- rest -------------------------------------------------------------------------------------------------------------


def test_a_webhook_is_left_alone_after_failures_in_a_row_and_longer_each_time() -> None:
    assert [rest_after(failures, NOW) for failures in range(FAILURES_TO_REST)] == [None] * FAILURES_TO_REST
    rests = [rest_after(failures, NOW) for failures in range(FAILURES_TO_REST, FAILURES_TO_REST + 20)]
    assert rests == sorted(rests)  # type: ignore[type-var]
    assert rests[0] == to_iso(NOW + timedelta(seconds=30))
    assert rests[-1] == to_iso(NOW + timedelta(seconds=LONGEST_REST_SECONDS))
