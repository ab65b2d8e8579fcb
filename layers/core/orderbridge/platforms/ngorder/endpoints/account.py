"""The shop and its users."""

from __future__ import annotations

from pydantic import Field

from orderbridge.platforms.endpoints import (
    Answer,
    Endpoint,
    InBody,
    InFile,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.values import Flag, Moment, Text, Whole


class User(Answer):
    """A row of Get Users."""

    id: Whole
    name: Text | None = None
    email: Text | None = None


class Profile(Answer):
    """What Update Profile answers."""

    full_name: Text | None = None
    phone_number: Text | None = None


class ShopUser(Answer):
    """One of the `users` of a shop."""

    id: Whole | None = None
    email: Text | None = None
    name: Text | None = None


class ActiveSupplier(Answer):
    """The `active_supplier` of a shop."""

    id: Whole | None = None
    name: Text | None = None
    location: Text | None = None
    phone: Text | None = None
    address: Text | None = None
    note: Text | None = None


class Shop(Answer):
    """A row of Get Detail."""

    id: Whole
    username: Text | None = None
    shop_name: Text | None = None
    status: Text | None = None
    class_: Text | None = Field(None, alias="class")
    join_date: Moment | None = None
    expired_date: Moment | None = None
    phone: Text | None = None
    courier: Text | None = None
    address: Text | None = None
    shipper_status: Text | None = None
    note: Text | None = None
    store_front: Flag | None = None
    warehouse: Flag | None = None
    users: list[ShopUser] | None = None
    active_supplier: ActiveSupplier | None = None


class ShopId(Answer):
    """What Update Detailed Info answers."""

    shop_id: Whole


class Logo(Answer):
    """What Upload Logo answers."""

    logo: Text | None = None


class GeneralInfo(Answer):
    """What Update General Info answers."""

    shop_name: Text | None = None
    address: Text | None = None
    description: Text | None = None
    phone: Text | None = None
    logo: Text | None = None


class GetUsers(Request[Rows[User]]):
    """Get Users."""

    endpoint = Endpoint("User", "Get Users", "GET", "/api/open/user")


class UpdateProfile(Request[Profile]):
    """Update Profile."""

    endpoint = Endpoint("User", "Update Profile", "PATCH", "/api/open/user/profile")

    full_name: InBody[str]
    phone_number: InBody[str]
    password: InBody[str | None] = None
    password_confirmation: InBody[str | None] = None


class GetShop(Request[Rows[Shop]]):
    """Get Detail: the shop, its users and its active supplier."""

    endpoint = Endpoint("Shop", "Get Detail", "GET", "/api/open/shop")


class UpdateShop(Request[ShopId]):
    """Update Detailed Info."""

    endpoint = Endpoint("Shop", "Update Detailed Info", "PATCH", "/api/open/shop/update")

    shop_name: InBody[str]
    subdomain: InBody[str]
    phone: InBody[str]
    name: InBody[str]
    description: InBody[str | None] = None


class UploadLogo(Request[Logo]):
    """Upload Logo; its address is lost from the document, and this one is a guess."""

    endpoint = Endpoint("Shop", "Upload Logo", "PATCH", "/api/open/shop/logo")

    logo: InFile


class UpdateGeneralInfo(Request[GeneralInfo]):
    """Update General Info."""

    endpoint = Endpoint("Shop", "Update General Info", "PATCH", "/api/open/shop/general")

    shop_name: InBody[str]
    phone: InBody[str]
    description: InBody[str]
    address: InBody[str]
    logo: InBody[str]
