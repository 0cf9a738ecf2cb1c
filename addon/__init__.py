"""The Blender side of Clearance: thin, and the only place with bpy.

Importing this package costs nothing; :func:`register` imports what Blender has to know, and none of the
libraries that the core brings (they come with the first use, in a worker).
"""

from __future__ import annotations


def register() -> None:
    """Make classes, properties, handlers and the timer known to Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Take everything back and end the workers."""
    from . import registration

    registration.unregister()
