"""The answer to a login and to a refresh."""

from __future__ import annotations

from pydantic import Field

from orderbridge.entrypoints.answers.answer import Answer
from orderbridge.partners.login import AccessToken


class Token(Answer):
    """An access token."""

    token: str = Field(description="Send it as `Authorization: Bearer <token>`.")
    expired_at: int = Field(description="When the token expires, in unix seconds: twelve hours after it was issued.")

    @classmethod
    def of(cls, access: AccessToken) -> Token:
        return cls.model_construct(token=access.token, expired_at=access.expired_at)
