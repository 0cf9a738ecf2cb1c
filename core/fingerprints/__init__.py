# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognizes bought content that has lost its stamp: images by their look, meshes by their shape.

It computes and compares; what was bought, and what a match means, others say.
"""

from __future__ import annotations

from .images import ImageFingerprint, fingerprint_file, fingerprint_pixels
from .index import ImageIndex, Match, MeshIndex
from .meshes import MeshFingerprint, fingerprint_mesh

__all__ = [
    "ImageFingerprint",
    "ImageIndex",
    "Match",
    "MeshFingerprint",
    "MeshIndex",
    "fingerprint_file",
    "fingerprint_mesh",
    "fingerprint_pixels",
]
