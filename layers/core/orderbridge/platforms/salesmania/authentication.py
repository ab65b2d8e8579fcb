"""SalesMania's three calls on the way in (SalesMania's document, Authentication & Select Database).

The document has their names, and the path of the last; apart from the other endpoints, because every login needs them.
"""

from __future__ import annotations

from orderbridge.platforms.endpoints import Answer, Endpoint, InQuery, Request, Rows, Undocumented
from orderbridge.platforms.numbers import Text, Whole

BASIC = "basic"
BEARER = "bearer"
TEAM = "team"
"""How a call is let in: HTTP Basic, the bearer token, or the bearer token and the team token."""


class Database(Answer):
    """A database of the account."""

    id: Whole
    name: Text | None = None


class GetToken(Request[Undocumented]):
    """Get bearer token from Basic Auth."""

    endpoint = Endpoint(
        "Authentication & Select Database", "Get bearer token from Basic Auth", "GET", "<token>", access=BASIC
    )


class GetDatabases(Request[Rows[Database]]):
    """Get list of databases."""

    endpoint = Endpoint(
        "Authentication & Select Database", "Get list of databases", "GET", "<databases>", access=BEARER
    )


class GetTeamToken(Request[Undocumented]):
    """Get team token for a selected database; how it is selected is not documented, so both likely names are sent."""

    endpoint = Endpoint(
        "Authentication & Select Database",
        "Get team token for a selected database",
        "GET",
        "<team_token>",
        access=BEARER,
    )

    database_id: InQuery[int]
    db_id: InQuery[int]
