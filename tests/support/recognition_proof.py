# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts how well fingerprints recognize: copies that are found, and different things taken for one another.

The suite counts a sample, the bench the whole: see ``tests/core/fingerprints`` and ``tests/bench``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from PIL import Image
from similar_content import IMAGES, MESHES
from varied_content import IMAGE_CHANGES, MESH_CHANGES, WIDE_CROPS, Mesh, make_image, make_mesh

from core.fingerprints import (
    ImageFingerprint,
    ImageIndex,
    MeshFingerprint,
    MeshIndex,
    fingerprint_file,
    fingerprint_mesh,
    fingerprint_pixels,
)
from core.model.mesh import MeshArrays

COPY_SIZE = 192
"""Pixels of the edge of pictures that are changed; those that are only compared have 64."""
# Rooms are so alike that each is held against many others: fewer of them.
_MAKERS = [
    *[make_image] * 12,
    *[maker for kind, maker in IMAGES.items() if kind != "room"] * 3,
    IMAGES["room"],
]
MESH_KINDS = 4 + len(MESHES)


def make_any_image(number: int, size: int = 64) -> Image.Image:
    """Return one of twelve kinds of pictures, by turns."""
    return _MAKERS[number % len(_MAKERS)](number, size)


def make_any_mesh(number: int) -> Mesh:
    """Return one of eight kinds of meshes, by turns: half of them are alike as chairs are."""
    kind = number % MESH_KINDS
    if kind < 4:
        # Lathes of few rings have few distances to their middle, as cones have.
        return make_mesh(4 * (number // MESH_KINDS) + kind, rings=12 if kind == 1 else 4)
    return list(MESHES.values())[kind - 4](random.Random(number))


def of_image(image: Image.Image) -> ImageFingerprint:
    """Fingerprint a picture in memory."""
    return fingerprint_pixels(image.width, image.height, image.convert("RGBA").tobytes())


def of_mesh(mesh: Mesh) -> MeshFingerprint:
    """Fingerprint a mesh that has a surface."""
    found = fingerprint_mesh(*mesh)
    if found is None:
        raise ValueError("the mesh has no surface")
    return found


def unpack(mesh: MeshArrays) -> Mesh:
    """Return flat arrays as lists of points and of faces."""
    where, corners = [float(value) for value in mesh.positions], iter(mesh.corners)
    points = [(where[at], where[at + 1], where[at + 2]) for at in range(0, len(where), 3)]
    return points, [tuple(int(one) for one in islice(corners, int(size))) for size in mesh.sizes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Copies of one change: how many were looked for and found, and which were taken for another's."""

    looked_for: int
    found: int
    false: tuple[tuple[int, int], ...]

    @property
    def share(self) -> float:
        """Return the share that was found, 0 to 1; 1 for none."""
        return self.found / self.looked_for if self.looked_for else 1.0


def find_false_images(prints: Iterable[ImageFingerprint]) -> list[tuple[int, int, float]]:
    """Return the pairs among different pictures that are taken for one, with how far they are apart."""
    index: ImageIndex[int] = ImageIndex()
    false: list[tuple[int, int, float]] = []
    for number, fingerprint in enumerate(prints):
        false += [(number, match.key, match.apart) for match in index.find(fingerprint)]
        index.add(number, fingerprint)
    return false


def find_false_meshes(prints: Iterable[MeshFingerprint]) -> list[tuple[int, int, str]]:
    """Return the pairs among different meshes that are taken for one, with in what way."""
    index: MeshIndex[int] = MeshIndex()
    false: list[tuple[int, int, str]] = []
    for number, fingerprint in enumerate(prints):
        false += [(number, match.key, match.likeness.value) for match in index.find(fingerprint)]
        index.add(number, fingerprint)
    return false


def count_image_copies(
    change: str, pictures: Sequence[Image.Image], prints: Sequence[ImageFingerprint], index: ImageIndex[int]
) -> Copies:
    """Change pictures, and look for them in an index that has them by their numbers."""

    def find(number: int) -> list[int]:
        data = (IMAGE_CHANGES | WIDE_CROPS)[change](pictures[number], random.Random(number))
        return [match.key for match in index.find(fingerprint_file(data))]

    return _count(find, (number for number, one in enumerate(prints) if not one.is_plain))


def count_mesh_copies(change: str, prints: Sequence[MeshFingerprint], index: MeshIndex[int]) -> Copies:
    """Change the first meshes, as many as there are fingerprints, and look for them."""

    def find(number: int) -> list[int]:
        copy = MESH_CHANGES[change](make_any_mesh(number), random.Random(number))
        return [match.key for match in index.find(of_mesh(copy))]

    return _count(find, (number for number, one in enumerate(prints) if not one.is_plain))


def _count(find: Callable[[int], list[int]], numbers: Iterable[int]) -> Copies:
    keys = {number: find(number) for number in numbers}
    return Copies(
        looked_for=len(keys),
        found=sum(number in found for number, found in keys.items()),
        false=tuple((number, key) for number, found in keys.items() for key in found if key != number),
    )
