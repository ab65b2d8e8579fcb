"""Rows of the rounds of statuses and stock."""

from __future__ import annotations

from evidence.weather import LISTS, STOCK, AwsFault, Row, Strike

ROUNDS = (
    Row(
        "rounds killed at any step",
        killed={"status_sync": 0.01, "stock_sync": 0.01},
        rounds_are_bad=True,
        hours=24.0,
        weight=0.5,
    ),
    Row(
        "rounds whose lists fail",
        (
            Strike("status", LISTS, share=0.3),
            Strike("status", STOCK, share=0.3),
            Strike("truncate", STOCK, share=0.3),
            Strike("wrong_shape", LISTS, share=0.2),
        ),
        rounds_are_bad=True,
        weight=0.5,
    ),
    Row(
        "two rounds of everything at once",
        rounds_are_bad=True,
        rounds_at_once=2,
        weight=0.5,
        killed={"status_sync": 0.003, "stock_sync": 0.003},
    ),
    Row(
        "rounds that AWS throttles",
        aws=(
            AwsFault("refused", "", "status_sync", 0.05),
            AwsFault("refused", "", "stock_sync", 0.05),
            AwsFault("lost", "", "status_sync", 0.05),
            AwsFault("conflict", "", "status_sync", 0.1),
        ),
        rounds_are_bad=True,
        weight=0.5,
    ),
)
