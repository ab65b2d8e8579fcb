"""SalesMania's calls behind its login (its document, and the platform's public pages for some of the rest: facts 2).

Only Add new order is in the document itself; of the others it has names alone. Answers hold what those pages send, all
of it optional but the id.
"""

from __future__ import annotations

from typing import Any

from orderbridge.calls.endpoints import Answer, Endpoint, InBody, InPath, InQuery, Model, Request
from orderbridge.calls.numbers import Text, Whole


class GetOrder(Request[Any]):
    """Get order by ID."""

    endpoint = Endpoint("Orders", "Get order by ID", "GET", "<orders>/{id}")

    id: InPath[str]


class Paged(Model):
    """The parameters of a list; no page of it is documented."""

    page: InQuery[int | None] = None
    per_page: InQuery[int | None] = None


class Customer(Answer):
    """A customer; `ext_cust_no` is the partner's customer code."""

    id: Whole
    ext_cust_no: Text | None = None


class GetCustomers(Request[list[Customer]], Paged):
    """Get customers."""

    endpoint = Endpoint("Customers", "Get customers", "GET", "<customers>")


class ListedUnit(Answer):
    """One of the `product_units` of a product."""

    name: Text | None = None
    ratio: Whole | None = None


class Product(Answer):
    """A product; `ext_product_code` is the partner's product code."""

    id: Whole
    sku: Text | None = None
    ext_product_code: Text | None = None
    product_units: list[ListedUnit] | None = None


class GetProducts(Request[list[Product]], Paged):
    """Get products, with their levels."""

    endpoint = Endpoint("Products", "Get products", "GET", "<products>")


class GetProduct(Request[Any]):
    """Get product by ID."""

    endpoint = Endpoint("Products", "Get product by ID", "GET", "<products>/{id}")

    id: InPath[str]


class UpdateProduct(Request[Any]):
    """Update product by ID; `qty_on_hand` is the level itself."""

    endpoint = Endpoint("Products", "Update product by ID", "PATCH", "<products>/{id}")

    id: InPath[str]
    qty_on_hand: InBody[int]
