"""Authentication & Select Database: Basic, then bearer, then the team token of one database; and the teams.

Only the path of `team_token` is in the document. The others, the parameter that selects the database and the names
of the fields are this project's reading; the settings `token_field` and `list_shape` vary them.
"""

from __future__ import annotations

import base64
import binascii
from hmac import compare_digest
from typing import TYPE_CHECKING

from orderbridge_sandboxes.exchange import Reply
from orderbridge_sandboxes.platform import Call, Route
from orderbridge_sandboxes.salesmania.state import shaped_list

if TYPE_CHECKING:
    from orderbridge_sandboxes.salesmania import SalesmaniaPlatform


def get_token(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get bearer token from Basic Auth."""
    scheme, _, encoded = (call.request.header("authorization") or "").partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        pair = b""
    known = f"{platform.settings.username}:{platform.settings.password}".encode()
    if scheme.lower() != "basic" or not compare_digest(pair, known):
        return platform.refusal(401, "Unauthenticated.")
    payload = {"user": platform.settings.username}
    return _token(
        platform, platform.tokens.issue(platform.clock(), platform.settings.bearer_seconds, payload, team=False)
    )


def _token(platform: SalesmaniaPlatform, token: str) -> Reply:
    if platform.settings.token_field == "data.token":  # noqa: S105 - the name of a field
        return Reply.of({"data": {"token": token}})
    return Reply.of({platform.settings.token_field: token})


def get_databases(platform: SalesmaniaPlatform, _call: Call) -> Reply:
    """Get list of databases."""
    rows = [{"id": database.id, "name": database.name} for database in platform.databases.values()]
    return shaped_list(rows, "databases", platform.settings.list_shape)


def get_team_token(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get team token for a selected database: `db_id` (or `database_id`), and `team_id` for another team."""
    query = call.request.query
    chosen = [query[name] for name in ("db_id", "database_id") if name in query]
    if len(set(chosen)) != 1 or not chosen[0].isdecimal() or int(chosen[0]) not in platform.databases:
        return platform.refusal(404 if chosen else 400, "Database not found.")
    database = platform.databases[int(chosen[0])]
    team = query.get("team_id", str(min(database.teams)))
    if not team.isdecimal() or int(team) not in database.teams:
        return platform.refusal(404, "Team not found.")
    payload = {"db_id": database.id, "team_id": int(team)}
    return _token(
        platform, platform.tokens.issue(platform.clock(), platform.settings.team_token_seconds, payload, team=True)
    )


def get_teams(platform: SalesmaniaPlatform, call: Call) -> Reply:
    """Get teams."""
    return shaped_list(list(platform.opened(call)[0].teams.values()), "teams", platform.settings.list_shape)


ROUTES = [
    Route("GET", "/extapi/v1.0/token", get_token, open=True),
    Route("GET", "/extapi/v1.0/databases", get_databases),
    Route("GET", "/extapi/v1.0/team_token", get_team_token),
    Route("GET", "/extapi/v1.0/teams", get_teams),
]
