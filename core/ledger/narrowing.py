"""Narrows queries to rows whose fields have certain values. Builds SQL; runs none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, and_, false, or_

from .port_recent import Between
from .record import Record


def narrow(query: Select[Any], record: Record[Any], wanted: Mapping[str, Any]) -> Select[Any]:
    """Narrow a query to rows whose fields have these values."""
    for name, value in wanted.items():
        if isinstance(value, Between):
            ((column, low),) = record.columns_of({name: value.low}).items()
            high = record.columns_of({name: value.high})[column]
            query = query.where(record.table.c[column] >= low, record.table.c[column] <= high)
            continue
        choices = value if isinstance(value, tuple | list | set | frozenset) else (value,)
        kept = [record.columns_of({name: choice}) for choice in choices]
        columns = {column for one in kept for column in one}
        if len(columns) == 1 and all(value is not None for one in kept for value in one.values()):
            # The plain comparison: it is the one that every database has an index for.
            (column,) = columns
            query = query.where(record.table.c[column].in_([one[column] for one in kept]))
            continue
        alternatives = [
            and_(*(record.table.c[column].is_not_distinct_from(value) for column, value in one.items()))
            for one in kept
        ]
        query = query.where(or_(false(), *alternatives))
    return query
