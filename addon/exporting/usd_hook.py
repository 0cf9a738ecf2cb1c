"""Writes licenses into USD files and reads them back, through the hook that Blender offers (4.2 and later).

Blender itself carries the stamps of objects, meshes and materials as ``userProperties:clearance`` and the
marks on faces as ``primvars:clearance_grant``. The hook adds to the root layer's ``customLayerData`` what is
lost otherwise: the whole rights record (images, actions, worlds), and the public credit lines.

A hook is only registered where Blender's own ``pxr`` package can be imported: without it, or with another
one, Blender ends on calling a hook (measured with the ``bpy`` module, which does not put the package on
``sys.path``).
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import Any

import bpy

from .. import runtime

log = logging.getLogger(__name__)


# A Blender that was built without USD has no such class.
_Hook: Any = getattr(bpy.types, "USDHook", object)


class CLEARANCE_USD_hook(_Hook):  # type: ignore[misc]
    """Blender calls these, on export in a thread of its own; what they raise would be lost."""

    bl_idname = "CLEARANCE_USD_hook"
    bl_label = "Licenses by Clearance"

    @staticmethod
    def on_export(export_context: Any) -> bool:
        """Put the record of what is in the stage into its layer."""
        from ..alerting.exports import ExportStopped
        from . import usd_layer

        try:
            usd_layer.write(export_context.get_stage(), export_context.get_depsgraph())
        except ExportStopped:
            raise  # Blender says that the hook failed, and scripts get an error
        except Exception:
            log.exception("Clearance could not write licenses into a USD file")
        return True

    @staticmethod
    def on_import(import_context: Any) -> bool:
        """Put the licenses of the layer's record on what was imported."""
        from . import usd_layer

        try:
            if runtime.passing().is_restoring:
                usd_layer.read(import_context.get_stage(), import_context.get_prim_map())
        except Exception:
            log.exception("Clearance could not read licenses from a USD file")
        return True


def classes() -> tuple[type, ...]:
    """Return the hook, where it can work."""
    return (CLEARANCE_USD_hook,) if _has_own_pxr() else ()


def _has_own_pxr() -> bool:
    """Say whether ``pxr`` can be imported and lies in the folder of Blender's own Python packages."""
    spec = importlib.util.find_spec("pxr")
    if _Hook is object or spec is None or not spec.submodule_search_locations:
        return False
    place = Path(next(iter(spec.submodule_search_locations))).resolve()
    own = (Path(scripts).resolve().parent / "python" for scripts in bpy.utils.script_paths(user_pref=False))
    return any(place.is_relative_to(folder) for folder in own)
