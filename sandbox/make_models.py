"""`python sandbox/make_models.py OUTDIR`: make the models that sellers would deliver, with a bpy interpreter.

Runs as a script or as `python -m sandbox.make_models`; everything else is in `sandbox.blender`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Make the models into a folder; tell what came of it."""
    if not __package__:
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    try:
        from sandbox.blender.making import make_all
    except ImportError as error:
        print(f"This needs an interpreter with Blender's bpy module: {error}", file=sys.stderr)
        return 1
    if not arguments or arguments[0].startswith("-"):
        print("usage: python sandbox/make_models.py OUTDIR [NAME ...]", file=sys.stderr)
        return 2
    return make_all(Path(arguments[0]), only=arguments[1:])


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Blender 4.2 as a module crashes while the interpreter winds down; everything is written by now.
    os._exit(code)
