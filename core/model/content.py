"""Content copied out of where it is, to be compared with what the ledger knows. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .mesh import Buffer, MeshArrays


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """A picture as numbers: red, green, blue, alpha from 0 to 1, the bottom row first, as DCCs keep them."""

    width: int
    height: int
    values: Buffer
    """``f``, four a pixel."""
    is_linear: bool = False
    """Whether the numbers are light, not what is written into eight bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something without a license. At most one of the last four is given; none where ``why_not`` says why."""

    subject: str
    """Such as ``MESH/Chair``, or a file's name."""
    mesh: MeshArrays | None = None
    image: bytes | None = None
    """An encoded picture."""
    image_path: Path | None = None
    """Where an encoded picture is."""
    pixels: Pixels | None = None
    why_not: str = ""
    """A sentence: why it could not be copied out."""
