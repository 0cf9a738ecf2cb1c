"""Models: Blender's own importers, one small function each, with options that leave the scene alone.

Options that a version of Blender does not have are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import bpy

from ...core.errors import ImportRefused
from ...core.host import ImportPlan
from ..import_blend import append_all
from ..scene_guard import import_into
from .job import Job
from .rebuild import rebuild_materials, remember_materials

Importer = Callable[[ImportPlan, Any], None]
"""Takes the plan and the collection that the objects are to be put in."""


def import_model(job: Job) -> None:
    """Import a model into a collection of its own, with the materials that came described beside it."""
    collection = job.make_collection()
    known, caches = remember_materials(), set(bpy.data.cache_files)
    with import_into(collection, job.view_layer):
        IMPORTERS[job.plan.format.lower().lstrip(".")](job.plan, collection)
    # Alembic leaves one behind for models that do not move, and so do not need their file any more.
    bpy.data.batch_remove([cache for cache in set(bpy.data.cache_files) - caches if cache.users == 0])
    rebuild_materials(job, known)


def _gltf(plan: ImportPlan, _collection: Any) -> None:
    from ...core.files.models.gltf import check_gltf

    needed = check_gltf(plan.path).extensions_required
    try:
        with addon_loaded("io_scene_gltf2"):
            _run(
                bpy.ops.import_scene.gltf,
                plan,
                import_pack_images=plan.keep_files_in is None,
                import_scene_extras=False,
                import_scene_as_collection=False,
                import_select_created_objects=True,
            )
    except ImportRefused as error:
        if not needed:
            raise
        # Blender as a Python module comes without the Draco decoder in some versions.
        raise ImportRefused(
            f"The glTF file needs {', '.join(needed)}, and this Blender could not read it with that. Nothing "
            "was imported. Try a Blender from blender.org, or ask the seller for an uncompressed file.",
            code="host.gltf_extension",
            context={"needs": " ".join(needed)[:200]},
        ) from error


def _obj(plan: ImportPlan, _collection: Any) -> None:
    _run(bpy.ops.wm.obj_import, plan, validate_meshes=True, mtl_name_collision_mode="MAKE_UNIQUE")


def _fbx(plan: ImportPlan, _collection: Any) -> None:
    if "fbx_import" in dir(bpy.ops.wm):
        _run(bpy.ops.wm.fbx_import, plan, validate_meshes=True, mtl_name_collision_mode="MAKE_UNIQUE")
        return
    with addon_loaded("io_scene_fbx"):
        _run(bpy.ops.import_scene.fbx, plan, use_image_search=False)


def _usd(plan: ImportPlan, _collection: Any) -> None:
    _run(
        bpy.ops.wm.usd_import,
        plan,
        set_frame_range=False,
        create_world_material=False,
        create_collection=False,
        validate_meshes=True,
        mtl_name_collision_mode="MAKE_UNIQUE",
        # Textures inside a .usdz have no path of their own, so Blender has to unpack and pack them itself.
        import_textures_mode="IMPORT_PACK" if plan.format == "usdz" else "IMPORT_NONE",
    )


def _alembic(plan: ImportPlan, _collection: Any) -> None:
    _run(
        bpy.ops.wm.alembic_import, plan, set_frame_range=False, validate_meshes=True, as_background_job=False
    )


def _stl(plan: ImportPlan, _collection: Any) -> None:
    _run(bpy.ops.wm.stl_import, plan, use_mesh_validate=True)


def _ply(plan: ImportPlan, _collection: Any) -> None:
    _run(bpy.ops.wm.ply_import, plan)


def _blend(plan: ImportPlan, collection: Any) -> None:
    append_all(plan.path, collection)


IMPORTERS: Mapping[str, Importer] = {
    **dict.fromkeys(("glb", "gltf"), _gltf),
    "obj": _obj,
    "fbx": _fbx,
    **dict.fromkeys(("usd", "usda", "usdc", "usdz"), _usd),
    "abc": _alembic,
    "stl": _stl,
    "ply": _ply,
    "blend": _blend,
}


def _run(operator: Any, plan: ImportPlan, **wanted: Any) -> None:
    """Call an import operator with those options that this version knows."""
    known = set(operator.get_rna_type().properties.keys())
    options = {name: value for name, value in wanted.items() if name in known}
    try:
        result = operator("EXEC_DEFAULT", filepath=str(plan.path), **options)
    except (RuntimeError, TypeError) as error:
        raise ImportRefused(
            f"Blender could not read the .{plan.format} file; it may be damaged. Nothing was imported.",
            code="host.import_failed",
            context={"format": plan.format, "said": _last_line(str(error))},
        ) from error
    if "FINISHED" not in result:
        raise ImportRefused(
            f"Blender did not import the .{plan.format} file; it may be damaged. Nothing was imported.",
            code="host.import_failed",
            context={"format": plan.format},
        )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


@contextmanager
def addon_loaded(module: str) -> Iterator[None]:
    """Have one of Blender's own add-ons while it is needed, if the user has switched it off."""
    import addon_utils

    _default, loaded = addon_utils.check(module)
    if not loaded:
        addon_utils.enable(module, default_set=False)
    try:
        yield
    finally:
        if not loaded:
            addon_utils.disable(module, default_set=False)
