"""The columns and constraints that the ledger's tables are made of."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
)
from sqlalchemy import text as sql
from sqlalchemy.types import TypeEngine


def big_key() -> TypeEngine[int]:
    """Make the type of a numeric key: on SQLite INTEGER, which is the row's own number there."""
    return BigInteger().with_variant(Integer, "sqlite")


def serial() -> Column[int]:
    """Make the column that numbers rows as they come: the tie-breaker of every "newest first"."""
    return Column("serial", big_key(), primary_key=True, autoincrement=True)


def text(name: str, *, nullable: bool = False, unique: bool = False) -> Column[str]:
    """Make a column of text."""
    return Column(name, Text, nullable=nullable, unique=unique)


def link(name: str, target: str, *, nullable: bool = False, unique: bool = False) -> Column[str]:
    """Refer to another table's id. An empty id in a value is NULL here: it refers to nothing."""
    return Column(name, Text, ForeignKey(target), nullable=nullable, unique=unique)


def face_number() -> Column[int]:
    """Make the column that mesh faces are looked up by: ``hash_grant_id(id)``. Two ids may share a number."""
    return Column("face_number", Integer, nullable=False)


def one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """Allow only the values of an enumeration."""
    return CheckConstraint(f"{column} IN ({quoted(values)})", name=column)


def only_where(condition: str, name: str, *table_columns: Any, unique: bool = True) -> Index:
    """Make an index of those rows that fit a condition, written in SQL; see :func:`name_conditions`."""
    return Index(name, *table_columns, unique=unique, info={"where": sql(condition)})


def name_conditions(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """Tell the database at hand which rows its indexes are for, before they are made.

    Saying it for every kind of database where the index is written would import them all at each start.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_options[connection.dialect.name]["where"] = index.info["where"]


def quoted(values: Iterable[StrEnum]) -> str:
    """Write values for SQL, in alphabetical order."""
    return ", ".join(f"'{value}'" for value in sorted(values))
