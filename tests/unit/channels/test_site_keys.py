"""Keys of mappings that may be one site's: which are taken, what they name, and which of them stand for each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderbridge.channels.mapping import MappingKey
from orderbridge.channels.site_keys import (
    PER_SITE,
    AmbiguousKey,
    Place,
    any_site,
    customer_key,
    helped,
    helps,
    is_any_site,
    is_of_some_site,
    place_of,
    read_key,
    site_key,
)

codes = st.text("A@ b", min_size=1, max_size=6).map(lambda text: " ".join(text.split())).filter(bool)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("CUST", Place("CUST")),
        ("CUST@SITE", Place("CUST", "SITE")),
        (" CUST  1 @  SITE ", Place("CUST 1", "SITE")),
        ("a@@b.id", Place("a@b.id")),
        ("a@@b.id@SITE", Place("a@b.id", "SITE")),
        ("CUST@S@@1", Place("CUST", "S@1")),
        ("@@@@", Place("@@")),
    ],
)
def test_a_key_names_a_customer_or_a_customer_at_a_site(text: str, place: Place) -> None:
    assert place_of(read_key("customer", text)) == place


@pytest.mark.parametrize("text", ["CUST@", "@SITE", "@", "A@@@B", "A@B@C", "A@@@@@B", "A @ "])
@pytest.mark.parametrize("kind", PER_SITE)
def test_a_key_that_may_be_read_in_two_ways_or_names_only_one_of_two_is_refused(text: str, kind: str) -> None:
    with pytest.raises(AmbiguousKey, match="@@"):
        read_key(kind, text)  # type: ignore[arg-type]


def test_the_other_kinds_take_their_keys_as_they_stand() -> None:
    assert read_key("product", "A@B@").key == "A@B@"
    assert read_key("site", "@").key == "@"


@given(codes, codes, codes, codes)
def test_no_two_customers_or_sites_share_a_key(customer: str, site: str, other: str, elsewhere: str) -> None:
    keys = {
        customer_key("customer", customer): Place(customer),
        any_site("customer", customer): None,
        **({at: Place(customer, site)} if (at := site_key("customer", customer, site)) else {}),
    }
    assert len(keys) == 2 + (site_key("customer", customer, site) is not None)
    for key, place in keys.items():
        assert is_any_site(key) == (place is None)
        if place is not None:
            assert place_of(key) == place
            assert read_key("customer", key.key) == key
    if (at := site_key("customer", other, elsewhere)) in keys and at is not None:
        assert (other, elsewhere) == (customer, site)


@given(codes, codes, codes)
def test_a_customer_has_a_row_for_some_site_only_where_there_is_one_of_its_own_sites(
    customer: str, other: str, site: str
) -> None:
    marker = any_site("address", customer)
    assert not is_of_some_site(marker, customer_key("address", other).key)
    at = site_key("address", other, site)
    if at is not None:
        assert is_of_some_site(marker, at.key) == (other == customer)


def test_a_pair_that_nobody_can_write_has_no_key() -> None:
    assert site_key("customer", "A@", "B") is None
    assert site_key("customer", "A", "@B") is None


@pytest.mark.parametrize(
    ("imported", "missing", "is_helped"),
    [
        ("customer:C", "customer:C", True),
        ("address:C", "customer:C", True),
        ("customer:C", "address:C", True),
        ("customer:C", "customer:C@S", True),
        ("address:C", "customer:C@S", True),
        ("customer:C@S", "customer:C@S", True),
        ("address:C@S", "customer:C@S", True),
        ("customer:C@S", "customer:C", True),
        ("customer:C@S", "customer:C@T", False),
        ("customer:C@S", "customer:D@S", False),
        ("customer:C", "customer:CC", False),
        ("customer:C", "customer:C@@X", False),
        ("customer:C@@X", "customer:C", False),
        ("product:C", "customer:C", False),
        ("product:C", "product:C", True),
        ("product:C@S", "product:C", False),
        ("product:C@", "product:C@S", False),
    ],
)
def test_what_is_imported_helps_the_forwards_that_lack_it_for_the_same_customer(
    imported: str, missing: str, *, is_helped: bool
) -> None:
    def key(text: str) -> MappingKey:
        kind, _, written = text.partition(":")
        return read_key(kind, written)  # type: ignore[arg-type]

    assert helps(helped([key(imported)]), key(missing)) == is_helped
