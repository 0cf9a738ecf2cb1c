# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds, among very many fingerprints in memory, those that are of the same image or mesh.

It finds exactly what :func:`is_same` of the fingerprint's module accepts, no less and no more, and looks at a
small part of the entries to do so. It keeps nothing on disk and knows no ledger: a key is whatever the caller
wants back.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

from . import images, meshes
from .images import ImageFingerprint
from .meshes import Bucket, MeshFingerprint

Key = TypeVar("Key", bound=Hashable)

BANDS = 4
BAND_BITS = 16
# Two hashes share at most MAX_HASH_BITS differing bits, so one of them has at most half; cut into four bands,
# one band has at most a quarter of that. All bands that near are looked up.
FLIPS = images.MAX_HASH_BITS // 2 // BANDS
PROBES = tuple(
    sum(1 << bit for bit in bits)
    for count in range(FLIPS + 1)
    for bits in combinations(range(BAND_BITS), count)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Generic[Key]):
    """One entry that is the same; ``is_exact`` when pixels (or counts and shape) agree fully.

    ``apart`` orders matches: bits of 128 for images, largest difference of a number for meshes.
    """

    key: Key
    apart: float
    is_exact: bool


class ImageIndex(Generic[Key]):
    """Image fingerprints by content, and by the bands of both their hashes."""

    def __init__(self, entries: Iterable[tuple[Key, ImageFingerprint]] = ()) -> None:
        self._entries: list[tuple[Key, ImageFingerprint]] = []
        self._by_content: dict[str, list[int]] = {}
        self._by_band: tuple[dict[int, list[int]], ...] = tuple({} for _ in range(2 * BANDS))
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
            for table, band in zip(self._by_band, _bands(fingerprint), strict=True):
                table.setdefault(band, []).append(number)

    def find(self, fingerprint: ImageFingerprint) -> list[Match[Key]]:
        """Return the entries of the same picture, the nearest first, then as they were added."""
        numbers = set(self._by_content.get(fingerprint.content_sha256, ()))
        if not fingerprint.is_plain:
            for table, band in zip(self._by_band, _bands(fingerprint), strict=True):
                for probe in PROBES:
                    numbers.update(table.get(band ^ probe, ()))
        found = []
        for number in sorted(numbers):
            key, entry = self._entries[number]
            if images.is_same(entry, fingerprint):
                is_exact = entry.content_sha256 == fingerprint.content_sha256
                bits = images.distance(entry, fingerprint).hash_bits
                found.append(Match(key=key, apart=float(bits), is_exact=is_exact))
        return sorted(found, key=lambda match: (not match.is_exact, match.apart))


class MeshIndex(Generic[Key]):
    """Mesh fingerprints by their coarse bucket; plain shapes are counted, never found."""

    def __init__(self, entries: Iterable[tuple[Key, MeshFingerprint]] = ()) -> None:
        self._entries: list[tuple[Key, MeshFingerprint]] = []
        self._by_shape: dict[Bucket, list[int]] = {}
        self._by_points: dict[tuple[int, Bucket], list[int]] = {}
        for key, fingerprint in entries:
            self.add(key, fingerprint)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: Key, fingerprint: MeshFingerprint) -> None:
        """Take in one mesh; the same key may stand for several."""
        if not fingerprint.is_plain:
            number = len(self._entries)
            self._by_shape.setdefault(fingerprint.bucket, []).append(number)
            corners = (fingerprint.corners, fingerprint.points_bucket)
            self._by_points.setdefault(corners, []).append(number)
        self._entries.append((key, fingerprint))

    def find(self, fingerprint: MeshFingerprint) -> list[Match[Key]]:
        """Return the entries of the same shape, the nearest first, then as they were added."""
        # A hair more than the tolerance: a sum of decimals must not lose the entry that is exactly that far.
        margin = meshes.TOLERANCE * 1.001
        numbers: set[int] = set()
        for cell in meshes.cells_of(fingerprint.shape, margin):
            numbers.update(self._by_shape.get(cell, ()))
        for cell in meshes.cells_of(fingerprint.points, margin):
            numbers.update(self._by_points.get((fingerprint.corners, cell), ()))
        found = []
        for number in sorted(numbers):
            key, entry = self._entries[number]
            if meshes.is_same(entry, fingerprint):
                apart = meshes.distance(entry, fingerprint)
                found.append(Match(key=key, apart=apart, is_exact=entry == fingerprint))
        return sorted(found, key=lambda match: (not match.is_exact, match.apart))


def _bands(fingerprint: ImageFingerprint) -> list[int]:
    """Return both hashes cut into numbers of 16 bits."""
    return [
        number >> (BAND_BITS * band) & 0xFFFF
        for number in (fingerprint.frequency_hash, fingerprint.gradient_hash)
        for band in range(BANDS)
    ]
