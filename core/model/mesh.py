"""A mesh as flat arrays, the form in which files and DCCs hand it over fastest. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Buffer = Any
"""``array``, ``memoryview`` or a NumPy array, in the machine's byte order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshArrays:
    """A mesh of any unit. All three are flat buffers of native byte order.

    ``positions``: x, y, z of every vertex (``f`` or ``d``). ``corners``: the vertex of every corner of every
    face, face after face. ``sizes``: how many corners each face has (both ``i``, ``I`` or ``q``).
    """

    positions: Buffer
    corners: Buffer
    sizes: Buffer
