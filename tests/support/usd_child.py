"""In a Blender of its own: USD through Blender's own menu, with the `pxr` package that Blender brings.

A child of a test: the package has to be there before the extension is switched on, and Blender's module does
not put it on the path by itself. Usage: usd_child.py FOLDER ANSWER; writes what it saw as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy

# Found only once bpy is imported.
# isort: split
import addon_utils
import licensed_scene as scenes

FOLDER, ANSWER = Path(sys.argv[1]), Path(sys.argv[2])
MODULE = "bl_ext.user_default.clearance"


def bring_pxr() -> bool:
    """Put Blender's own packages on the path; say whether `pxr` is among them (in 4.2's module it is not)."""
    for scripts in bpy.utils.script_paths(user_pref=False, check_all=True):
        for place in Path(scripts).parent.glob("python/lib/python3*/site-packages"):
            if (place / "pxr").is_dir():
                sys.path.append(str(place))
                return True
    return False


def load(name: str) -> Any:
    """Return a module of the installed extension."""
    return importlib.import_module(f"{MODULE}.{name}")


def look() -> dict[str, Any]:
    """Say what carries a license now."""
    stamped: dict[str, list[str]] = {}
    for blocks in (bpy.data.objects, bpy.data.meshes, bpy.data.materials, bpy.data.images):
        for block in blocks:
            if block.get("clearance"):
                stamped.setdefault(json.loads(block["clearance"])["grant_id"], []).append(block.id_type)
    merged = next((mesh for mesh in bpy.data.meshes if mesh.name.startswith("Merged")), None)
    faces = scenes.faces_by_grant(merged, load, GRANTS) if merged is not None else {}
    register = json.loads(bpy.context.scene.get("clearance_register", "[]"))
    return {
        "stamped": {grant_id: sorted(kinds) for grant_id, kinds in stamped.items()},
        "merged": {str(key): sorted(value) for key, value in faces.items()},
        "register": sorted(json.loads(text)["grant_id"] for text in register),
    }


def run(**options: Any) -> dict[str, Any]:
    """Export and import natively; the options are the exporter's and, with `import_`, the importer's."""
    importing = {
        name.removeprefix("import_"): options.pop(name)
        for name in list(options)
        if name.startswith("import_")
    }
    made = scenes.build(FOLDER / "textures", load, GRANTS)
    if options.get("selected_objects_only"):
        made["table"].select_set(True)
    path = FOLDER / "out" / f"möbel.{options.pop('ending', 'usda')}"
    path.parent.mkdir(exist_ok=True)
    bpy.ops.wm.usd_export(filepath=str(path), **options)
    load("addon.pump").drain_until_idle(60)
    rights = path.with_name(f"{path.name}.rights.json")
    text = path.read_bytes().decode("utf-8", "replace")
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.usd_import(filepath=str(path), **importing)
    seen = look() | {
        "rights": rights.is_file()
        and sorted(each["grant_id"] for each in json.loads(rights.read_text("utf-8"))["licenses"]),
        "credits": [line for line in scenes.CREDITS.values() if line in text],
        "names": [name for name in ("Own plinth", "Stuhl") if name in text],
        "secrets": [secret for secret in scenes.SECRETS if secret in text],
    }
    rights.unlink(missing_ok=True)
    return seen


HAS_PXR = bring_pxr()
bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
addon_utils.enable(MODULE, default_set=True)
APP = load("addon.runtime").app()
GRANTS = scenes.add_grants(APP, load)
IMPORTED = "property_import_mode" if bpy.app.version >= (5, 0) else "attr_import_mode"
SEEN = {
    "has_pxr": HAS_PXR,
    "has_hook": bool(load("addon.exporting.usd_hook").CLEARANCE_USD_hook.is_registered),
    "grants": {str(number): grant.id for number, grant in GRANTS.items()},
    "default": run(),
    "binary": run(ending="usdc"),
    "package": run(ending="usdz"),
    "selected": run(selected_objects_only=True),
    "bare": run(export_custom_properties=False, **{f"import_{IMPORTED}": "NONE"}),
}
ANSWER.write_text(json.dumps(SEEN), encoding="utf-8")
sys.stdout.flush()
# Blender's own clean-up may crash, or never end (4.5).
os._exit(0)
