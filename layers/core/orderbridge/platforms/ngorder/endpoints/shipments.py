"""Shipments: what is ready to go, on its way, or in trouble."""

from __future__ import annotations

from typing import Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    File,
    InBody,
    InPath,
    InQuery,
    Model,
    Request,
    Rows,
    Undocumented,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Day, Flag, Moment, Money, Text, Whole

ShippingStatus = Literal[
    "READY_TO_SHIP",
    "PICKUP_REQUEST",
    "UNPICK",
    "ON_PROCESS",
    "DELIVERED",
    "RETURNED",
    "LOST",
    "INVALID",
    "SHIPMENT_PROBLEM",
    "DROPOFF",
]


class ShipmentId(Answer):
    """What Resend Package and Remove Order answer."""

    id: Whole


class CodCourier(Answer):
    """A row of Get Active COD Couriers."""

    expedition_name: Text | None = None
    logo_url: Text | None = None


class ShipmentInvoice(Answer):
    """A row of Get Shipment Invoices."""

    id: Text
    date: Moment | None = None
    vendor: Text | None = None
    invoice_number: Text | None = None
    total: Money | None = None
    status: Text | None = None


class ShippingPayment(Answer):
    """A row of Shipping Payments."""

    date: Moment | None = None
    vendor: Text | None = None
    invoice_number: Text | None = None
    description: Text | None = None
    total: Money | None = None
    status: Text | None = None


class ShipmentSupplier(Answer):
    """The `supplier` of a shipment."""

    name: Text | None = None
    address: Text | None = None
    location: Text | None = None
    code: Text | None = None
    phone: Text | None = None


class ShipmentCustomer(Answer):
    """The `customer` of a shipment."""

    name: Text | None = None
    address: Text | None = None
    district: Text | None = None
    city: Text | None = None
    postal_code: Text | None = None


class ShipmentExpedition(Answer):
    """The `expedition` of a shipment."""

    logistic_name: Text | None = None
    rate_name: Text | None = None
    is_cod: Flag | None = None
    cod_amount: Money | None = None
    awb_number: Text | None = None


class ShipmentService(Answer):
    """The `service` of a shipment."""

    pickup: Flag | None = None
    drop_off: Flag | None = None


class Shipment(Answer):
    """A row of Get Orders List."""

    order_id: Whole
    order_date: Moment | None = None
    request_date: Moment | None = None
    po_number: Whole | None = None
    supplier: ShipmentSupplier | None = None
    customer: ShipmentCustomer | None = None
    expedition: ShipmentExpedition | None = None
    service: ShipmentService | None = None
    dropship: list[object] | None = None


class PickupItem(Model):
    """One of the `pickup_request` of Pickup Request."""

    id: int
    service: Literal["PICKUP", "DROP_OFF"] | None = None


class ResendPackage(Request[ShipmentId]):
    """Resend Package: back to ready to ship."""

    endpoint = Endpoint("Shipment", "Resend Package", "POST", "/api/open/shipping/resend/{order_id}")

    order_id: InPath[int]


class RequestPickup(Request[Undocumented]):
    """Pickup Request: a courier comes, at a price."""

    endpoint = Endpoint("Shipment", "Pickup Request", "POST", "/api/open/shipping/pickup-request")

    pickup_request: InBody[list[PickupItem]]


class CancelPickup(Request[Done]):
    """Cancel Pickup Request."""

    endpoint = Endpoint("Shipment", "Cancel Pickup Request", "POST", "/api/open/shipping/cancel-pickup")

    id: InBody[int]
    reason: InBody[str | None] = None


class GetActiveCodCouriers(Request[Rows[CodCourier]]):
    """Get Active COD Couriers."""

    endpoint = Endpoint("Shipment", "Get Active COD Couriers", "GET", "/api/open/shipping/cod-active")


class GetShipmentInvoices(Request[Rows[ShipmentInvoice]], Paged):
    """Get Shipment Invoices."""

    endpoint = Endpoint("Shipment", "Get Shipment Invoices", "GET", "/api/open/shipping/invoice")

    courier: InQuery[str | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None
    status: InQuery[Literal["COMPLETE", "PENDING"] | None] = None


class GetShippingReport(Request[Undocumented]):
    """Get Shipping Report."""

    endpoint = Endpoint("Shipment", "Get Shipping Report", "GET", "/api/open/shipping/report")

    courier: InQuery[str | None] = None
    interval: InQuery[int | None] = None


class DownloadShippingReport(Request[File]):
    """Download Shipping Report."""

    endpoint = Endpoint("Shipment", "Download Shipping Report", "GET", "/api/open/shipping/report/download")

    courier: InQuery[str | None] = None
    interval: InQuery[int | None] = None


class DownloadInvoiceCsv(Request[File]):
    """Download Invoices as CSV."""

    endpoint = Endpoint("Shipment", "Download Invoices as CSV", "GET", "/api/open/shipping/invoice/download/csv/{id}")

    id: InPath[int]


class DownloadInvoicePdf(Request[File]):
    """Download Invoices as PDF."""

    endpoint = Endpoint(
        "Shipment", "Download Invoices as PDF", "GET", "/api/open/shipping/invoice/download/pdf/{invoice_id}"
    )

    invoice_id: InPath[str]


class GetShippingPayments(Request[Rows[ShippingPayment]], Paged):
    """Shipping Payments."""

    endpoint = Endpoint("Shipment", "Shipping Payments", "GET", "/api/open/shipping/payment")

    courier: InQuery[str | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None
    status: InQuery[Literal["COMPLETE", "PENDING"] | None] = None


class GetShipments(Request[Rows[Shipment]], Paged):
    """Get Orders List: orders in one shipping status, READY_TO_SHIP unless another is asked for."""

    endpoint = Endpoint("Shipment", "Get Orders List", "GET", "/api/open/shipping")

    keyword: InQuery[str | None] = None
    courier: InQuery[str | None] = None
    status: InQuery[ShippingStatus | None] = None
    type: InQuery[Literal["ORDER_ID", "CUSTOMER_NAME", "AWB_NUMBER"] | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None
    cod_status: InQuery[Literal["NON_COD", "COD"] | None] = None
    supplier_id: InQuery[int | None] = None


class DownloadShipments(Request[Undocumented]):
    """Download Order Shipping."""

    endpoint = Endpoint("Shipment", "Download Order Shipping", "GET", "/api/open/shipping/download")

    keyword: InQuery[str | None] = None
    courier: InQuery[str | None] = None
    status: InQuery[ShippingStatus | None] = None
    type: InQuery[Literal["ORDER_ID", "CUSTOMER_NAME", "AWB_NUMBER"] | None] = None
    start_date: InQuery[Day | None] = None
    end_date: InQuery[Day | None] = None
    cod_status: InQuery[Literal["NON_COD", "COD"] | None] = None
    supplier_id: InQuery[int | None] = None


class RemoveShipment(Request[ShipmentId]):
    """Remove Order from the shipments."""

    endpoint = Endpoint("Shipment", "Remove Order", "DELETE", "/api/open/shipping/remove/{order_id}")

    order_id: InPath[int]
