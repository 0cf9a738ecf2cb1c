"""A small picture of an asset, as a file's bytes: what a report shows beside a license."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG or PNG, at most 256 pixels a side."""

    media_type: str
    width: int
    height: int
    data: bytes = field(repr=False)
