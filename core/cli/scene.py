"""The scene that a command is about: a .blend file, or what is open in the host that runs the command."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserInputError
from ..model.scene import SceneScan
from .context import Context


def read_scan(context: Context, scene: Path | None) -> SceneScan:
    """Read a .blend file (in Blender where this runs in one), or the scene that is open there."""
    if scene is None:
        return context.app.host.scan()
    if not scene.is_file():
        raise UserInputError(f"There is no file {scene}.", code="report.no_scene")
    scan = context.app.host.scan_file(scene.absolute())
    if scan is not None:
        return scan
    from ..files.blend.reader import read_scene

    return read_scene(scene.absolute())
