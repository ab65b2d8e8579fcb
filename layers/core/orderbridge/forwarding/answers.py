"""What is kept of an attempt that did not bring an order to its platform, for the person who has to understand it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orderbridge.forwarding.masking import masked, secrets_in

if TYPE_CHECKING:
    from orderbridge.http.heard import Heard

BODY_BYTES = 4096
MASKED_BYTES = 64 * 1024
"""As much of a body as is looked at: masking takes longer than reading, and far less of it is kept."""
_TYPE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The last answer of an attempt, masked; of its body the first 4 KB. `trouble` is what there was in its place."""

    attempt_id: str
    at: str
    status: int | None = None
    content_type: str | None = None
    body: str | None = None
    trouble: str | None = None


def kept_answer(attempt_id: str, at: str, heard: Heard, credentials: Any, trouble: str) -> KeptAnswer:
    """What was heard, without anything that the channel logs in with; `trouble` where nothing was."""
    # Of `Bearer <token>` the token, too.
    sent = {word for value in heard.let_in for word in (value, *value.split()[1:])}
    secrets = [*secrets_in(credentials), *secrets_in(sent)]
    if heard.body is None:
        return KeptAnswer(attempt_id, at, heard.status, trouble=_beginning(masked(heard.trouble or trouble, secrets)))
    # Masked before it is cut: half a secret would not be known for one.
    body = _beginning(masked(heard.body[:MASKED_BYTES].decode("utf-8", "replace"), secrets))
    content_type = masked(heard.content_type or "", secrets)[:_TYPE_LENGTH]
    return KeptAnswer(attempt_id, at, heard.status, content_type or None, body)


def _beginning(text: str) -> str:
    return text.encode("utf-8", "replace")[:BODY_BYTES].decode("utf-8", "ignore")
