"""SalesMania's endpoints behind its login (its document and, for some of the rest, its public pages: facts 2).

Only Add new order and the path of the team token are in the document itself; of the others it has names alone. Bodies
stand here where a public page shows them, and answers hold what those pages send, all of it optional but the id.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import PlainSerializer

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    InBody,
    InPath,
    InQuery,
    Model,
    Request,
    Rows,
    Undocumented,
)
from orderbridge.platforms.numbers import Number, Text, Whole
from orderbridge.platforms.salesmania.authentication import TEAM

Day = Annotated[date, PlainSerializer(date.isoformat, return_type=str)]
Status = Literal["Baru", "Diproses", "Terkirim", "Lunas", "Batal"]

# --- What is sent -----------------------------------------------------------------------------------------------------


class Location(Model):
    """Where a customer is, in degrees."""

    lat: Decimal
    lon: Decimal


class ProductUnit(Model):
    """A unit of a product: its price, and how many pieces it holds. One of a product's units has ratio 1."""

    name: str
    price: Decimal
    ratio: int


class OrderedProduct(Model):
    """A line of Add new order: one of the two discounts or none."""

    product_id: int
    qty: Decimal
    unit: str
    price: Decimal
    item_disc_percent: str | None = None
    item_disc_amount: Decimal | None = None
    description: str | None = None
    ext_order_line_id: int | None = None


class Paged(Model):
    """The parameters of a list; no page of it is documented."""

    page: InQuery[int | None] = None
    per_page: InQuery[int | None] = None


class CustomerDetails(Model):
    """What a customer may have besides a name."""

    address: InBody[str | None] = None
    city: InBody[str | None] = None
    phone: InBody[str | None] = None
    ext_cust_no: InBody[str | None] = None
    location: InBody[Location | None] = None
    status: InBody[bool | None] = None
    tags: InBody[list[str] | None] = None


class ProductDetails(Model):
    """What a product may have besides its name, its level and its units."""

    description: InBody[str | None] = None
    sku: InBody[str | None] = None
    tags: InBody[list[str] | None] = None
    status: InBody[bool | None] = None
    ext_product_code: InBody[str | None] = None
    default_disc: InBody[str | None] = None


# --- What comes back --------------------------------------------------------------------------------------------------


class Customer(Answer):
    """A customer; `ext_cust_no` is the partner's customer code."""

    id: Whole
    name: Text | None = None
    ext_cust_no: Text | None = None
    address: Text | None = None
    city: Text | None = None
    phone: Text | None = None


class ListedUnit(Answer):
    """One of the `product_units` of a product."""

    name: Text | None = None
    price: Number | None = None
    ratio: Whole | None = None


class Product(Answer):
    """A product; `ext_product_code` is the partner's product code. A level that is None is unreadable, never 0."""

    id: Whole
    name: Text | None = None
    sku: Text | None = None
    ext_product_code: Text | None = None
    default_disc: Text | None = None
    qty_on_hand: Number | None = None
    product_units: list[ListedUnit] | None = None


class Visit(Answer):
    """A visit; every order creates one (traps B8)."""

    id: Whole
    date: Text | None = None
    customer_id: Whole | None = None
    team_id: Whole | None = None


class Team(Answer):
    """A team."""

    id: Whole
    name: Text | None = None


class Order(Answer):
    """An order, as the schema of the webhooks and Add new order name its members."""

    id: Whole
    date: Text | None = None
    customer_id: Whole | None = None
    team_id: Whole | None = None
    status: Text | None = None
    total_paid: Number | None = None
    ext_order_no: Text | None = None
    ext_order_status_name: Text | None = None


# --- Customers --------------------------------------------------------------------------------------------------------


class GetCustomers(Request[Rows[Customer]], Paged):
    """Get customers; its pages are not documented."""

    endpoint = Endpoint("Customers", "Get customers", "GET", "<customers>", access=TEAM)


class AddCustomer(Request[Undocumented], CustomerDetails):
    """Add new customer: asking twice makes two."""

    endpoint = Endpoint("Customers", "Add new customer", "POST", "<customers>", access=TEAM)

    name: InBody[str]


class GetCustomer(Request[Customer]):
    """Get customer by ID."""

    endpoint = Endpoint("Customers", "Get customer by ID", "GET", "<customers>/{id}", access=TEAM)

    id: InPath[int]


class UpdateCustomer(Request[Done], CustomerDetails):
    """Update customer by ID."""

    endpoint = Endpoint("Customers", "Update customer by ID", "PATCH", "<customers>/{id}", repeatable=True, access=TEAM)

    id: InPath[int]
    name: InBody[str | None] = None


class DeleteCustomer(Request[Done]):
    """Delete customer by ID."""

    endpoint = Endpoint("Customers", "Delete customer by ID", "DELETE", "<customers>/{id}", access=TEAM)

    id: InPath[int]


# --- Products ---------------------------------------------------------------------------------------------------------


class GetProducts(Request[Rows[Product]], Paged):
    """Get products, with their levels; its pages are not documented."""

    endpoint = Endpoint("Products", "Get products", "GET", "<products>", access=TEAM)


class AddProduct(Request[Undocumented], ProductDetails):
    """Add new product: at least one unit has ratio 1."""

    endpoint = Endpoint("Products", "Add new product", "POST", "<products>", access=TEAM)

    name: InBody[str]
    qty_on_hand: InBody[Decimal]
    product_units: InBody[list[ProductUnit]]


class GetProduct(Request[Product]):
    """Get product by ID."""

    endpoint = Endpoint("Products", "Get product by ID", "GET", "<products>/{id}", access=TEAM)

    id: InPath[int]


class UpdateProduct(Request[Done], ProductDetails):
    """Update product by ID; `qty_on_hand` is the level itself."""

    endpoint = Endpoint("Products", "Update product by ID", "PATCH", "<products>/{id}", repeatable=True, access=TEAM)

    id: InPath[int]
    name: InBody[str | None] = None
    qty_on_hand: InBody[Decimal | None] = None
    product_units: InBody[list[ProductUnit] | None] = None


class DeleteProduct(Request[Done]):
    """Delete product by ID."""

    endpoint = Endpoint("Products", "Delete product by ID", "DELETE", "<products>/{id}", access=TEAM)

    id: InPath[int]


# --- Visits, orders, teams --------------------------------------------------------------------------------------------


class GetVisits(Request[Rows[Visit]], Paged):
    """Get visits; its pages are not documented, nor its version."""

    endpoint = Endpoint("Visits", "Get visits", "GET", "<visits>", access=TEAM)


class AddVisit(Request[Undocumented]):
    """Add new visit, in version 1.1 (traps B20)."""

    endpoint = Endpoint("Visits", "Add new visit", "POST", "<visits>", access=TEAM)

    date: InBody[Day]
    customer_id: InBody[int]
    team_id: InBody[int | None] = None


class AddOrder(Request[Done]):
    """Add new order: answers ``{}``, without an id, and nothing keeps a second one out (traps B1, B18).

    Forwards are sent by `mapper`, whose bytes are frozen; this is the same call for other uses.
    """

    endpoint = Endpoint("Orders", "Add new order", "POST", "<orders>", access=TEAM)

    date: InBody[Day]
    customer_id: InBody[int]
    ordered_products: InBody[list[OrderedProduct]]
    team_id: InBody[int | None] = None
    description: InBody[str | None] = None
    disc_percent: InBody[str | None] = None
    disc_amount: InBody[Decimal | None] = None
    total_paid: InBody[Decimal | None] = None
    status: InBody[Status | None] = None
    visit_status: InBody[str | None] = None
    ext_order_no: InBody[str | None] = None
    ext_order_status_name: InBody[str | None] = None


class GetOrder(Request[Order]):
    """Get order by ID."""

    endpoint = Endpoint("Orders", "Get order by ID", "GET", "<orders>/{id}", access=TEAM)

    id: InPath[int]


class UpdateOrder(Request[Done]):
    """Update order by ID: our words for its status, and nothing else (traps B19)."""

    endpoint = Endpoint("Orders", "Update order by ID", "PATCH", "<orders>/{id}", repeatable=True, access=TEAM)

    id: InPath[int]
    ext_order_status_name: InBody[str]


class GetTeams(Request[Rows[Team]]):
    """Get teams."""

    endpoint = Endpoint("Team", "Get teams", "GET", "<teams>", access=TEAM)
