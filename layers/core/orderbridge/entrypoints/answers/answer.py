"""What all answers have in common, and the fields that several of them have."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TIME = Field(
    description="ISO 8601, UTC, with milliseconds.",
    json_schema_extra={"format": "date-time", "examples": ["2025-01-01T00:00:00.000Z"]},
)
CODE = Field(description="The order's code; it never changes.", pattern=r"^SO-\d{8}-\d{5,}$")
STATUS = Field(description="With several channels the least advanced of those that are still alive.")
REFERENCE = Field(description="Your own number of the order, where you have given one.")
NEXT_CURSOR = Field(
    description="Send it as `cursor` for the next page; null on the last one. A page may be short and still have a "
    "next."
)


class Answer(BaseModel):
    """A body, or a part of one, with nothing that is not described.

    Answers are made with `model_construct`, whose arguments mypy checks: what is stored was validated when it came in,
    and an order that an older rule has let in is shown as it is.
    """

    model_config = ConfigDict(extra="forbid")

    def body(self) -> dict[str, Any]:
        """The members that were given, in the model's order; nothing is said of a value that fits no field."""
        return self.model_dump(exclude_unset=True, warnings=False)
