# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mesh can be recognized by: moments of its surface and of its corners, however it is written down.

It knows no ledger, no file format and no DCC: a mesh comes as flat arrays. A match is a question to a person,
not a verdict.

Covered: moving, turning, mirroring and scaling; another order of vertices, faces and corners; vertices split
at seams or merged; triangulation, since the surface of flat faces stays the same by any cut, and the corners
of bent ones; subdividing without smoothing and dissolving flat edges; stretching along any axis; coordinate
noise of 1e-5 of the size. Not covered: sculpting, posing, smoothing, decimating, joining with or separating
from other parts; and plain shapes (few or alike corners, or as symmetric as a sphere, a cube, a cylinder, a
torus, a rectangle), which everybody makes and nobody owns: they never match.

Why integrals and no histograms: a histogram of distances or edge lengths has borders, which noise crosses,
and edges change with triangulation. Moments up to the fourth order are smooth, and the same for every
subdivision of the same surface.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from ..errors import UserInputError
from ..model.mesh import MeshArrays
from .likeness import Comparison, Likeness
from .moments import STRETCH_VALUES, UNIT, VALUES, measure_mesh, refuse_mesh

Bucket = tuple[int, int, int]

PREFIX = "cm2"
_MORE = 2 * VALUES + STRETCH_VALUES - 1
_FORM = re.compile(
    rf"{PREFIX}:(-?\d{{1,12}}(?:,-?\d{{1,12}}){{{_MORE}}}):(\d{{1,12}}):(\d{{1,6}})",
    re.ASCII,
)

# Measured on thirteen kinds of meshes of 24 to 2,000 corners: with noise of 1e-5 of the size, a number of
# the corners moves by at most 1.2e-5 (unstretched, 7e-5 for very flat ones), of the surface by 3.5e-5, the
# logarithm of its area by 1.2e-4, that of the corners' sixth moment by 3e-5; without noise, turning and
# another order move none by more than 1e-6.
TOLERANCE = 0.00005
# The first number of each is a logarithm of high powers, and moves more.
AREA_TOLERANCE = 0.00015
POINTS_TOLERANCE = 0.000025
STRETCH_TOLERANCE = 0.00002
# Of so many corners, one may be merged with another in one copy and not in the next: very fine detail.
CORNERS_APART = 2000
# A shape with fewer distinct corners is nobody's.
MIN_CORNERS = 20
# All stairs of twelve steps are one shape when they are stretched, and so are many simple things.
MIN_STRETCH_CORNERS = 500
# A cone's or a prism's corners are as far from the middle as all others: two or three distances for all of
# them, and twice as many shells where noise puts them on a border.
MIN_VARIETY = 6
# Two equal extents or flat, and no lopsidedness at all: sphere, cube, cylinder, torus, rectangle.
SYMMETRIC = 0.002
BUCKET = 0.004
# With fewer corners of faces, starting NumPy takes longer than it saves.
FEW = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshFingerprint:
    """One mesh: eight numbers of its surface, eight of its corners, five of its corners unstretched.

    ``shape`` has, without unit: logarithm of mean squared distance over area; the larger two shares of the
    spread along the principal axes; logarithm of the fourth moment over the square of the second; two
    measures of lopsidedness; the larger two shares of the fourth moments' tensor. ``points`` are the same of
    the corners, each of the same weight, but begin with the logarithm of the sixth moment over the cube of
    the second. ``stretch`` are the last five of the corners after they were made equally wide in all
    directions; zeros for flat bodies. ``corners`` counts distinct positions in use, ``variety`` how many
    distances they have to their middle, in steps of a 64th of the mean one.
    """

    shape: tuple[float, ...]
    points: tuple[float, ...]
    stretch: tuple[float, ...]
    corners: int
    variety: int

    @property
    def is_plain(self) -> bool:
        """Return whether the shape is too common to say where it comes from."""
        if self.corners < MIN_CORNERS or self.variety < MIN_VARIETY:
            return True
        _, first, second, _, lean, skew, _, _ = self.shape
        twins = min(first - second, abs(first + 2 * second - 1)) < SYMMETRIC
        is_flat = 1 - first - second < SYMMETRIC
        return (twins or is_flat) and lean < SYMMETRIC and skew < SYMMETRIC

    @property
    def has_stretch(self) -> bool:
        """Return whether it can be recognized when it is stretched: intricate, not flat, not symmetric."""
        is_lopsided = self.stretch[1] >= SYMMETRIC or self.stretch[2] >= SYMMETRIC
        return self.corners >= MIN_STRETCH_CORNERS and is_lopsided

    @property
    def bucket(self) -> Bucket:
        """Return the coarse cell of the surface; equal surfaces are in the same or in a neighboring one."""
        return cells_of(self.shape, 0.0)[0]

    @property
    def points_bucket(self) -> Bucket:
        """Return the coarse cell of the corners; equal corners are in the same or in a neighboring one."""
        return cells_of(self.points, 0.0)[0]

    @property
    def stretch_bucket(self) -> Bucket:
        """Return the coarse cell of the unstretched corners, likewise."""
        return cells_of(self.stretch, 0.0)[0]

    def encode(self) -> str:
        """Return the fingerprint as one short line of ASCII."""
        numbers = (*self.shape, *self.points, *self.stretch)
        return f"{PREFIX}:{','.join(str(round(n * UNIT)) for n in numbers)}:{self.corners}:{self.variety}"

    @classmethod
    def decode(cls, text: str) -> MeshFingerprint:
        """Read what :meth:`encode` wrote; UserInputError for anything else."""
        match = _FORM.fullmatch(text)
        if match is not None:
            numbers = tuple(int(value) / UNIT for value in match[1].split(","))
            return cls(
                shape=numbers[:VALUES],
                points=numbers[VALUES : 2 * VALUES],
                stretch=numbers[2 * VALUES :],
                corners=int(match[2]),
                variety=int(match[3]),
            )
        raise UserInputError(
            "This is no fingerprint of a mesh in a form this version knows; make it anew from the mesh.",
            code="fingerprint.unreadable",
            context={"length": len(text)},
        )


def cells_of(numbers: tuple[float, ...], margin: float) -> list[Bucket]:
    """Return the cells that a shape touches within a margin of its three most telling numbers."""
    spans = [
        range(math.floor((value - margin) / BUCKET), math.floor((value + margin) / BUCKET) + 1)
        for value in (numbers[0], numbers[1], numbers[3])
    ]
    return [(a, b, c) for a in spans[0] for b in spans[1] for c in spans[2]]


def distance(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return the largest difference among numbers."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def compare(a: MeshFingerprint, b: MeshFingerprint) -> Comparison | None:
    """Return in what way two fingerprints are of one mesh, or None; two plain shapes never are."""
    if a.is_plain and b.is_plain:
        return None
    more = max(a.corners, b.corners)
    as_many = abs(a.corners - b.corners) <= more // CORNERS_APART
    if as_many and is_near(a.points, b.points, TOLERANCE, POINTS_TOLERANCE):
        return Comparison(likeness=Likeness.CORNERS, apart=distance(a.points, b.points))
    # Whoever changes the corners and keeps the surface changes how many there are.
    if a.corners != b.corners and is_near(a.shape, b.shape, AREA_TOLERANCE, TOLERANCE):
        return Comparison(likeness=Likeness.SURFACE, apart=distance(a.shape, b.shape))
    can_stretch = as_many and a.has_stretch and b.has_stretch
    if can_stretch and is_near(a.stretch, b.stretch, STRETCH_TOLERANCE, STRETCH_TOLERANCE):
        return Comparison(likeness=Likeness.STRETCHED, apart=distance(a.stretch, b.stretch))
    return None


def is_near(a: tuple[float, ...], b: tuple[float, ...], lead: float, rest: float) -> bool:
    """Return whether the first numbers differ by no more than ``lead``, and all others by ``rest``."""
    return abs(a[0] - b[0]) <= lead and distance(a[1:], b[1:]) <= rest


def fingerprint_arrays(mesh: MeshArrays) -> MeshFingerprint | None:
    """Fingerprint a mesh of any unit and size; None when it has no surface.

    Loose vertices and faces without area do not count. Raises UserInputError for faces of less than three
    corners, indices out of range and coordinates that are not finite.
    """
    if len(mesh.corners) > FEW and find_spec("numpy") is not None:
        from .moments_numpy import measure_mesh as measure
    else:
        measure = measure_mesh
    measured = measure(mesh)
    return None if measured is None else MeshFingerprint(**measured._asdict())


def fingerprint_mesh(
    vertices: Sequence[Sequence[float]], faces: Sequence[Sequence[int]]
) -> MeshFingerprint | None:
    """Fingerprint a mesh of triples of coordinates, and faces as lists of indices; as above."""
    if any(len(vertex) != 3 for vertex in vertices):
        raise refuse_mesh()
    try:
        positions = array("d", [value for vertex in vertices for value in vertex])
        corners = array("i", [index for face in faces for index in face])
    except (OverflowError, TypeError):
        raise refuse_mesh() from None
    sizes = array("i", [len(face) for face in faces])
    return fingerprint_arrays(MeshArrays(positions=positions, corners=corners, sizes=sizes))
