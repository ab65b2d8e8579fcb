"""Every call that the platforms' documents name, called by us or not, as data: ``<platform>.json`` beside this module.

Those that are called are types besides, in the platform's package; what is said of them here is held to those types.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(_Part):
    """One parameter of a call. A member of an object is ``payment.status``, of a list's objects ``products[].id``.

    A member is `required` where what it belongs to is given; what is required only under a condition is not, and
    `required_if` says when. `only` is the one value that may be sent. `source` says where a parameter is from that is
    in no table of the document, or of the page that the call is from.
    """

    name: str
    place: Literal["path", "query", "body", "query and body"] = Field(alias="in")
    type: Literal["string", "integer", "number", "numeric", "boolean", "object", "file", "any"]
    """``numeric`` is a number or its digits; ``any``, a type that is not documented."""
    required: bool
    required_if: str | None = None
    repeatable: bool = False
    """Whether it is a list of these."""
    values: tuple[str, ...] = ()
    only: bool | None = None
    source: str | None = None
    guess: bool = False


class Endpoint(_Part):
    """One call: its group and name in the document, and how it is made.

    `setting` names the channel's setting that stands for the path's beginning, where there is one. `undocumented` are
    the parts that the document does not have, or has wrongly; `source` is where they are from, and `guess` says that
    this proves nothing. `forbidden` is why it must never be called.
    """

    group: str
    name: str
    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    setting: str | None = None
    access: str | None = None
    """How it is let in, where a platform has several ways."""
    repeatable: bool
    """Whether asking twice is the same as asking once."""
    section: str
    undocumented: tuple[Literal["method", "path"], ...] = ()
    source: str | None = None
    guess: bool = False
    forbidden: str | None = None
    parameters: tuple[Parameter, ...]


class Catalogue(_Part):
    """A platform's calls, in the order of its document."""

    title: str
    document: str
    endpoints: tuple[Endpoint, ...]


@cache
def catalogue_of(platform: str) -> Catalogue:
    """The catalogue of a platform; raises FileNotFoundError where it has none."""
    return Catalogue.model_validate_json(Path(__file__).with_name(f"{platform}.json").read_bytes())
