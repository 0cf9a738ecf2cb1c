"""Writes licenses into USD files and reads them back, through the hook that Blender offers (4.2 and later).

Blender itself carries the stamps of objects, meshes and materials as ``userProperties:clearance`` and the
marks on faces as ``primvars:clearance_grant``. The hook adds to the root layer's ``customLayerData`` what is
lost otherwise: the whole rights record (images, actions, worlds), and the public credit lines.

A hook is only registered where the ``pxr`` package can be imported: without it Blender ends on calling one
(measured with the ``bpy`` module, which does not bring the package along on ``sys.path``).
"""

from __future__ import annotations

import importlib.util
import logging
from typing import Any

import bpy

from .. import runtime

log = logging.getLogger(__name__)


class CLEARANCE_USD_hook(bpy.types.USDHook):
    """Blender calls these, on export in a thread of its own; what they raise would be lost."""

    bl_idname = "CLEARANCE_USD_hook"
    bl_label = "Licenses by Clearance"

    @staticmethod
    def on_export(export_context: Any) -> bool:
        """Put the record of what is in the stage into its layer."""
        from . import usd_layer

        try:
            usd_layer.write(export_context.get_stage(), export_context.get_depsgraph())
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
    has_pxr = hasattr(bpy.types, "USDHook") and importlib.util.find_spec("pxr") is not None
    return (CLEARANCE_USD_hook,) if has_pxr else ()
