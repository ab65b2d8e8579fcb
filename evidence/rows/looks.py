"""Rows of looking for an order whose answer was lost."""

from __future__ import annotations

from evidence.rows.strikes import ONCE
from evidence.weather import LISTS, Row, Strike

LOOKS = (
    Row("lost, and lists that fail", (ONCE, Strike("status", LISTS, most_per_order=2.5))),
    Row(
        "lost, and lists cut short or of another shape",
        (
            ONCE,
            Strike("truncate", LISTS, share=0.4, most_per_order=1),
            Strike("wrong_shape", LISTS, share=0.4, most_per_order=1),
            Strike("page_repeat", LISTS, share=0.4, most_per_order=1),
        ),
        expects_each=False,
    ),
    Row("lost, and lists 20 s behind", (ONCE,), platform={"lookup_lag_seconds": 20.0}),
    Row(
        "lost, and lists almost twice the settle time behind",
        (ONCE,),
        platform={"lookup_lag_seconds": 57.0},
        notes="the settle time should exceed the lag; up to twice of it nothing doubles all the same",
    ),
    Row(
        "lost, and lists behind by more than twice the settle time",
        (ONCE,),
        platform={"lookup_lag_seconds": 180.0},
        may_double=True,
        notes="outside of the promise: where a platform shows an order later than twice `settle_s`, it may come twice",
    ),
)
