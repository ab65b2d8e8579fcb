"""Failures of AWS calls in one sentence each, for people; without what was sent."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own is meant
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

_LOGIN_AGAIN = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"}
)
_NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
_UNREACHABLE = (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    HTTPClientError,
    ConnectionError,
)
_NO_LOGIN = (UnauthorizedSSOTokenError, TokenRetrievalError, SSOError)


def explain(failure: BotoCoreError | ClientError) -> str:
    """What went wrong and what to do about it."""
    if isinstance(failure, ClientError):
        return _refusal(failure)
    match failure:
        case NoCredentialsError() | PartialCredentialsError():
            return "No AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        case NoRegionError():
            return "No AWS region is set: set AWS_REGION."
        case ProfileNotFound():
            return f"{failure}."
        case _ if isinstance(failure, _NO_LOGIN):
            return "The AWS session has ended: log in again."
        case _ if isinstance(failure, _UNREACHABLE):
            return f"AWS cannot be reached: {failure}"
        case _:
            return f"AWS: {failure}"


def is_unconfigured(failure: BaseException) -> bool:
    """Whether nothing says which account or region is meant."""
    return isinstance(failure, (NoCredentialsError, PartialCredentialsError, NoRegionError))


def is_unreachable(failure: BaseException) -> bool:
    """Whether nothing answered."""
    return isinstance(failure, _UNREACHABLE)


def _refusal(failure: ClientError) -> str:
    error = failure.response["Error"]
    code, message = error.get("Code", "unknown error"), error.get("Message", "")
    if code in _LOGIN_AGAIN:
        return f"AWS does not accept the credentials ({code}): log in again."
    if code in _NOT_ALLOWED:
        return f"These credentials may not call {failure.operation_name}: {message}"
    return f"AWS refused {failure.operation_name}: {code}: {message}"
