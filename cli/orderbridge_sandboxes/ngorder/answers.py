"""How Ngorder answers: `response` in any case and language, messages as text, list or dict, pages with odd links.

Parameters come from the query or, for the GETs that the document gives a body, from there; both are read, the query
first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from orderbridge_sandboxes.exchange import JsonObject, Refused, Reply
from orderbridge_sandboxes.ngorder.state import Shop
from orderbridge_sandboxes.platform import Call
from orderbridge_sandboxes.validation import Check, Problem, Problems, parse_date, problems_in

if TYPE_CHECKING:
    from orderbridge_sandboxes.ngorder import NgorderPlatform

SUCCESS_WORDS = ("Success", "success", "Sukses", "sukses")


def success(platform: NgorderPlatform, call: Call, data: Any = ..., message: str | None = None, **more: Any) -> Reply:
    """`{"response", "message"?, "data"?}`; `data` is left out when it is not given."""
    document: JsonObject = {"response": _word(platform, call), **more}
    if message is not None:
        document["message"] = [message] if platform.settings.success_message == "list" else message
    if data is not ...:
        document["data"] = data
    return Reply.of(document)


def _word(platform: NgorderPlatform, call: Call) -> str:
    chosen = platform.settings.success_word
    if chosen == "mixed":
        return SUCCESS_WORDS[platform.number("answer") % len(SUCCESS_WORDS)]
    return "Sukses" if call.request.header("accept-language") == "id" else chosen


def failure(platform: NgorderPlatform, message: Any, status: int | None = None) -> Reply:
    """`{"response": "Failed", "message", "data": null}` with the status that the settings choose."""
    document = {"request_id": platform.request_id(), "response": "Failed", "message": message, "data": None}
    return Reply.of(document, status or platform.settings.failed_status)


def refuse_if_any(platform: NgorderPlatform, found: Problems) -> None:
    """The document's error form with every problem: a dict from field to list of sentences."""
    if not found:
        return
    message: dict[str, list[str]] = {}
    for problem in found:
        message.setdefault(problem.path or "body", []).append(_sentence(problem))
    raise Refused(failure(platform, message))


def _sentence(problem: Problem) -> str:
    if problem.path == "payment.cost_of_goods_sales" and problem.rule == "required":
        return f"The payment.cost of goods sales {problem.message}"
    return f"The {problem.path or 'body'} {problem.message}"


def body_of(
    platform: NgorderPlatform, call: Call, check: Check, further: Callable[[Shop, Any], Problems] | None = None
) -> JsonObject:
    """The body, which obeys `check` and what `further` asks of the shop; every problem is reported at once."""
    body: JsonObject = call.document()
    refuse_if_any(platform, problems_in(check, body) + (further(platform.shop, body) if further else []))
    return body


def missing(platform: NgorderPlatform, field: str, what: str) -> Refused:
    """An id that the shop does not have."""
    return Refused(failure(platform, {field: [f"The selected {field} is invalid: {what} not found."]}))


def gone(platform: NgorderPlatform, what: str) -> Refused:
    """A path that names something which is not there."""
    return Refused(failure(platform, f"{what} not found.", 404))


class Parameters:
    """The parameters of one call; every bad one is collected, and `done` refuses with all of them."""

    def __init__(self, platform: NgorderPlatform, call: Call, *, with_body: bool = False) -> None:
        self._platform = platform
        self._problems: Problems = []
        self._values: dict[str, Any] = {}
        if with_body and call.request.body:
            document = call.document()
            if isinstance(document, dict):
                self._values.update(document)
        self._values.update(call.request.query)

    def text(self, name: str, *, required: bool = False, most: int | None = None) -> str | None:
        """A string; None when it was left out or is empty."""
        value = self._values.get(name)
        if value in (None, ""):
            if required:
                self._problems.append(Problem(name, "required", "field is required."))
            return None
        if most is not None and len(str(value)) > most:
            self._problems.append(Problem(name, "range", f"may not be greater than {most} characters."))
        return str(value)

    def integer(
        self, name: str, default: int | None = None, *, required: bool = False, least: int = 0, most: int | None = None
    ) -> int | None:
        """A whole number."""
        value = self.text(name, required=required)
        if value is None:
            return default
        if not value.isdecimal():
            self._problems.append(Problem(name, "type", "must be an integer."))
        elif int(value) < least or (most is not None and int(value) > most):
            self._problems.append(Problem(name, "range", f"must lie between {least} and {most}."))
        else:
            return int(value)
        return default

    def choice(
        self, name: str, choices: Sequence[str], default: str | None = None, *, required: bool = False
    ) -> str | None:
        """One of the document's values."""
        value = self.text(name, required=required)
        if value is not None and value not in choices:
            words = f"must be one of the following value : {', '.join(choices)}"
            self._problems.append(Problem(name, "choice", words))
        return default if value is None else value

    def day(self, name: str, default: date | None = None) -> date | None:
        """A `yyyy-mm-dd` day."""
        value = self.text(name)
        if value is None:
            return default
        day = parse_date(value)
        if day is None:
            self._problems.append(Problem(name, "format", "does not match the format yyyy-mm-dd."))
        return day

    def flag(self, name: str) -> bool:
        """A boolean: true, 1, false, 0."""
        value = self.text(name)
        if value is not None and value.lower() not in ("true", "1", "false", "0"):
            self._problems.append(Problem(name, "type", "must be true or false."))
        return value is not None and value.lower() in ("true", "1")

    def page(self, default: int = 10, most: int | None = 100) -> tuple[int, int]:
        """(page number, per page): `pagination_offset` is the number of a page, whatever its name."""
        size = self.integer("per_page", default, least=1, most=most) or default
        return self.integer("pagination_offset", 1, least=1) or 1, size

    def refuse(self, name: str, message: str) -> None:
        """Adds a problem of the caller's own."""
        self._problems.append(Problem(name, "conflict", message))

    def done(self) -> None:
        """Refuses if anything was wrong."""
        refuse_if_any(self._platform, self._problems)


def paged(
    platform: NgorderPlatform,
    found: Sequence[Any],
    page: tuple[int, int],
    path: str,
    show: Callable[[Any], Any] = lambda row: row,
    **more: Any,
) -> Reply:
    """`{"data", "meta": {"pagination"}}` for one page of `found`; only the page's rows are shown with `show`."""
    number, size = page
    part = [show(row) for row in found[(number - 1) * size : number * size]]
    pages = max(1, -(-len(found) // size))
    pagination = {
        "total": len(found),
        "count": len(part),
        "per_page": size,
        "current_page": number,
        "total_pages": pages,
        "links": _links(platform, path, number, pages),
    }
    return Reply.of({"data": part, "meta": {"pagination": pagination}, **more})


def _links(platform: NgorderPlatform, path: str, number: int, pages: int) -> Any:
    """`{}`, `[]` or an object whose URLs drop the filters and may lack `/open`, as the examples do."""
    match platform.settings.links:
        case "object":
            return {}
        case "list":
            return []
    base = (
        "https://api.smartseller.co.id/api"
        if path in ("customer", "order/details")
        else "https://api.smartseller.co.id/api/open"
    )
    links = {}
    if number > 1:
        links["previous"] = f"{base}/{path}?pagination_offset={number - 1}"
    if number < pages:
        links["next"] = f"{base}/{path.removesuffix('/details')}?pagination_offset={number + 1}"
    return links
