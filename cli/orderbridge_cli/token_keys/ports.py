"""What rotating the token keys needs of the world, as a Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class TokenKeyVault(Protocol):
    """The secret with the token keys (`partners.token_keys`)."""

    def read(self) -> Mapping[str, Any]: ...

    def write(self, document: Mapping[str, Any]) -> None: ...
