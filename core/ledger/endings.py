"""Finds grants that end: by their own date, or because their kept terms speak of days or of an end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from ..model.grant import GrantState
from . import schema
from .codecs import encode_moment

ENDING_WORDS = ('"term_days":', '"must_use_days":', '"perpetual":false')
"""What kept terms hold (as ``core/licenses/canonical.py`` writes them) of licenses that end."""


def ask_for_ending(before: datetime) -> Select[Any]:
    """Return the query for active grants that end before a moment, or whose license has an end."""
    table, kept = schema.grants, schema.terms.c
    spoken = or_(*(kept.body.like(f"%{word}%") for word in ENDING_WORDS))
    return (
        select(table)
        .where(
            table.c.state == str(GrantState.ACTIVE),
            or_(
                table.c.valid_until <= encode_moment(before),
                table.c.terms_sha256.in_(select(kept.terms_sha256).where(spoken)),
            ),
        )
        .order_by(table.c.serial)
    )
