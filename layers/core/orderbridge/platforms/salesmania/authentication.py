"""SalesMania's three calls on the way in (SalesMania's document, Authentication & Select Database).

The document has their names, and the path of the last; apart from the other endpoints, because every login needs them.
"""

from __future__ import annotations

from typing import Any

from orderbridge.calls.endpoints import Endpoint, InQuery, Request

GROUP = "Authentication & Select Database"


class GetToken(Request[Any]):
    """Get bearer token from Basic Auth."""

    endpoint = Endpoint(GROUP, "Get bearer token from Basic Auth", "GET", "<token>")


class GetDatabases(Request[Any]):
    """Get list of databases."""

    endpoint = Endpoint(GROUP, "Get list of databases", "GET", "<databases>")


class GetTeamToken(Request[Any]):
    """Get team token for a selected database; how it is selected is not documented, so both likely names are sent."""

    endpoint = Endpoint(GROUP, "Get team token for a selected database", "GET", "<team_token>")

    database_id: InQuery[int]
    db_id: InQuery[int]
