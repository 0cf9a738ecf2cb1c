"""What users give to several commands: kinds of media, paths."""

from __future__ import annotations

from pathlib import Path

from ..model.listing import MediaKind

KINDS = [kind.value for kind in MediaKind]


def absolute(paths: tuple[Path, ...]) -> list[Path]:
    """Return the paths as they are from anywhere."""
    return [path.absolute() for path in paths]
