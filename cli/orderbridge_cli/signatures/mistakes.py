"""The strings that partners sign by mistake, the likely ones first.

Every suspect differs from the right string by one mistake in its content, one in its framing, or one of each. The
debugger compares them with what a signature was really made over (`recovery`), so each costs one hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from orderbridge.partners.partner import SignatureProfile
from orderbridge.partners.signatures import BadTimestamp, message_to_sign, timestamp_to_milliseconds

NEARBY_SECONDS = 600

_ISO_ZONES_HOURS = (0, 7, 8, 9)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 4_000_000_000
"""In the year 2096; a clock beyond it is wrong in other ways."""
_SEPARATORS = {
    ":": "a colon",
    "": "nothing",
    ",": "a comma",
    ".": "a dot",
    "-": "a hyphen",
    "&": "an ampersand",
    ";": "a semicolon",
    " ": "a space",
    "\n": "a newline",
    " | ": "a bar between spaces",
    "||": "two bars",
}
_LITERALS = (
    "$CLIENT_ID|$TIMESTAMP",
    "${CLIENT_ID}|${TIMESTAMP}",
    "client_id|timestamp",
    "client_id|X-TIMESTAMP",
    "client_id + | + X-TIMESTAMP",
    '"client_id" + "|" + "X-TIMESTAMP"',
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What the signature in question belongs to; `timestamp` is the X-TIMESTAMP header as sent.

    `body` is None where nobody knows it, which the legacy profile does not need.
    """

    client_id: str
    timestamp: str
    profile: SignatureProfile = "legacy"
    method: str = "POST"
    path: str = "/api/v1/sales-orders"
    body: bytes | None = None

    def string_to_sign(self, profile: SignatureProfile | None = None) -> bytes:
        """The exact bytes that the signature has to be made over."""
        return message_to_sign(
            profile or self.profile,
            client_id=self.client_id,
            timestamp=self.timestamp,
            method=self.method,
            path=self.path,
            body=self.body or b"",
        )


@dataclass(frozen=True, slots=True)
class Suspect:
    """A string that may have been signed, and the mistakes in it; none in the right one."""

    message: bytes
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that went wrong: a stable code, and what happened with what to do about it."""

    code: str
    detail: str


def suspects(request: SignedRequest) -> Iterator[Suspect]:
    """The right string and every wrong one that is known, fewest mistakes first."""
    right = request.string_to_sign()
    contents = [Suspect(message, (mistake,)) for message, mistake in _contents(request) if message != right]
    yield Suspect(right)
    yield from _framed(Suspect(right))
    yield from contents
    for content in contents:
        yield from _framed(content)


def _framed(suspect: Suspect) -> Iterator[Suspect]:
    for mistake, frame in _FRAMES:
        yield Suspect(frame(suspect.message), (*suspect.mistakes, mistake))


def _hex_digest(message: bytes) -> bytes:
    return hashlib.sha256(message).hexdigest().encode()


_TWICE = "The SHA-256 of the string was signed, and so hashed once more. Sign the string: SHA256withRSA hashes it"
_FRAMES: tuple[tuple[Mistake, Callable[[bytes], bytes]], ...] = (
    (
        Mistake("trailing_newline", "The signed text ends with a newline. `echo` adds one: use `printf '%s'`."),
        lambda message: message + b"\n",
    ),
    (
        Mistake("trailing_crlf", "The signed text ends with CR LF, the line end of Windows. Sign it without."),
        lambda message: message + b"\r\n",
    ),
    (Mistake("trailing_cr", "The signed text ends with a carriage return (CR)."), lambda message: message + b"\r"),
    (Mistake("trailing_space", "The signed text ends with a space."), lambda message: message + b" "),
    (
        Mistake(
            "literal_newline", "The signed text ends with a backslash and an n. `echo` printed its escape as it is."
        ),
        lambda message: message + b"\\n",
    ),
    (Mistake("trailing_nul", "The signed text ends with a NUL byte."), lambda message: message + b"\x00"),
    (Mistake("leading_space", "The signed text begins with a space."), lambda message: b" " + message),
    (
        Mistake("byte_order_mark", "The signed text begins with a UTF-8 byte order mark, which some editors write."),
        lambda message: b"\xef\xbb\xbf" + message,
    ),
    (Mistake("quoted", "The signed text stands in double quotes."), lambda message: b'"' + message + b'"'),
    (Mistake("quoted", "The signed text stands in single quotes."), lambda message: b"'" + message + b"'"),
    (
        Mistake("utf_16", "The string was signed as UTF-16. Encode it as UTF-8."),
        lambda message: message.decode("utf-8", "replace").encode("utf-16-le", "surrogatepass"),
    ),
    (
        Mistake("url_encoded", "The string was URL-encoded before it was signed."),
        lambda message: quote(message, safe="").encode(),
    ),
    (Mistake("base64_signed", "The Base64 of the string was signed."), base64.b64encode),
    (Mistake("digest_signed_again", f"{_TWICE}."), lambda message: hashlib.sha256(message).digest()),
    (Mistake("digest_signed_again", f"{_TWICE} (the digest was in hex)."), _hex_digest),
    (
        Mistake("digest_signed_again", f"{_TWICE} (the digest was in hex, with a newline)."),
        lambda message: _hex_digest(message) + b"\n",
    ),
    (
        Mistake("digest_signed_again", f"{_TWICE} (the digest was in upper-case hex)."),
        lambda message: _hex_digest(message).upper(),
    ),
    (
        Mistake("digest_signed_again", f"{_TWICE} (the digest was in Base64)."),
        lambda message: base64.b64encode(hashlib.sha256(message).digest()),
    ),
)


def _contents(request: SignedRequest) -> Iterator[tuple[bytes, Mistake]]:
    if request.profile == "legacy":
        before_timestamp = f"{request.client_id}|"
        yield from ((text.encode(), mistake) for text, mistake in _legacy_texts(request.client_id, request.timestamp))
        if request.body is not None:
            yield from _legacy_with_body(request, request.body)
    else:
        before_timestamp = _until_timestamp(request) + ":"
        yield from ((text.encode(), mistake) for text, mistake in _body_bound_texts(request))
        yield from _other_digests(request)
    for timestamp, mistake in _other_timestamps(request.timestamp):
        yield f"{before_timestamp}{timestamp}".encode(), mistake


def _legacy_texts(client_id: str, timestamp: str) -> Iterator[tuple[str, Mistake]]:
    for separator, name in _SEPARATORS.items():
        mistake = Mistake("separator", f"Between client_id and timestamp stands {name}; it must be one bar, |.")
        yield f"{client_id}{separator}{timestamp}", mistake
    yield f"{timestamp}|{client_id}", Mistake("order", "The timestamp was signed before the client_id.")
    for other, case in ((client_id.lower(), "lower"), (client_id.upper(), "upper")):
        detail = f"The client_id was signed in {case} case; sign it exactly as in X-CLIENT-ID."
        yield f"{other}|{timestamp}", Mistake("client_id_case", detail)
    for ending, name in (("\n", "a newline"), ("\r\n", "CR LF"), (" ", "a space")):
        detail = f"The client_id was signed with {name} behind it, as the last line of a file has one."
        yield f"{client_id}{ending}|{timestamp}", Mistake("client_id_whitespace", detail)
    yield client_id, Mistake("timestamp_left_out", "Only the client_id was signed.")
    yield timestamp, Mistake("client_id_left_out", "Only the timestamp was signed.")
    for literal in _LITERALS:
        detail = "The names of the parts were signed, not their values. A shell leaves '$X' in single quotes as it is."
        yield literal, Mistake("literal_signed", detail)


def _legacy_with_body(request: SignedRequest, body: bytes) -> Iterator[tuple[bytes, Mistake]]:
    right = request.string_to_sign()
    digest = hashlib.sha256(body).hexdigest().encode()
    mistake = Mistake("body_included", "The body was signed too. The legacy string is client_id|timestamp alone.")
    for message in (right + b"|" + body, right + body, right + b"|" + digest, body + b"|" + right, body, digest):
        yield message, mistake
    detail = "The string of the body-bound profile was signed; this partner's profile is legacy."
    yield request.string_to_sign("snap-asym"), Mistake("other_profile", detail)


def _body_bound_texts(request: SignedRequest) -> Iterator[tuple[str, Mistake]]:
    method, path, timestamp = request.method, request.path, request.timestamp
    digest = hashlib.sha256(request.body or b"").hexdigest()
    detail = "The legacy string was signed; this partner's profile is snap-asym."
    yield f"{request.client_id}|{timestamp}", Mistake("other_profile", detail)
    yield (
        f"{method.lower()}:{path}:{digest}:{timestamp}",
        Mistake("method_case", "The method was signed in lower case."),
    )
    mistake = Mistake("path", "Another path was signed; sign the path alone, from /api/v1 on, without host or stage.")
    for other in (f"/prod{path}", path.removeprefix("/api/v1"), path.removeprefix("/"), f"{path}/"):
        yield f"{method}:{other}:{digest}:{timestamp}", mistake
    mistake = Mistake("separator", "The parts are not separated by one colon each.")
    for separator in ("|", "", ",", "\n", " : "):
        yield separator.join((method, path, digest, timestamp)), mistake
    yield _until_timestamp(request), Mistake("timestamp_left_out", "The timestamp was not signed.")
    yield f"{method}:{path}:{timestamp}", Mistake("body_digest", "The body's SHA-256 was left out.")


def _other_digests(request: SignedRequest) -> Iterator[tuple[bytes, Mistake]]:
    body = request.body or b""
    digest = hashlib.sha256(body)
    texts = [
        (
            digest.hexdigest().upper().encode(),
            "The body's SHA-256 was signed in upper-case hex; it must be lower case.",
        ),
        (base64.b64encode(digest.digest()), "The body's SHA-256 was signed in Base64; it must be in lower-case hex."),
        (body, "The body itself was signed; its SHA-256 in lower-case hex must stand there, of an empty body too."),
    ]
    for other, what in _other_bodies(body):
        detail = f"The SHA-256 of {what} was signed. Hash the very bytes that are sent."
        texts.append((hashlib.sha256(other).hexdigest().encode(), detail))
    for text, detail in texts:
        message = f"{request.method}:{request.path}:".encode() + text + f":{request.timestamp}".encode()
        yield message, Mistake("body_digest", detail)


def _other_bodies(body: bytes) -> Iterator[tuple[bytes, str]]:
    yield b"", "an empty body"
    yield b"{}", "an empty JSON object"
    yield body + b"\n", "the body with a newline behind it"
    yield body.rstrip(b"\r\n"), "the body without the newline at its end"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    for ascii_only in (False, True):
        for indent, separators, how in (
            (None, (",", ":"), "without spaces"),
            (None, (", ", ": "), "with spaces"),
            (2, None, "with line breaks"),
        ):
            text = json.dumps(document, indent=indent, separators=separators, ensure_ascii=ascii_only)
            yield text.encode("utf-8", "surrogatepass"), f"the same JSON written anew, {how},"


def _until_timestamp(request: SignedRequest) -> str:
    return f"{request.method}:{request.path}:{hashlib.sha256(request.body or b'').hexdigest()}"


def _other_timestamps(timestamp: str) -> Iterator[tuple[str, Mistake]]:
    try:
        sent_ms = timestamp_to_milliseconds(timestamp)
    except BadTimestamp:
        yield from _readings_of_a_foreign_timestamp(timestamp)
        return
    sent_s = sent_ms // 1000
    if len(timestamp) == 13:
        detail = "The timestamp was signed in seconds, X-TIMESTAMP has milliseconds. Both must be the same text."
        yield str(sent_s), Mistake("timestamp_unit", detail)
    for shift in sorted(range(-NEARBY_SECONDS, NEARBY_SECONDS + 1), key=abs):
        when = f"{abs(shift)} s {'after' if shift > 0 else 'before'} X-TIMESTAMP"
        detail = f"Another timestamp was signed: {sent_s + shift}, {when}. Read the clock once and use that for both."
        yield str(sent_s + shift), Mistake("other_timestamp", detail)
    detail = "The timestamp was signed in milliseconds and is another text than X-TIMESTAMP. Read the clock once."
    for milliseconds in range((sent_s - 1) * 1000, (sent_s + 2) * 1000):
        yield str(milliseconds), Mistake("timestamp_unit", detail)
    yield f"{timestamp}.0", Mistake("timestamp_format", "The timestamp was signed as a number with decimals.")
    for text in _iso_texts(sent_ms):
        yield text, _other_text("timestamp_iso", text, timestamp)


def _readings_of_a_foreign_timestamp(timestamp: str) -> Iterator[tuple[str, Mistake]]:
    """For a header that the API refuses already: what would have been right may have been signed."""
    try:
        moment = datetime.fromisoformat(timestamp.strip())
    except ValueError:
        return
    seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    for text in (str(seconds), str(seconds * 1000)):
        yield text, _other_text("timestamp_format", text, timestamp)


def _other_text(code: str, signed: str, header: str) -> Mistake:
    return Mistake(code, f"The timestamp was signed as {signed}; X-TIMESTAMP is {header}. Both must be the same text.")


def _iso_texts(sent_ms: int) -> Iterator[str]:
    for shift in (0, -1, 1):
        moment = _EPOCH + timedelta(seconds=min(sent_ms // 1000 + shift, _LAST_SECOND))
        for hours in _ISO_ZONES_HOURS:
            plain = (moment + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S")
            offset = f"+{hours:02d}:00"
            yield from (plain, plain.replace("T", " "), plain + offset, plain + offset.replace(":", ""))
            yield f"{plain}.000{offset}"
        plain = moment.strftime("%Y-%m-%dT%H:%M:%S")
        yield from (plain + "Z", f"{plain}.000Z", f"{plain}.{sent_ms % 1000:03d}Z")
