"""JSON documents that partners send, read strictly and with every error at once."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from orderbridge.values.refusals import FieldError, InvalidFields, MalformedRequest

MAX_FIELD_ERRORS = 500
"""More than a full order can have; the rest of them would only make an answer that API Gateway does not take."""

_LONGEST_WHOLE = 20
"""Digits up to which a whole number is written out where it has an exponent: more than any field takes."""

DocumentT = TypeVar("DocumentT", bound=BaseModel)


def parse_document(model: type[DocumentT], body: bytes) -> DocumentT:
    """`body`, UTF-8 with or without a BOM, as a `model`.

    Raises `MalformedRequest` where it is not JSON or has a member twice, `InvalidFields` with all errors at once.
    """
    try:
        document = _JSON.decode(body.removeprefix(codecs.BOM_UTF8).decode())
        # pydantic by itself would take the last of two members of one name, and knows no whole number with a fraction.
        return model.model_validate_json(json.dumps(document))
    except ValidationError as failure:
        details = failure.errors(include_url=False, include_input=False)
    except UnicodeDecodeError as failure:
        raise MalformedRequest("malformed_json", "The body is not text in UTF-8.") from failure
    except (ValueError, RecursionError) as failure:
        raise _not_json() from failure
    if any(error["type"] == "json_invalid" for error in details):
        raise _not_json()
    raise InvalidFields(
        "invalid_fields",
        "The request has invalid fields; see errors.",
        errors=[FieldError(_pointer(error["loc"]), error["msg"]) for error in details[:MAX_FIELD_ERRORS]],
    )


def _not_json() -> MalformedRequest:
    return MalformedRequest("malformed_json", "The body is not valid JSON.")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        ((name, _),) = Counter(name for name, _ in members).most_common(1)
        raise MalformedRequest("malformed_json", f"The member {json.dumps(name[:100])} stands twice in one object.")
    return found


def _number(text: str) -> int | float:
    """A number that is written with a fraction or an exponent: an int where it is whole, since JSON has one kind."""
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond every number
        return float(text)
    if number.adjusted() < _LONGEST_WHOLE and number == number.to_integral_value():
        return int(number)
    return float(text)  # no field takes it, so its digits do not matter


_JSON = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
