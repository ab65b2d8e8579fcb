"""The function's table: of another version of the data model, nothing is done with it."""

from __future__ import annotations

from orderbridge.aws import clients
from orderbridge.aws.clients import Patience
from orderbridge.aws.schema import require_schema
from orderbridge.entrypoints.settings import Settings, load


class OwnTable:
    """Looks at the table before the first piece of work. Made with the handler, so it lasts as long as an environment.

    What was right is not looked at again; what was wrong is, so that a mended table needs no new environments.
    """

    def __init__(self, patience: Patience) -> None:
        self._name = load(Settings).table_name
        self._patience = patience
        self._is_right = False

    def require(self) -> None:
        """Raise `OtherSchema` where the table is of another version than this build reads."""
        if not self._is_right:
            require_schema(clients.dynamodb(self._patience), self._name)
            self._is_right = True
