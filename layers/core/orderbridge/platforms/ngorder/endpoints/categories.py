"""Product categories: the platform's own and the shop's."""

from __future__ import annotations

from typing import Literal

from orderbridge.platforms.endpoints import (
    Answer,
    Done,
    Endpoint,
    InBody,
    InPath,
    Request,
    Rows,
)
from orderbridge.platforms.ngorder.values import Moment, Text, Whole


class RootCategory(Answer):
    """A row of Get Root Categories."""

    id: Whole
    categories: Text | None = None


class CategoryRoot(Answer):
    """What Update Category answers."""

    id: Whole
    root_categories_id: Whole | None = None


class Category(Answer):
    """A row of Get Categories, and what Create Category, Get Category Detail and Update Category answer."""

    id: Whole
    name: Text | None = None
    root_categories_id: Whole | None = None
    root_categories_name: Text | None = None
    updated_at: Moment | None = None


class GetRootCategories(Request[Rows[RootCategory]]):
    """Get Root Categories."""

    endpoint = Endpoint("Root Product Category", "Get Root Categories", "GET", "/api/open/master-product-category")


class SetRootCategory(Request[CategoryRoot]):
    """Update Category: gives a category of the shop, and its products, a root category."""

    endpoint = Endpoint(
        "Root Product Category", "Update Category", "PATCH", "/api/open/master-product-category", repeatable=True
    )

    id: InBody[int]
    root_categories_id: InBody[int]


class CreateCategory(Request[Category]):
    """Create Category."""

    endpoint = Endpoint("Custom Product Category", "Create Category", "POST", "/api/open/product-category")

    name: InBody[str]
    root_categories_id: InBody[int]


class GetCategories(Request[Rows[Category]]):
    """Get Categories."""

    endpoint = Endpoint("Custom Product Category", "Get Categories", "GET", "/api/open/product-category")


class GetCategoryDetail(Request[Category]):
    """Get Category Detail."""

    endpoint = Endpoint("Custom Product Category", "Get Category Detail", "GET", "/api/open/product-category/{id}")

    id: InPath[int]


class UpdateCategory(Request[Category]):
    """Update Category."""

    endpoint = Endpoint("Custom Product Category", "Update Category", "PATCH", "/api/open/product-category")

    id: InBody[int]
    name: InBody[str]
    root_categories_id: InBody[int]
    update_all_product: InBody[Literal["Y", ""] | None] = None


class DeleteCategory(Request[Done]):
    """Delete Category."""

    endpoint = Endpoint("Custom Product Category", "Delete Category", "DELETE", "/api/open/product-category/{id}")

    id: InPath[int]
