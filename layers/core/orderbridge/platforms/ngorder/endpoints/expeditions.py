"""Couriers, their prices and their tracking."""

from __future__ import annotations

from pydantic import Field

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InQuery,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.endpoints.paging import Paged
from orderbridge.platforms.ngorder.values import Moment, Money, Quantity, Text, Whole


class Expedition(Answer):
    """A row of Get Expeditions."""

    id: Whole
    rate_name: Text | None = None
    logistic_name: Text | None = None
    show_name: Text | None = None
    pickup_available: Text | None = None


class ActiveExpedition(Answer):
    """A row of Get Active List."""

    id: Whole
    rate_name: Text | None = None
    logistic_name: Text | None = None
    show_name: Text | None = None
    logo_url: Text | None = None
    pickup_available: Text | None = None


class ExpeditionRate(Answer):
    """One of the `regular` of the costs of expeditions."""

    name: Text | None = None
    logo_url: Text | None = None
    rate_id: Whole | None = None
    show_id: Whole | None = None
    rate_name: Text | None = None
    stop_origin: Whole | None = None
    stop_destination: Whole | None = None
    weight: Whole | None = None
    volume_weight: Quantity | None = Field(None, alias="volumeWeight")
    final_weight: Whole | None = Field(None, alias="finalWeight")
    item_price_: Money | None = Field(None, alias="itemPrice")
    item_price: Money | None = None
    final_rate: Money | None = Field(None, alias="finalRate")
    insurance_rate: Money | None = Field(None, alias="insuranceRate")
    compulsory_insurance: Money | None = None
    liability: Whole | None = None
    discount: Whole | None = None
    min_day: Whole | None = None
    max_day: Whole | None = None
    pickup_agent: Whole | None = None
    is_pickup_available: Whole | None = None


class ExpeditionCosts(Answer):
    """What Get Cost answers."""

    regular: list[ExpeditionRate] | None = None
    express: list[ExpeditionRate] | None = None
    trucking: list[object] | None = None


class TrackingHistory(Answer):
    """One of the `history` of a tracking."""

    date: Moment | None = None
    desc: Text | None = None
    location: Text | None = None


class Tracking(Answer):
    """What Tracking answers."""

    awb_number: Text | None = None
    rate_name: Text | None = None
    delivery_date: Moment | None = None
    delivery_time: Moment | None = None
    weight: Whole | None = None
    sender_name: Text | None = None
    origin_city: Text | None = None
    receiver_name: Text | None = None
    receiver_address: Text | None = None
    receiver_city: Text | None = None
    status: Text | None = None
    consignees_name: Text | None = None
    date_received: Text | None = None
    time_received: Text | None = None
    history: list[TrackingHistory] | None = None
    logistic_name: Text | None = None


class GetExpeditions(Request[Rows[Expedition]]):
    """Get Expeditions."""

    endpoint = Endpoint("Expedition", "Get Expeditions", "GET", "/api/open/expedition")


class GetActiveExpeditions(Request[Rows[ActiveExpedition]], Paged):
    """Get Active List: the couriers that the shop has switched on."""

    endpoint = Endpoint("Expedition", "Get Active List", "GET", "/api/open/expedition/active")

    keyword: InQuery[str | None] = None


class GetExpeditionCost(Request[ExpeditionCosts]):
    """Get Cost: `rate_id` is what an order names as its expedition (traps D7); weight in kilograms."""

    endpoint = Endpoint("Expedition", "Get Cost", "GET", "/api/open/expedition/cost")

    origin_id: InQuery[int]
    destination_id: InQuery[int]
    weight: InQuery[int]
    price: InQuery[int]
    is_privor: InQuery[bool | None] = None
    is_shipper: InQuery[bool | None] = None


class TrackAwb(Request[Tracking]):
    """Tracking of one waybill."""

    endpoint = Endpoint("Expedition", "Tracking", "GET", "/api/open/expedition/tracking")

    awb_number: InQuery[str]
    expedition_id: InQuery[int]
    order_id: InQuery[int]
