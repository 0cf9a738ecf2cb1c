# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognizes bought content that has lost its stamp: images by their look, meshes by their shape.

It computes and compares; what was bought, and what a match means, others say.
"""

from __future__ import annotations

from .files import FileFingerprint
from .images import ImageFingerprint, fingerprint_file, fingerprint_pixels
from .index import ImageIndex, Match, MeshIndex
from .likeness import Likeness
from .meshes import MeshFingerprint, fingerprint_arrays, fingerprint_mesh
from .pixels import to_rgba

__all__ = [
    "FileFingerprint",
    "ImageFingerprint",
    "ImageIndex",
    "Likeness",
    "Match",
    "MeshFingerprint",
    "MeshIndex",
    "fingerprint_arrays",
    "fingerprint_file",
    "fingerprint_mesh",
    "fingerprint_pixels",
    "to_rgba",
]
