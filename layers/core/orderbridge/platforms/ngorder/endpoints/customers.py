"""Customers, their categories, and the regions they live in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    InBody,
    InBoth,
    InQuery,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Flag, Moment, Money, Text, Whole


class CustomerCategory(Answer):
    """What Create Category answers."""

    id: Whole
    category_name: Text | None = None
    code: Text | None = None
    status: Text | None = None
    discount_access: Text | None = None
    wholesale_access: Text | None = None


class ListedCustomerCategory(Answer):
    """A row of Get Categories, and what Update Customer Category answers."""

    id: Whole
    code: Text | None = None
    category_name: Text | None = None
    status: Text | None = None
    discount_access: Flag | None = None
    wholesale_access: Flag | None = None


class RegionDistrict(Answer):
    """The `district` of a region."""

    id: Whole | None = None
    name: Text | None = None


class Region(Answer):
    """A row of Get Regions."""

    mongo_id: Text | None = Field(None, alias="_id")
    id: Whole
    subdistrict: Text | None = None
    district: RegionDistrict | None = None
    province: RegionDistrict | None = None
    fullname: Text | None = None
    postal_code: list[Text] | None = None


class CustomerName(Answer):
    """What Create Customer, Update Customer Activation Status and Update Customer answer."""

    customer_id: Whole
    name: Text | None = None


class Customer(Answer):
    """A row of Get Customers."""

    id: Whole
    name: Text | None = None
    name_initial: Text | None = None
    phone: Text | None = None
    address: Text | None = None
    postal_code: Text | None = None
    district: Text | None = None
    city: Text | None = None
    province: Text | None = None
    email: Text | None = None
    line: Text | None = None
    other: Text | None = None
    category_code: Text | None = None
    category: Text | None = None


class CustomerOrderLine(Answer):
    """One of the `order_detail` of a customer order."""

    product_name: Text | None = None
    total: Money | None = None


class CustomerOrder(Answer):
    """A row of Get Customer Order Histories."""

    order_id: Whole
    po_number: Whole | None = None
    date: Moment | None = None
    total_price: Money | None = None
    product_status: Text | None = None
    order_detail: list[CustomerOrderLine] | None = None
    items: Whole | None = None


class CustomersInMonth(Answer):
    """A row of Customer per Month."""

    total: Whole | None = None
    date: Text | None = None


class CreateCustomerCategory(Request[CustomerCategory]):
    """Create Category."""

    endpoint = Endpoint("Customer Category", "Create Category", "POST", "/api/open/customer-category/create")

    category_name: InBody[str]
    discount_access: InBody[bool | None] = None
    wholesale_access: InBody[bool | None] = None


class GetCustomerCategories(Request[Rows[ListedCustomerCategory]]):
    """Get Categories."""

    endpoint = Endpoint("Customer Category", "Get Categories", "GET", "/api/open/customer-category")

    status: InQuery[Literal["N", "Y"] | None] = None


class UpdateCustomerCategory(Request[ListedCustomerCategory]):
    """Update Customer Category."""

    endpoint = Endpoint("Customer Category", "Update Customer Category", "PATCH", "/api/open/customer-category/update")

    id: InBody[int]
    code: InBody[str]
    category_name: InBody[str | None] = None
    status: InBody[Literal["Y", "N"] | None] = None
    discount_access: InBody[str | None] = None
    wholesale_access: InBody[str | None] = None


class GetRegions(Request[Rows[Region]]):
    """Get Regions: one row a page unless asked otherwise; `id` is the district_id of customers (traps D14, D42)."""

    endpoint = Endpoint("Region", "Get Regions", "GET", "/api/open/region")

    keyword: InQuery[str | None] = None
    per_page: InQuery[int | None] = None
    pagination_offset: InQuery[int] = 1


class CreateCustomer(Request[CustomerName]):
    """Create Customer: asking twice makes two."""

    endpoint = Endpoint("Customer", "Create Customer", "POST", "/api/open/customer/create")

    name: InBody[str]
    phone: InBody[str]
    district_id: InBody[int]
    address: InBody[str]
    category: InBody[str]
    is_active: InBody[Literal["Y", "N", "R", "T"]]
    postal_code: InBody[str | None] = None
    line: InBody[str | None] = None
    email: InBody[str | None] = None
    other: InBody[str | None] = None


class ActivateStorefrontAccount(Request[Done]):
    """Privor Activation: opens or closes a customer's storefront account, which they are told by mail."""

    endpoint = Endpoint("Customer", "Privor Activation", "POST", "/api/open/customer/privor-activation")

    id: InBody[int]
    active: InBody[bool]
    email: InBody[str]
    name: InBody[str | None] = None
    phone: InBody[str | None] = None


class GetCustomers(Request[Rows[Customer]]):
    """Get Customers: of one category; `keyword` matches parts, and names are not unique (traps D44)."""

    endpoint = Endpoint("Customer", "Get Customers", "GET", "/api/open/customer")

    category: InBoth[str]
    keyword: InBoth[str | None] = None
    type: InBoth[Literal["NAME", "EMAIL", "PHONE", "ADDRESS"] | None] = None
    create_from: InBoth[Day | None] = None
    create_to: InBoth[Day | None] = None
    registration_status: InBoth[Literal["0", "1", "4", "T", "R"] | None] = None
    order_by: InBoth[Literal["LATEST_CUSTOMER", "LAST_ORDER"] | None] = None
    per_page: InBoth[int | None] = None
    pagination_offset: InBoth[int | None] = None


class GetCustomerOrders(Request[Rows[CustomerOrder]], Paged):
    """Get Customer Order Histories; its address is inferred from its own links."""

    endpoint = Endpoint("Customer", "Get Customer Order Histories", "GET", "/api/open/customer/order-history")

    id: InQuery[int]
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None


class CountCustomersPerMonth(Request[Rows[CustomersInMonth]]):
    """Customer per Month."""

    endpoint = Endpoint("Customer", "Customer per Month", "GET", "/api/open/customer/per-month")


class DownloadCustomers(Request[Done]):
    """Download Customers Data: sent by mail to the account."""

    endpoint = Endpoint("Customer", "Download Customers Data", "GET", "/api/open/customer/download")

    date: InBoth[Day | None] = None


class UpdateCustomerActivationStatus(Request[CustomerName]):
    """Update Customer Activation Status."""

    endpoint = Endpoint(
        "Customer", "Update Customer Activation Status", "PATCH", "/api/open/customer/activation-status"
    )

    id: InBody[int]
    status: InBody[Literal["0", "1", "2", "4", "5", "6"]]
    category: InBody[str | None] = None


class UpdateCustomer(Request[CustomerName]):
    """Update Customer."""

    endpoint = Endpoint("Customer", "Update Customer", "PATCH", "/api/open/customer/update")

    customer_id: InBody[int]
    name: InBody[str | None] = None
    phone: InBody[str | None] = None
    district_id: InBody[int | None] = None
    address: InBody[str | None] = None
    postal_code: InBody[str | None] = None
    category: InBody[str | None] = None
    line: InBody[str | None] = None
    email: InBody[str | None] = None
    other: InBody[str | None] = None
    is_active: InBody[Literal["Y", "N", "R", "T"] | None] = None
