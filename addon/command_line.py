"""Make ``blender --command clearance …`` known. The command itself is the core's."""

from __future__ import annotations

from typing import Any

import bpy

_handles: list[Any] = []


def register() -> None:
    """Add the command."""
    _handles.append(bpy.utils.register_cli_command("clearance", run))


def unregister() -> None:
    """Take the command away."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())


def run(argv: list[str]) -> int:
    """Run the core's command line with this Blender as its host; return the exit code."""
    from ..core import cli
    from .host import BlenderHost

    host = BlenderHost()
    host.refresh()
    return cli.run(argv, host=host)
