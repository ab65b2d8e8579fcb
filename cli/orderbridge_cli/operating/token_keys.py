"""The token keys as an operator sees and rotates them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orderbridge.partners.token_keys import KeyStillComing, TokenKey, replace_compromised, rotate, stages
from orderbridge.values.times import Clock
from orderbridge_cli.operating.ports import TokenKeyVault
from orderbridge_cli.operating.refusals import OperationRefused


@dataclass(frozen=True, slots=True)
class OperateKeys:
    """Shows the ring of token keys and rotates it; the keys themselves are never shown."""

    vault: TokenKeyVault
    new_key: Callable[[], str]
    clock: Clock

    def list_keys(self) -> Sequence[TokenKey]:
        return stages(self.vault.read(), self.clock().timestamp())

    def rotate(self) -> Sequence[TokenKey]:
        """A new key, which signs in five minutes; no token becomes invalid.

        Raises `OperationRefused` within five minutes of the last rotation.
        """
        try:
            self.vault.write(rotate(self.vault.read(), self.new_key(), self.clock().timestamp()))
        except KeyStillComing as coming:
            raise OperationRefused(
                f"The key of the last rotation does not sign yet; try again in {coming.seconds:.0f} seconds."
            ) from coming
        return self.list_keys()

    def replace_compromised(self) -> Sequence[TokenKey]:
        """A new key instead of all others: every token of before ends, and every partner logs in again."""
        self.vault.write(replace_compromised(self.vault.read(), self.new_key(), self.clock().timestamp()))
        return self.list_keys()
