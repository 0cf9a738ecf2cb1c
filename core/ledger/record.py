"""Keeps a frozen dataclass in a table of its own: the table, and how a value becomes a row and back.

The columns follow from the fields' types, so that a further kind of value is one line in
:mod:`.studio_tables` and a migration. What was written is what is read; a value that could not be read back
is refused when it is written.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, MetaData, Table, Text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from ..model.listing import ListingRef
from ..model.money import Credits, Money, decode_cost
from . import columns
from .codecs import Columns, Row, decode_moment, encode_cost_text, encode_moment

V = TypeVar("V")
Plain = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One column of a field: its type, and how one value is written into it."""

    name: str
    sql_type: type[TypeEngine[Any]]
    write: Plain
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its columns, and how it is read from them."""

    name: str
    parts: tuple[Part, ...]
    read: Callable[[Row], Any]
    allowed: tuple[StrEnum, ...] = ()
    """The values of an enumeration."""


@dataclass(frozen=True, slots=True)
class Record(Generic[V]):
    """A kind of value with its table. ``versioned``: changes are guarded by the field ``version``."""

    kind: type[V]
    table: Table
    fields: tuple[Field, ...]
    versioned: bool

    def write(self, value: V) -> Columns:
        """Return a value's columns; raise LedgerError for what cannot be kept."""
        return {
            part.name: part.write(getattr(value, field.name)) for field in self.fields for part in field.parts
        }

    def read(self, row: Row) -> V:
        """Return the value of a row; raises ValueError and the like for a row that makes none."""
        return self.kind(**{field.name: field.read(row) for field in self.fields})

    def columns_of(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return what columns have to hold for fields to have these values; raises KeyError."""
        by_name = {field.name: field for field in self.fields}
        return {
            part.name: part.write(value) for name, value in wanted.items() for part in by_name[name].parts
        }


def make_record(
    metadata: MetaData,
    table: str,
    kind: type[V],
    *items: SchemaItem,
    links: Mapping[str, str] = types.MappingProxyType({}),
    rules: Mapping[str, str] = types.MappingProxyType({}),
) -> Record[V]:
    """Make the table of a dataclass with the field ``id``.

    ``links`` are fields that refer to another table's column (an empty text is NULL there); ``rules`` are
    named conditions in SQL that every database understands.
    """
    hints = typing.get_type_hints(kind)
    made = tuple(
        _make_field(
            field.name,
            hints[field.name],
            is_link=field.name in links,
            has_default=field.default is not MISSING,
        )
        for field in fields(kind)  # type: ignore[arg-type]  # V is a dataclass
    )
    made_columns: list[SchemaItem] = [columns.serial()]
    for field in made:
        for part in field.parts:
            target = (ForeignKey(links[field.name]),) if field.name in links else ()
            made_columns.append(
                Column(part.name, part.sql_type(), *target, nullable=part.nullable, unique=part.name == "id")
            )
    checks = [columns.one_of(field.name, field.allowed) for field in made if field.allowed]
    checks += [CheckConstraint(condition, name=name) for name, condition in rules.items()]
    made_columns.extend(Index(None, field) for field in links)
    return Record(
        kind=kind,
        table=Table(table, metadata, *made_columns, *checks, *items),
        fields=made,
        versioned="version" in hints,
    )


def _make_field(name: str, hint: Any, *, is_link: bool, has_default: bool) -> Field:
    kind, optional = _take_optional(hint)
    if kind is ListingRef:
        return Field(
            name,
            (
                Part("marketplace", Text, lambda ref: ref.marketplace),
                Part("listing_id", Text, lambda ref: ref.id),
            ),
            lambda row: ListingRef(marketplace=row["marketplace"], id=row["listing_id"]),
        )
    if typing.get_origin(kind) is tuple:
        member = typing.get_args(kind)[0]
        return Field(
            name,
            (Part(name, Text, lambda values: json.dumps(list(values), ensure_ascii=False)),),
            lambda row: tuple(member(value) for value in json.loads(row[name])),
        )
    sql_type, write, read, allowed = _plain(name, kind, is_link=is_link)
    # A link that may be empty has the empty text as its default.
    nullable = optional or (is_link and has_default)
    part = Part(name, sql_type, _allow_none(write) if optional else write, nullable)
    return Field(name, (part,), lambda row: _read_optional(read, row[name], optional=optional), allowed)


def _plain(
    name: str, kind: Any, *, is_link: bool
) -> tuple[type[TypeEngine[Any]], Plain, Plain, tuple[StrEnum, ...]]:
    """Return how a single value is kept: column type, writer, reader, and the values that are allowed."""
    if is_link:
        return Text, lambda value: value or None, lambda value: value or "", ()
    if kind is datetime:
        return Text, encode_moment, decode_moment, ()
    if kind is date:
        return Text, lambda value: value.isoformat(), _read_day, ()
    if kind is bool:
        return Boolean, bool, _read_flag, ()
    if kind is int:
        return BigInteger, int, int, ()
    if kind is str:
        return Text, str, str, ()
    if kind in (Money, Money | Credits):
        wanted: tuple[type, ...] = (Money,) if kind is Money else (Money, Credits)
        return Text, encode_cost_text, lambda text: _read_cost(text, wanted), ()
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Text, lambda value: str(kind(value)), kind, tuple(kind)
    raise TypeError(f"the ledger has no column for {name}: {kind!r}")


def _take_optional(hint: Any) -> tuple[Any, bool]:
    """Return a hint without ``| None``, and whether it had that."""
    if not isinstance(hint, types.UnionType):
        return hint, False
    rest = [member for member in typing.get_args(hint) if member is not type(None)]
    optional = len(rest) < len(typing.get_args(hint))
    joined = rest[0]
    for member in rest[1:]:
        joined |= member
    return joined, optional


def _allow_none(write: Plain) -> Plain:
    return lambda value: None if value is None else write(value)


def _read_optional(read: Plain, stored: Any, *, optional: bool) -> Any:
    return None if optional and stored is None else read(stored)


def _read_day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError("not a stored day")
    return day


def _read_flag(stored: Any) -> bool:
    if stored not in (0, 1, False, True):
        raise ValueError("not a stored flag")
    return bool(stored)


def _read_cost(text: str, wanted: tuple[type, ...]) -> Any:
    cost = decode_cost(text)
    if not isinstance(cost, wanted):
        raise ValueError("not a stored amount of this kind")
    return cost
