"""The answer about what is in stock."""

from __future__ import annotations

from pydantic import Field

from orderbridge.entrypoints.answers.answer import NEXT_CURSOR, TIME, Answer
from orderbridge.reading.stock import StockPage


class Stock(Answer):
    """What is in stock of one product."""

    product_code: str = Field(description="Your code of the product.")
    available: int = Field(description="Pieces at the source of record.")
    as_of: str = TIME


class StockFound(Answer):
    """A page of stock levels, by product code."""

    message: str
    data: list[Stock]
    next_cursor: str | None = NEXT_CURSOR

    @classmethod
    def of(cls, page: StockPage) -> StockFound:
        return cls.model_construct(
            message="Stock levels found",
            data=[
                Stock.model_construct(
                    product_code=level.product_code, available=int(level.available), as_of=level.as_of
                )
                for level in page.levels
            ],
            next_cursor=page.next_cursor.encode() if page.next_cursor else None,
        )
