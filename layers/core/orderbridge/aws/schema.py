"""Which version of the data model a table is of. The table says so itself, in one item; any other is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderbridge.aws.items import Item, keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


VERSION = 1
"""What this build reads and writes. It goes up with every change after which older items are not read any more."""
SCHEMA = "SCHEMA"
"""Both keys of the item."""


class OtherSchema(Exception):
    """A table that this build does not read; its message says which it is and what to do, and quotes no data."""

    def __init__(self, found: str | None) -> None:
        super().__init__(_sentence(found))
        self.is_unmarked = found is None


def schema_item(version: int = VERSION) -> Item:
    """What a table of this version has."""
    return {**keys(SCHEMA, SCHEMA), "version": {"N": str(version)}}


def check_schema(item: Item | None) -> None:
    """Raise `OtherSchema` unless this is the item of a table of this version; None: the table has none. Pure."""
    found = None if item is None else str(item.get("version", {}).get("N", "an unknown one"))
    if found != str(VERSION):
        raise OtherSchema(found)


def require_schema(client: DynamoDBClient, table: str) -> None:
    """Raise `OtherSchema` unless the table is of this version; one read, strongly consistent."""
    check_schema(client.get_item(TableName=table, Key=keys(SCHEMA, SCHEMA), ConsistentRead=True).get("Item"))


def _sentence(found: str | None) -> str:
    if found is None:
        return (
            "The table does not say which version it is of. A new, empty one is set up by the first `orderbridge` "
            "command that is run on it; one with items in it is of a build before there were versions: run "
            "`orderbridge drain` until nothing is open, and begin with an empty table."
        )
    return (
        f"The table is of version {found}, and this build reads version {VERSION}. Run `orderbridge drain` of the "
        "build that wrote it until nothing is open, and begin with an empty table."
    )
