"""Text of a platform without what its channel logs in with.

Values are found in whatever form an answer may quote them: as they are, URL-encoded, escaped as in JSON or HTML, in
Base64, or one form within another. Rather too much is masked than too little.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from typing import Any

MASK = "***"
SHORTEST = 6
"""A shorter value is in too many words; it is masked by its name alone."""

_BACKSLASHES = r"(?:\\(?:u005c)?|%(?:25){0,3}5c){0,64}"
"""What escapes a character, or is one of the value's own; bounded, as all repeats are that a body could prolong."""
_ESCAPED = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_NAME = r"[^\"\\=&\s]{0,60}(?:token|authorization|signature|secret|passw|key|hmac|\bmac\b)[^\"\\=&\s]{0,60}"
_NAMED = re.compile(
    # A member of a JSON object, and of one that is quoted in a text.
    rf"(?P<member>\\{{0,8}}\"{_NAME}\\{{0,8}}\"\s*:\s*)"
    rf"(?:\"(?:[^\"\\]|\\.)*\"?|\\{{1,8}}\"[^\"\\]*|\[[^\]]*|\{{[^}}]*|[^\s,}}\]\"]+)"
    # A field of a form or a query.
    rf"|(?P<field>(?<![^\s?&;\"]){_NAME}=)[^&\s\"<>]+"
    r"|(?P<scheme>\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}",
    re.IGNORECASE | re.DOTALL,
)


def secrets_in(credentials: Any) -> Iterator[str]:
    """Every text in credentials that is long enough to be masked, however deep."""
    if isinstance(credentials, str | int):
        if len(text := str(credentials)) >= SHORTEST:
            yield text
    elif isinstance(credentials, dict):
        for value in credentials.values():
            yield from secrets_in(value)
    elif isinstance(credentials, Iterable):
        for value in credentials:
            yield from secrets_in(value)


def masked(text: str, secrets: Iterable[str]) -> str:
    """`text` without these secrets in any form, and without the values of what is named like one."""
    forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
    for form in forms:
        text = re.compile(_pattern(form), re.IGNORECASE).sub(MASK, text)
    return _NAMED.sub(lambda found: f"{found['member'] or found['field'] or found['scheme']}{_in_place(found)}", text)


def _in_place(found: re.Match[str]) -> str:
    return json.dumps(MASK) if found["member"] and not found["member"].startswith("\\") else MASK


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for raw in {secret.encode("utf-8", "surrogatepass"), json.dumps(secret)[1:-1].encode()}:
        # Within a longer text, as in Basic authentication, it may begin at any of three places.
        for offset in range(3):
            shown = base64.b64encode(bytes(offset) + raw).decode()
            inner = shown[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
            yield from (inner, inner.replace("+", "-").replace("/", "_"))
        yield base64.b64encode(raw).decode()
        yield base64.urlsafe_b64encode(raw).decode()


def _pattern(form: str) -> str:
    signs = [sign for sign in form if sign != "\\"]
    if not signs:
        return rf"\\{{{len(form)},}}"
    return _BACKSLASHES.join(map(_sign, signs))


@cache
def _sign(sign: str) -> str:
    """One character in every form."""
    raw = sign.encode("utf-8", "surrogatepass")
    units = json.dumps(sign)[1:-1] if not sign.isascii() else f"\\u{ord(sign):04x}"
    shown = [
        re.escape(sign),
        r"\\{1,8}".join(units.lstrip("\\").split("\\")),
        "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in raw),
    ]
    if escape(sign) != sign:
        shown.append(re.escape(escape(sign)))
    if sign == " ":
        shown.append(r"\+")
    if sign in _ESCAPED:
        shown.append(_ESCAPED[sign])
    return f"(?:{'|'.join(shown)})"
