"""Measure what is recognized: changed copies that are found, and different things taken for one another.

Beside the figure: the bar. Generated content of twenty kinds, and the real files beside the checkout where
they are.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PIL import Image
from recognition_proof import (
    COPY_SIZE,
    Copies,
    count_image_copies,
    count_mesh_copies,
    find_false_images,
    find_false_meshes,
    make_any_image,
    make_any_mesh,
    of_image,
    of_mesh,
    unpack,
)
from varied_content import IMAGE_CHANGES, MESH_CHANGES, WIDE_CROPS, Mesh

from core.errors import UserInputError
from core.files.contents import Reading, read_file
from core.fingerprints import ImageIndex, MeshIndex, fingerprint_file

Row = tuple[str, str, str, str] | tuple[str, str, str, str, bool]
"""What, ours, beside, ratio, and where there is a bar whether it is met."""
PICTURES = 200
SHARE_BAR = 0.99
"""Of the copies that are to be found."""
MESHES = 1000


def measure_recognized(different: int, real: Path) -> list[Row]:
    """Compare ``different`` images and meshes each, and look for copies of some of them."""
    shapes = [of_mesh(make_any_mesh(number)) for number in range(different)]
    looks = [of_image(make_any_image(number)) for number in range(different)]
    pictures = [make_any_image(number, COPY_SIZE) for number in range(min(PICTURES, different))]
    pictured = [of_image(picture) for picture in pictures]
    meshes: MeshIndex[int] = MeshIndex(enumerate(shapes))
    # The larger pictures stand in for the small ones of the same numbers.
    images: ImageIndex[int] = ImageIndex(
        [*enumerate(pictured), *islice(enumerate(looks), len(pictured), None)]
    )
    rows: list[Row] = [
        _tell_false("meshes", different, len(find_false_meshes(shapes))),
        _tell_false("images", different, len(find_false_images(looks))),
        _tell("meshes", {c: count_mesh_copies(c, shapes[:MESHES], meshes) for c in MESH_CHANGES}),
        _tell("images", {c: count_image_copies(c, pictures, pictured, images) for c in IMAGE_CHANGES}),
    ]
    wide = {c: count_image_copies(c, pictures, pictured, images) for c in WIDE_CROPS}
    rows += [
        (
            f"images cropped by more: {crop}",
            f"{one.share:.1%} found, {len(one.false)} taken for another",
            "",
            "",
        )
        for crop, one in wide.items()
    ]
    if real.is_dir():
        rows += [_tell_real(_count_real_meshes(real, meshes), "meshes")]
        rows += [_tell_real(_count_real_images(real, images), "pictures")]
    return rows


def _tell(kind: str, found: dict[str, Copies]) -> Row:
    """Return a row: how many copies were found, and which change is the hardest."""
    total, hits = sum(one.looked_for for one in found.values()), sum(one.found for one in found.values())
    worst = min(found, key=lambda change: found[change].share)
    false = sum(len(one.false) for one in found.values())
    return (
        f"copies of {kind} found, changed in {len(found)} ways",
        f"{hits:,} of {total:,} ({hits / total:.2%}), {false} taken for another",
        f"bar: 99 %; hardest “{worst}” {found[worst].share:.1%}",
        "",
        hits / total >= SHARE_BAR,
    )


def _tell_false(kind: str, different: int, false: int) -> Row:
    return f"{kind} of {different:,} taken for another", f"{false}", "bar: none", "", not false


@dataclass(slots=True)
class _Tally:
    """Real parts and their copies. Of two alike parts of one model either may be found."""

    parts: int = 0
    copies: int = 0
    found: int = 0
    false: int = 0

    def note(self, keys: list[int]) -> None:
        """Note what was found for a copy: numbers below zero are real."""
        self.copies += 1
        self.found += any(key < 0 for key in keys)
        self.false += any(key >= 0 for key in keys)


def _tell_real(tally: _Tally, kind: str) -> Row:
    share = tally.found / tally.copies if tally.copies else 1.0
    return (
        f"copies of {tally.parts} real {kind} found",
        f"{tally.found:,} of {tally.copies:,} ({share:.2%}), {tally.false} taken for another",
        "bar: 99 %",
        "",
        share >= SHARE_BAR,
    )


def _count_real_meshes(folder: Path, index: MeshIndex[int]) -> _Tally:
    tally = _Tally()
    for mesh in _read_meshes(folder):
        tally.parts += 1
        index.add(-tally.parts, of_mesh(mesh))
        for change in MESH_CHANGES.values():
            copy = of_mesh(change(mesh, random.Random(tally.parts)))
            tally.note([match.key for match in index.find(copy)])
    return tally


def _count_real_images(folder: Path, index: ImageIndex[int]) -> _Tally:
    tally = _Tally()
    for picture in _read_images(folder):
        tally.parts += 1
        index.add(-tally.parts, of_image(picture))
        for change in IMAGE_CHANGES.values():
            copy = fingerprint_file(change(picture, random.Random(tally.parts)))
            tally.note([match.key for match in index.find(copy)])
    return tally


def _read_meshes(folder: Path) -> Iterator[Mesh]:
    """Yield what is not plain of every model that can be read without Blender."""
    for path in sorted(folder.iterdir()):
        for content in read_file(path, Reading()):
            if content.mesh is not None and not of_mesh(mesh := unpack(content.mesh)).is_plain:
                yield mesh


def _read_images(folder: Path) -> Iterator[Image.Image]:
    for path in sorted(folder.iterdir()):
        for content in read_file(path, Reading()):
            if content.image is None:
                continue
            try:
                is_plain = fingerprint_file(content.image).is_plain
            except UserInputError:
                continue
            if not is_plain:
                with Image.open(io.BytesIO(content.image)) as opened:
                    yield opened.convert("RGB")
