# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds, among very many fingerprints in memory, those that are of the same image or mesh.

What it finds is what :func:`images.compare` and :func:`meshes.compare` accept; it looks at a small part of
the entries to do so. It keeps nothing on disk and knows no ledger: a key is whatever the caller wants back.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

from . import images, meshes
from .image_look import center, correlate, find_frequencies, uncrop
from .images import ImageFingerprint, pack_bits
from .likeness import Comparison, Likeness
from .meshes import Bucket, MeshFingerprint

Key = TypeVar("Key", bound=Hashable)

# A hair more than a tolerance: a sum of decimals must not lose the entry that is exactly that far.
MARGIN = 1.001
BANDS = 4
BAND_BITS = 16
BITS = 64
# In each band, the bits of the weakest frequencies may be either way: all their combinations are looked up.
# Together they reach two of a hundred pictures.
UNSURE = 8
PROBES = tuple(bits for count in range(UNSURE + 1) for bits in combinations(range(UNSURE), count))
# Of the 32 strongest frequencies, how many may have another sign; two different pictures differ in 16.
STRONG = 32
MAX_STRONG_BITS = 9
# So many are looked at cell by cell, and so many of those are laid upon each other; the likeliest first.
MAX_CORRELATED = 400
MAX_FITTED = 16
_ORDER = {likeness: number for number, likeness in enumerate(Likeness)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Generic[Key]):
    """One entry that is the same, and in what way."""

    key: Key
    likeness: Likeness
    apart: float


class ImageIndex(Generic[Key]):
    """Image fingerprints by content, and by four bands of the signs of their frequencies."""

    def __init__(self, entries: Iterable[tuple[Key, ImageFingerprint]] = ()) -> None:
        self._entries: list[tuple[Key, ImageFingerprint]] = []
        self._by_content: dict[str, list[int]] = {}
        self._by_band: tuple[dict[int, list[int]], ...] = tuple({} for _ in range(BANDS))
        for key, fingerprint in entries:
            self.add(key, fingerprint)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: Key, fingerprint: ImageFingerprint) -> None:
        """Take in one image; the same key may stand for several."""
        number = len(self._entries)
        self._entries.append((key, fingerprint))
        self._by_content.setdefault(fingerprint.content_sha256, []).append(number)
        if not fingerprint.is_plain:
            for table, band in zip(self._by_band, _bands(fingerprint.frequency_hash), strict=True):
                table.setdefault(band, []).append(number)

    def find(self, fingerprint: ImageFingerprint) -> list[Match[Key]]:
        """Return the entries of the same picture, the nearest first, then as they were added."""
        exact = self._by_content.get(fingerprint.content_sha256, [])
        found = [(number, Comparison(likeness=Likeness.EXACT, apart=0.0)) for number in exact]
        if not fingerprint.is_blank:
            for number in self._likely(fingerprint, set(exact)):
                same = images.compare(self._entries[number][1], fingerprint)
                if same is not None:
                    found.append((number, same))
        return _sorted((self._entries[number][0], number, same) for number, same in found)

    def _likely(self, fingerprint: ImageFingerprint, known: set[int]) -> list[int]:
        """Return the entries that are worth laying upon the picture, the likeliest first."""
        looks: list[Sequence[float]] = [fingerprint.lights, *uncrop(fingerprint.lights)]
        near: dict[int, tuple[int, int]] = {}
        for look, lights in enumerate(looks):
            for bits, number in self._near(find_frequencies(lights)):
                near[number] = min((bits, look), near.get(number, (BITS, 0)))
        ordered = sorted((bits, number, look) for number, (bits, look) in near.items() if number not in known)
        middles = [center(lights) for lights in looks]
        alike = [
            (correlate(middles[look], self._entries[number][1].lights), number)
            for _, number, look in ordered[:MAX_CORRELATED]
        ]
        return [number for _, number in sorted(alike, key=lambda pair: (-pair[0], pair[1]))[:MAX_FITTED]]

    def _near(self, frequencies: list[float]) -> Iterator[tuple[int, int]]:
        """Yield entries that share a band of signs, with how many of the strong signs are others."""
        strengths = [abs(value) for value in frequencies]
        signs = pack_bits([value > 0 for value in frequencies])
        ranked = sorted(range(BITS), key=strengths.__getitem__)
        numbers: set[int] = set()
        for band, value in enumerate(_bands(signs)):
            table = self._by_band[band]
            unsure = [bit for bit in ranked if bit // BAND_BITS == band][:UNSURE]
            flips = [1 << (BAND_BITS - 1 - bit % BAND_BITS) for bit in unsure]
            for probe in PROBES:
                numbers.update(table.get(value ^ sum(flips[bit] for bit in probe), ()))
        strong = sum(1 << (BITS - 1 - bit) for bit in ranked[STRONG:])
        for number in numbers:
            bits = ((self._entries[number][1].frequency_hash ^ signs) & strong).bit_count()
            if bits <= MAX_STRONG_BITS:
                yield bits, number


class MeshIndex(Generic[Key]):
    """Mesh fingerprints by the coarse buckets of their numbers; plain shapes are counted, never found."""

    def __init__(self, entries: Iterable[tuple[Key, MeshFingerprint]] = ()) -> None:
        self._entries: list[tuple[Key, MeshFingerprint]] = []
        self._by_shape: dict[Bucket, list[int]] = {}
        self._by_points: dict[Bucket, list[int]] = {}
        self._by_stretch: dict[Bucket, list[int]] = {}
        for key, fingerprint in entries:
            self.add(key, fingerprint)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: Key, fingerprint: MeshFingerprint) -> None:
        """Take in one mesh; the same key may stand for several."""
        number = len(self._entries)
        self._entries.append((key, fingerprint))
        if fingerprint.is_plain:
            return
        self._by_shape.setdefault(fingerprint.bucket, []).append(number)
        self._by_points.setdefault(fingerprint.points_bucket, []).append(number)
        if fingerprint.has_stretch:
            self._by_stretch.setdefault(fingerprint.stretch_bucket, []).append(number)

    def find(self, fingerprint: MeshFingerprint) -> list[Match[Key]]:
        """Return the entries of the same shape, the nearest first, then as they were added."""
        numbers: set[int] = set()
        for cell in meshes.cells_of(fingerprint.shape, meshes.AREA_TOLERANCE * MARGIN):
            numbers.update(self._by_shape.get(cell, ()))
        for cell in meshes.cells_of(fingerprint.points, meshes.TOLERANCE * MARGIN):
            numbers.update(self._by_points.get(cell, ()))
        if fingerprint.has_stretch:
            for cell in meshes.cells_of(fingerprint.stretch, meshes.STRETCH_TOLERANCE * MARGIN):
                numbers.update(self._by_stretch.get(cell, ()))
        found = []
        for number in numbers:
            key, entry = self._entries[number]
            same = meshes.compare(entry, fingerprint)
            if same is not None:
                found.append((key, number, same))
        return _sorted(found)


def _sorted(found: Iterable[tuple[Key, int, Comparison]]) -> list[Match[Key]]:
    ordered = sorted(found, key=lambda one: (_ORDER[one[2].likeness], one[2].apart, one[1]))
    return [Match(key=key, likeness=same.likeness, apart=same.apart) for key, _, same in ordered]


def _bands(number: int) -> list[int]:
    """Return a hash cut into numbers of sixteen bits, that of the lowest frequencies first."""
    ends = range(BITS - BAND_BITS, BITS - BANDS * BAND_BITS - 1, -BAND_BITS)
    return [number >> end & ((1 << BAND_BITS) - 1) for end in ends]
