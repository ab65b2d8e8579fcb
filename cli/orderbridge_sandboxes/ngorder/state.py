"""What the Ngorder shop holds: its catalogue, customers, warehouses and lists, and how it likes to answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orderbridge_sandboxes import goods
from orderbridge_sandboxes.exchange import JsonObject
from orderbridge_sandboxes.ngorder import demo
from orderbridge_sandboxes.platform import Settings

SHOP_ID = 7
USER_ID = 5
MAIN_WAREHOUSE = "Gudang Utama"


@dataclass(frozen=True)
class NgorderSettings(Settings):
    """How this platform behaves, beyond what all have; the documents show every one of these varieties."""

    api_key: str = field(default=demo.CREDENTIALS["api_key"], metadata={"secret": True})
    success_word: str = "Success"  # or success, Sukses, sukses; "mixed" takes them in turn
    success_message: str = "text"  # or list: "Order created" or ["Order created"]
    failed_status: int = 400  # 200 is possible: the document gives no status for its error example
    links: str = "documented"  # or object, list: what `meta.pagination.links` is
    numbers_as_text: bool = False  # quantities and stock as " 1"
    products_per_page: int = 10  # Get Products has no per_page; a load test may want larger pages
    progress_status_required: bool = False  # Get Orders does not mark order_progress_status as optional


@dataclass
class Variation:
    """A variant of a product: what orders and stock calls name. `levels` are raw, by warehouse."""

    id: int
    product_id: int
    sku: str
    name: str
    price: int
    levels: dict[int, Any]
    size: str = ""
    color: str = ""

    def level(self) -> Any:
        """The total over the warehouses; a level that is no whole number stands for the whole."""
        total = 0
        for level in self.levels.values():
            if not isinstance(level, int) or isinstance(level, bool):
                return level
            total += level
        return total

    def prices(self) -> JsonObject:
        """The price lists: own, reseller, three custom customer categories, purchase."""
        return {
            "price": self.price,
            "price1": self.price - 500,
            "price2": self.price - 1000,
            "price3": self.price - 1500,
            "price_reseller": self.price * 9 // 10,
            "price_buy": self.price // 2,
        }

    def price_for(self, category: str) -> int:
        """What a customer of this category pays a piece."""
        prices = self.prices()
        named = {"Y": "price_reseller", "D": "price_reseller", "1": "price1", "2": "price2", "3": "price3"}
        price: int = prices[named.get(category, "price")]
        return price


@dataclass
class Product:
    """A product with its variants. `type`: S own stock, R from other suppliers, PO preorder."""

    id: int
    name: str
    type: str
    variations: list[Variation]
    is_warehouse: bool = False
    category_id: int = 0
    description: str = ""
    publish_status: str = "N"
    show_stock: str = "N"
    weight: int = 100


@dataclass
class Shop:
    """Everything in the shop but its orders."""

    products: dict[int, Product] = field(default_factory=dict)
    variations: dict[int, Variation] = field(default_factory=dict)
    customers: dict[int, JsonObject] = field(default_factory=dict)
    suppliers: dict[int, JsonObject] = field(default_factory=dict)
    warehouses: dict[int, JsonObject] = field(default_factory=dict)
    categories: dict[int, JsonObject] = field(default_factory=dict)
    customer_categories: dict[int, JsonObject] = field(default_factory=dict)
    order_sources: dict[int, JsonObject] = field(default_factory=dict)
    order_costs: dict[str, JsonObject] = field(default_factory=dict)
    opnames: dict[int, JsonObject] = field(default_factory=dict)
    transfers: dict[int, JsonObject] = field(default_factory=dict)
    movements: list[JsonObject] = field(default_factory=list)
    profile: JsonObject = field(default_factory=dict)

    def add(self, product: Product) -> None:
        """Puts a product with its variants into the catalogue, once."""
        if product.id not in self.products:
            self.products[product.id] = product
            self.variations.update({variation.id: variation for variation in product.variations})

    def product_of(self, variation: Variation) -> Product:
        """The product that a variant belongs to."""
        return self.products[variation.product_id]

    def by_sku(self, sku: str) -> Variation:
        """The variant with this SKU; raises KeyError."""
        for variation in self.variations.values():
            if variation.sku == sku:
                return variation
        raise KeyError(sku)

    def customer_category_codes(self) -> set[str]:
        """N, Y, D and the shop's own codes."""
        return {row["code"] for row in self.customer_categories.values()}


def demo_product(number: int) -> Product:
    """PROD-00n: one variant, own stock; PROD-008 to PROD-010 lie in two warehouses."""
    product = goods.Product(number)
    multi = 8 <= number <= goods.PRODUCTS
    levels = {0: product.level - 40, demo.SECOND_WAREHOUSE_ID: 40} if multi else {0: product.level}
    product_id = demo.PRODUCT + number
    variation = Variation(demo.VARIATION + number, product_id, product.code, product.name, product.price, dict(levels))
    return Product(product_id, product.name, "S", [variation], is_warehouse=multi)


def special_products() -> list[Product]:
    """What the demo does not order: a supplier's product, a preorder, and one product with two variants."""
    resale = Variation(8_000_001, 2_000_001, "RESALE-001", "Barang Titipan", 50_000, {0: 0})
    preorder = Variation(8_000_002, 2_000_002, "PREORDER-001", "Barang Pesanan", 75_000, {0: 0})
    red = Variation(8_000_003, 2_000_003, "DUO-MER-001", "Sepatu", 5_000, {0: 5}, color="merah")
    white = Variation(8_000_004, 2_000_003, "DUO-PUT-001", "Sepatu", 5_000, {0: 3}, color="putih")
    return [
        Product(2_000_001, resale.name, "R", [resale]),
        Product(2_000_002, preorder.name, "PO", [preorder]),
        Product(2_000_003, "Sepatu", "S", [red, white]),
    ]


def demo_customer(number: int) -> JsonObject:
    """CUST-00n: phone numbers come back with the country code."""
    customer = goods.Customer(number)
    return customer_row(
        demo.CUSTOMER + number, customer.name, customer.phone, REGIONS[number % len(REGIONS)], "Jl. Contoh", "N"
    )


def customer_row(
    number: int, name: str, phone: str, region: JsonObject, address: str, category: str, **more: Any
) -> JsonObject:
    """A customer as Get Customers shows it; `_` fields are the sandbox's own."""
    digits = phone.lstrip("+")
    return {
        "id": number,
        "name": name,
        "name_initial": name[:1].upper(),
        "phone": f"62{digits[1:]}" if digits.startswith("0") else digits,
        "address": address,
        "postal_code": more.get("postal_code") or region["postal_code"][0],
        "district": region["subdistrict"],
        "city": region["district"]["name"],
        "province": region["province"]["name"],
        "email": more.get("email"),
        "line": more.get("line"),
        "other": more.get("other"),
        "category_code": category,
        "_district_id": region["id"],
        "_is_active": more.get("is_active", "Y"),
        "_created": more.get("created", "2021-01-01"),
    }


def _expedition(rate_id: int, rate: str, courier: str, kind: str) -> JsonObject:
    named = {"id": rate_id, "rate_name": rate, "logistic_name": courier}
    return {**named, "show_name": kind, "pickup_available": "AVAILABLE"}


def _region(
    number: int, subdistrict: str, city: tuple[int, str], province: tuple[int, str], post_code: str
) -> JsonObject:
    return {
        "_id": f"5d1d86101449f91d8b{number:06x}",
        "id": number,
        "subdistrict": subdistrict,
        "district": {"id": city[0], "name": city[1]},
        "province": {"id": province[0], "name": province[1]},
        "fullname": f"{subdistrict}, {city[1]}, {province[1]}",
        "postal_code": [post_code],
    }


REGIONS = [
    _region(2087, "Cengkareng", (151, "Kota Jakarta Barat"), (6, "DKI Jakarta"), "11720"),
    _region(334, "Ranca Bali", (22, "Kabupaten Bandung"), (9, "Jawa Barat"), "40973"),
    _region(3627, "Tajinan", (255, "Kabupaten Malang"), (11, "Jawa Timur"), "65172"),
    _region(3628, "Tajin", (255, "Kabupaten Malang"), (11, "Jawa Timur"), "65173"),
    _region(346, "Batununggal", (23, "Kota Bandung"), (9, "Jawa Barat"), "40274"),
]

EXPEDITIONS = [
    _expedition(1, "REG", "JNE", "Regular"),
    _expedition(2, "YES", "JNE", "Express"),
    _expedition(3, "OKE", "JNE", "Regular"),
    _expedition(4, "CTC", "JNE", "Regular"),
    _expedition(44, "REGPACK", "Lion Parcel", "Regular"),
    _expedition(349, "Reguler", "SAP", "Regular"),
    _expedition(350, "One Day Service", "SAP", "Express"),
]
# Rate ids, and the two courier ids that an order takes without a rate: pickup at shop, manual input.
RATE_IDS = {row["id"] for row in EXPEDITIONS} | {demo.PICKUP_AT_SHOP, 99}

BANKS = [
    {
        "bank_id": demo.BANK_ID,
        "bank_name": "BCA",
        "bank_type": "bca",
        "branch": "Mulyorejo",
        "holder_name": "Budi",
        "account_number": "12345678",
        "image": "",
        "type": "BANK",
    }
]

MARKETPLACES = {
    1: "Tokopedia", 2: "Bukalapak", 3: "Shopee", 4: "Instagram", 5: "Whatsapp", 6: "Lazada", 7: "Facebook",
    8: "Website Lain",
}  # fmt: skip

ROOT_CATEGORIES = {7: "Hobi & Koleksi", 10: "Fashion Pria", 11: "Fashion Wanita", 31: "Sepatu Pria"}


def new_shop() -> Shop:
    """The demo shop, without the numbered products and customers."""
    shop = Shop()
    for product in special_products():
        shop.add(product)
    for number, name, region in (
        (demo.SUPPLIER_ID, "Supplier 1", REGIONS[0]),
        (demo.SECOND_SUPPLIER_ID, "Supplier 2", REGIONS[1]),
    ):
        shop.suppliers[number] = supplier_row(number, name, region, "JL. ABC", "08123456789", "")
    shop.warehouses[demo.MAIN_WAREHOUSE_ID] = {
        "id": demo.MAIN_WAREHOUSE_ID, "warehouse": MAIN_WAREHOUSE, "supplier_id": demo.SUPPLIER_ID,
        "address": "Cengkareng, Kota Jakarta Barat", "_active": True,
    }  # fmt: skip
    shop.warehouses[demo.SECOND_WAREHOUSE_ID] = {
        "id": demo.SECOND_WAREHOUSE_ID, "warehouse": "Gudang Bandung", "supplier_id": demo.SECOND_SUPPLIER_ID,
        "address": "Bandung Kulon, Kota Bandung", "_active": True,
    }  # fmt: skip
    for number, code, name in ((1, "N", "Pelanggan"), (2, "Y", "Reseller"), (3, "D", "Dropship"), (122, "1", "Teman")):
        shop.customer_categories[number] = {
            "id": number, "code": code, "category_name": name, "status": "ACTIVE",
            "discount_access": True, "wholesale_access": code == "N",
        }  # fmt: skip
    for number, marketplace, note in ((demo.ORDER_SOURCE_ID, 5, "085755065637"), (30, 1, "")):
        shop.order_sources[number] = source_row(number, marketplace, note)
    shop.categories[101_554] = {
        "id": 101_554, "name": "Alat Pancing", "root_categories_id": 7, "root_categories_name": ROOT_CATEGORIES[7],
        "updated_at": None,
    }  # fmt: skip
    shop.profile = {"username": "toko123", "shop_name": "Tokoku", "phone": "08123445566", "address": "Indonesia"}
    return shop


def supplier_row(number: int, name: str, region: JsonObject, address: str, phone: str, description: str) -> JsonObject:
    """A supplier as Get Suppliers shows it."""
    return {
        "id": number,
        "name": name,
        "district_id": region["id"],
        "shipper_id": 4776,
        "district": region["subdistrict"],
        "city_id": region["district"]["id"],
        "city": region["district"]["name"],
        "location": f"{region['subdistrict']}, {region['district']['name']}",
        "phone": phone,
        "address": address,
        "description": description,
        "shipper_status": "ACTIVE",
    }


def source_row(number: int, marketplace: int, note: str) -> JsonObject:
    """An order source as Get Order Sources shows it."""
    return {
        "id": number,
        "marketplace_id": marketplace,
        "marketplace_name": MARKETPLACES[marketplace],
        "note": note,
        "status": "ACTIVE",
    }


def shown(row: JsonObject) -> JsonObject:
    """A row without the sandbox's own fields."""
    return {name: value for name, value in row.items() if not name.startswith("_")}
