"""Where goods are shipped from: suppliers and warehouses, of which 0 is the main one (traps D39, D40)."""

from __future__ import annotations

from typing import Annotated, Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InBody,
    InPath,
    InQuery,
    Request,
    Rows,
    SentAs,
)
from orderbridge.platforms.ngorder.values import Text, Whole


class SupplierName(Answer):
    """What Create Supplier and Update Supplier answer."""

    supplier_id: Whole
    name: Text | None = None


class Supplier(Answer):
    """A row of Get Suppliers."""

    id: Whole
    name: Text | None = None
    district_id: Whole | None = None
    shipper_id: Whole | None = None
    district: Text | None = None
    city_id: Whole | None = None
    city: Text | None = None
    location: Text | None = None
    phone: Text | None = None
    address: Text | None = None
    description: Text | None = None
    shipper_status: Text | None = None


class WarehouseName(Answer):
    """What Create Warehouse and Update Warehouse answer."""

    id: Whole
    name: Text | None = None


class Warehouse(Answer):
    """A row of Get Warehouses, and what Get Warehouse Detail and Delete Warehouse answer."""

    id: Whole
    warehouse: Text | None = None
    supplier_id: Whole | None = None
    address: Text | None = None


class CreateSupplier(Request[SupplierName]):
    """Create Supplier."""

    endpoint = Endpoint("Supplier", "Create Supplier", "POST", "/api/open/supplier/create")

    name: InBody[str]
    district_id: InBody[int]
    address: Annotated[InBody[str], SentAs(("addess", "address"))]
    phone: InBody[str]
    description: InBody[str]


class GetSuppliers(Request[Rows[Supplier]]):
    """Get Suppliers."""

    endpoint = Endpoint("Supplier", "Get Suppliers", "GET", "/api/open/supplier")


class UpdateSupplier(Request[SupplierName]):
    """Update Supplier; its method and address are lost from the document, and these are inferred."""

    endpoint = Endpoint("Supplier", "Update Supplier", "PATCH", "/api/open/supplier/update")

    supplier_id: InBody[int]
    name: InBody[str | None] = None
    district_id: InBody[int | None] = None
    address: Annotated[InBody[str | None], SentAs(("addess", "address"))] = None
    phone: InBody[str | None] = None
    description: InBody[str | None] = None


class CreateWarehouse(Request[WarehouseName]):
    """Create Warehouse."""

    endpoint = Endpoint("Warehouse", "Create Warehouse", "POST", "/api/open/warehouse")

    warehouse: InBody[str]
    supplier_id: InBody[int]
    user_id: InBody[list[int]]
    is_active: InBody[bool]


class GetWarehouses(Request[Rows[Warehouse]]):
    """Get Warehouses: without the main one, number 0, unless it is asked for (traps D40)."""

    endpoint = Endpoint("Warehouse", "Get Warehouses", "GET", "/api/open/warehouse")

    with_main_warehouse: InQuery[bool | None] = None
    admin_permission: InQuery[bool | None] = None
    is_active: InQuery[Literal["ALL", "ACTIVE", "NON_ACTIVE"] | None] = None


class GetWarehouseDetail(Request[Warehouse]):
    """Get Warehouse Detail."""

    endpoint = Endpoint("Warehouse", "Get Warehouse Detail", "GET", "/api/open/warehouse/{id}")

    id: InPath[int]


class UpdateWarehouse(Request[WarehouseName]):
    """Update Warehouse."""

    endpoint = Endpoint("Warehouse", "Update Warehouse", "PATCH", "/api/open/warehouse")

    id: InBody[int]
    warehouse: InBody[str]
    supplier_id: InBody[int]
    user_id: InBody[list[int]]
    is_active: InBody[bool]


class DeleteWarehouse(Request[Warehouse]):
    """Delete Warehouse."""

    endpoint = Endpoint("Warehouse", "Delete Warehouse", "DELETE", "/api/open/warehouse/{id}")

    id: InPath[int]
