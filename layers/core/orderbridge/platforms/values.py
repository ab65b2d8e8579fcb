"""What mapping values and settings are made of: platform ids, prices with their discounts, words for errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

UNIT_PRICE_PLACES = Decimal("0.0001")
"""A net price keeps four places of a rupiah: a line may be a million pieces, and they multiply what was rounded."""

_PERCENT = r"(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)"
_WHOLE = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"-?[0-9]+\.[0-9]{3}")
_VISIBLE = re.compile(r"[!-~]+")
_CASCADE = re.compile(rf"{_PERCENT}(?:\+{_PERCENT})*", re.ASCII)


class InvalidValue(Exception):
    """A mapping value, settings or credentials that a platform cannot use; the message says what is wrong and where."""


class Document(BaseModel):
    """A JSON object whose unknown members are errors, because a misspelt one would be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _ask_about_thousands(text: str) -> None:
    # Indonesia writes 17500 as 17.500; as JSON reads it, goods would be sold at a thousandth of their price.
    if _THOUSANDS.fullmatch(text):
        whole, _, fraction = text.partition(".")
        raise ValueError(f"{text} may mean {whole}{fraction} or {whole}.{fraction}0; write the one that is meant")


def _whole_number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a whole number")
    if isinstance(value, str):
        _ask_about_thousands(value.strip())
        # 007 may be an id somewhere, but no number is written so: sent as 7 it would be another's.
        if not _WHOLE.fullmatch(value.strip()):
            raise ValueError("must be a whole number in plain digits, without zeros before it")
        return int(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    if isinstance(value, str):
        _ask_about_thousands(value.strip())
        if not _PLAIN_NUMBER.fullmatch(value.strip()):
            raise ValueError("must be a number in plain digits, such as 17500 or 99.5")
    # A float has lost its decimal digits already; its shortest text is what was written.
    return Decimal(repr(value)) if isinstance(value, float) else value


def _header_safe(value: SecretStr) -> SecretStr:
    if not _VISIBLE.fullmatch(value.get_secret_value()):
        raise ValueError("must be printable ASCII without spaces")
    return value


def _short_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


PlatformId = Annotated[int, BeforeValidator(_whole_number), Field(ge=0, le=2**63 - 1)]
"""An id at a platform: 0 is one. Given as a number or as its digits."""

PlatformText = Annotated[
    str, BeforeValidator(_short_text), StringConstraints(strip_whitespace=True, min_length=1, max_length=500)
]
HeaderText = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[!-~]+$")]
"""Text that goes into an HTTP header: printable ASCII without spaces."""

SecretHeaderText = Annotated[SecretStr, Field(min_length=1, max_length=2000), AfterValidator(_header_safe)]
SecretText = Annotated[SecretStr, Field(min_length=1, max_length=2000)]
Amount = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, max_digits=18, decimal_places=6)]
Ratio = Annotated[int, BeforeValidator(_whole_number), Field(ge=1, le=1_000_000)]


def _cascade(value: Any) -> Any:
    """Percents as people write them, `5 + 2,5 %`, in the document's form `5+2.5` (traps B3); nothing off is None."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float | str):
        raise ValueError("must be percents such as 5+3")
    text = "".join(str(value).replace("%", " ").split()).replace(",", ".")
    if not text:
        return None
    if not _CASCADE.fullmatch(text):
        raise ValueError("must be percents joined by +, such as 55.05+3")
    return None if all(Decimal(percent) == 0 for percent in text.split("+")) else text


Cascade = Annotated[str | None, BeforeValidator(_cascade)]


def cascaded(price: Decimal, percents: str) -> Decimal:
    """`price` less each percent in turn, exactly: 100 less ``55.05+3`` is 43.6015, not 41.95 (facts 2)."""
    with localcontext() as exact:
        exact.prec = 200
        for percent in percents.split("+"):
            price *= (100 - Decimal(percent)) / 100
    return price


class Price(Document):
    """The price of one unit, in rupiah, and at most one discount on it.

    Written as a number, as ``{"price", "disc_percent"}``, as ``{"price", "disc_amount"}`` (per unit), or as
    ``{"free": true}``: no price is 0 unless somebody says so (invariant 6).
    """

    price: Amount = Decimal(0)
    disc_percent: Cascade = None
    disc_amount: Amount | None = None
    free: bool = False

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.disc_percent is not None and self.disc_amount is not None:
            raise ValueError("has both disc_percent and disc_amount; a price has one discount at most")
        if self.free:
            if self.net != 0:
                raise ValueError("says free, and has a price")
        elif self.net < 0:
            raise ValueError("has a discount larger than the price")
        elif self.net == 0:
            raise ValueError('must be more than 0; goods given away are {"free": true}')
        return self

    @property
    def net(self) -> Decimal:
        """The price after discount, rounded once, half up, to four places."""
        exact = cascaded(self.price, self.disc_percent) if self.disc_percent else self.price - (self.disc_amount or 0)
        return exact.quantize(UNIT_PRICE_PLACES, ROUND_HALF_UP)


def _price(value: Any) -> Any:
    if isinstance(value, int | float | Decimal | str) and not isinstance(value, bool):
        return {"price": value}
    return value


AnyPrice = Annotated[Price, BeforeValidator(_price)]


Model = TypeVar("Model", bound=BaseModel)


def read_value(model: type[Model], value: Any, plain: str | None = None) -> Model:
    """`value` as a `model`; where it is no object, it is the member named `plain`. Raises `InvalidValue`."""
    if plain is not None and not isinstance(value, Mapping):
        value = {plain: value}
    try:
        return model.model_validate(value)
    except ValidationError as failure:
        raise InvalidValue(_described(failure)) from None


def reads(model: type[Model], plain: str | None = None) -> Callable[[Any, object], Model]:
    """The reader of a mapping value that is a `model` whatever the channel's settings; `plain` as in `read_value`."""

    def read(value: Any, _: object) -> Model:
        return read_value(model, value, plain)

    return read


def _described(failure: ValidationError) -> str:
    """Every error with its place, without the input: it may be a secret."""
    errors = failure.errors(include_url=False, include_input=False)
    return "; ".join(
        ": ".join(part for part in (".".join(map(str, error["loc"])), _plain(error["msg"])) if part) for error in errors
    )


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
