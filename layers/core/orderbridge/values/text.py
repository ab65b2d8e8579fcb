"""Text that is compared, and text that is kept.

Codes, references and mapping keys: what looks the same in a table is the same (decision 0028). Words of others: on one
line, printable, and bounded.
"""

from __future__ import annotations

import re
import unicodedata

_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ALSO_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""What else shows nothing: Unicode's Default_Ignorable_Code_Point without the format characters, and blank braille."""


class UnseenCharacter(ValueError):
    """A character that does not belong inside a code; the message names it."""


def trimmed(text: str) -> str:
    """`text` without the spaces and unseen characters at its ends, however they are mixed."""
    if text.isascii():
        return text.strip()
    return text.strip("".join(sign for sign in set(text) if sign.isspace() or _is_unseen(sign)))


def compared(text: str) -> str:
    """`text` as it is compared: trimmed, in NFC, each stretch of inner space one space. It is its own compared form."""
    return " ".join(unicodedata.normalize("NFC", trimmed(text)).split())


def caseless(text: str) -> str:
    """A compared text with case ignored (Unicode 3.13, canonical caseless matching), in NFC."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def checked_code(text: str) -> str:
    """`text` as it is compared; raises `UnseenCharacter` for a control character or one that nobody can see inside."""
    inner = trimmed(text)
    if not (inner.isascii() and inner.isprintable()):
        for sign in inner:
            if unicodedata.category(sign) in _CONTROLS:
                raise UnseenCharacter("Control characters are not allowed")
            if _is_unseen(sign):
                raise UnseenCharacter(f"{_named(sign)} is not allowed inside, because nobody can see it")
    return compared(inner)


def _named(sign: str) -> str:
    """A character by number and name, ``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, 'without a name')}"


def is_utf16(content: bytes) -> bool:
    """Whether a file begins as UTF-16 text does, with a byte order mark or with the NUL beside its first letter."""
    return content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:2]


def _is_unseen(sign: str) -> bool:
    return not sign.isascii() and (unicodedata.category(sign) == "Cf" or _ALSO_UNSEEN.match(sign) is not None)


MAX_DETAIL_LENGTH = 500


def one_line(text: str) -> str:
    """`text` on one line, without what cannot be printed: control characters, format characters, lone surrogates."""
    printable = text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.split())


def bounded(text: str, limit: int = MAX_DETAIL_LENGTH) -> str:
    """`text` fit to be kept: on one line, printable, and at most `limit` characters long."""
    flat = one_line(text)
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
