"""The rights record of an exported file, as values: its licenses, and which part of it is under which.

It holds what a customer may see and nothing else: stamps, credit lines, what the marketplace's own page says
(title, author, license, address of the terms), and names of data-blocks that are in the exported file anyway.
Never a price, an order number, who bought it, or a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..stamp_format import Stamp

UNDECLARED = -1
"""Stands in runs of faces for "no license": faces that nobody declared."""


class Part(StrEnum):
    """What a part of a record is. Formats turn geometry into other geometry, so all of it is one kind."""

    OBJECT = "object"
    GEOMETRY = "geometry"
    """Meshes, curves, texts, metaballs … and what an importer makes of them."""
    MATERIAL = "material"
    IMAGE = "image"
    ACTION = "action"
    OTHER = "other"
    """Worlds, node groups, sounds, collections: restored by name where a format keeps them."""


_GEOMETRY = frozenset(
    {
        "MESH", "CURVE", "CURVES", "SURFACE", "META", "FONT", "POINTCLOUD", "VOLUME", "GREASEPENCIL",
        "GREASEPENCIL_V3", "LATTICE", "ARMATURE",
    }
)  # fmt: skip
_PARTS = {"OBJECT": Part.OBJECT, "MATERIAL": Part.MATERIAL, "IMAGE": Part.IMAGE, "ACTION": Part.ACTION}


def part_of(id_type: str) -> Part:
    """Return which kind of part a data-block is, by Blender's name for its type."""
    return Part.GEOMETRY if id_type in _GEOMETRY else _PARTS.get(id_type, Part.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What anybody can read on the marketplace's page. All of it may be empty."""

    marketplace_name: str = ""
    title: str = ""
    author: str = ""
    license_label: str = ""
    terms_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsLicense:
    """One license in the file."""

    stamp: Stamp
    details: Details = Details()


@dataclass(frozen=True, slots=True)
class Run:
    """Faces that follow each other and have one license: its index in the record, or UNDECLARED.

    ``triangles`` is how many triangles these faces make, since some formats keep nothing else.
    """

    license: int
    faces: int
    triangles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One data-block that is in the file and under a license, at least in part."""

    id_type: str
    name: str
    stamp: int | None
    """Index of the license that its stamp names; None: it has no stamp (but some of its faces have)."""
    runs: tuple[Run, ...] = ()
    """For a mesh: its faces in the order in which the file has them."""
    vertices: int = 0
    data: str = ""
    """For an object: the name of its data."""
    alias: str = ""
    """For an image: the name of its file, after which importers call it."""

    @property
    def faces(self) -> int:
        """How many faces it has; 0 for anything but meshes."""
        return sum(run.faces for run in self.runs)

    @property
    def triangles(self) -> int:
        """How many triangles its faces make."""
        return sum(run.triangles for run in self.runs)

    @property
    def licenses(self) -> tuple[int, ...]:
        """Indexes of all its licenses, that of its stamp first."""
        own = () if self.stamp is None else (self.stamp,)
        return tuple(dict.fromkeys((*own, *(run.license for run in self.runs if run.license >= 0))))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMark:
    """A file, as it was when the record was written. ``name`` is relative to the folder of the record."""

    name: str
    size: int
    """In bytes."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRecord:
    """Everything that is said of one exported file."""

    tool_version: str
    host: str
    """Such as ``Blender 5.2.3``."""
    made_at: datetime
    format: str
    """The file's ending, lower case, without the dot."""
    licenses: tuple[RightsLicense, ...] = ()
    contents: tuple[Content, ...] = ()
    undeclared: int = 0
    """How many more data-blocks of the file nobody declared."""
    is_merged: bool = False
    """The format makes one mesh of all objects: ``contents`` has their meshes in the order of the file."""
    file: FileMark | None = None
    """None while the file is not written yet, and for a record that is inside the file itself."""
    companions: tuple[FileMark, ...] = ()
    """What belongs to the file and lies beside it: buffers, textures, material libraries."""

    @property
    def credits(self) -> tuple[str, ...]:
        """The public credit lines, each once, in the order of the licenses."""
        return collect_credits(self.licenses)


def collect_credits(licenses: Iterable[RightsLicense]) -> tuple[str, ...]:
    """Return the public credit lines, each once."""
    return tuple(dict.fromkeys(each.stamp.credit for each in licenses if each.stamp.credit))


def shorten_runs(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Put neighbors with one license together, and leave out empty ones."""
    short: list[Run] = []
    for run in runs:
        if not run.faces and not run.triangles:
            continue
        if short and short[-1].license == run.license:
            last = short.pop()
            run = Run(run.license, last.faces + run.faces, last.triangles + run.triangles)  # noqa: PLW2901
        short.append(run)
    return tuple(short)


def join_runs(contents: Iterable[Content]) -> tuple[Run, ...]:
    """Return the runs of several meshes that became one, in their order."""
    return shorten_runs(run for content in contents for run in content.runs)


def spread_runs(runs: Sequence[Run], faces: int) -> tuple[tuple[int, int], ...] | None:
    """Return ``(license, faces)`` for a mesh with this many faces, or None when the runs do not fit it.

    They fit when the mesh has as many faces as were written, or as many as these make triangles.
    """
    if faces <= 0:
        return None
    if sum(run.faces for run in runs) == faces:
        return _pairs((run.license, run.faces) for run in runs)
    if sum(run.triangles for run in runs) == faces:
        return _pairs((run.license, run.triangles) for run in runs)
    return None


def share_runs(runs: Sequence[Run], faces: int) -> tuple[tuple[int, int], ...]:
    """Give each license its share of a mesh that the runs do not fit: one face at least, as far as there are.

    Which face is whose is lost then; that each license is in the mesh is not.
    """
    weights: dict[int, int] = {}
    for run in runs:
        weights[run.license] = weights.get(run.license, 0) + max(run.triangles, 1)
    # What is licensed comes first, so that a mesh with fewer faces than licenses loses no more than it must.
    order = sorted(weights, key=lambda index: (index == UNDECLARED, -weights[index]))
    left, total = faces, sum(weights.values())
    shares: list[tuple[int, int]] = []
    for number, index in enumerate(order):
        rest = len(order) - number - 1
        share = min(left, max(1, faces * weights[index] // max(total, 1)))
        if rest:
            share = max(min(share, left - rest), min(left, 1))
        else:
            share = left
        if share:
            shares.append((index, share))
        left -= share
    return tuple(shares)


def _pairs(pairs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple(pair for pair in pairs if pair[1])
