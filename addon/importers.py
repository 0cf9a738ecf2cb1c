"""One small function per file format: call Blender's own importer, with options that leave the scene alone.

Options that a version of Blender does not have are left out. Nothing here decides what is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import bpy

from ..core.errors import ImportRefused
from ..core.host import ImportPlan, ImportUse
from .import_blend import append_all

Importer = Callable[[ImportPlan, Any], None]
"""Takes the plan and the collection (None for images and sounds) that objects are to be put in."""


def find_importer(plan: ImportPlan) -> Importer:
    """Return the importer for a format; raise ImportRefused when there is none."""
    importer = IMPORTERS.get(plan.format.lower().lstrip("."))
    if importer is None:
        raise ImportRefused(
            f"Blender cannot import .{plan.format} files. The download is kept; open it in another program.",
            code="host.unknown_format",
            context={"format": plan.format},
        )
    return importer


def makes_objects(plan: ImportPlan) -> bool:
    """Say whether a format brings objects, and so wants a collection."""
    return IMPORTERS.get(plan.format.lower().lstrip(".")) not in {_image, _movie, _sound}


def _gltf(plan: ImportPlan, _collection: Any) -> None:
    from ..core.files.gltf import check_gltf

    needed = check_gltf(plan.path).extensions_required
    try:
        with _addon("io_scene_gltf2"):
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
    with _addon("io_scene_fbx"):
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


def _image(plan: ImportPlan, _collection: Any) -> None:
    try:
        image: Any = bpy.data.images.load(str(plan.path), check_existing=False)
    except RuntimeError as error:
        raise ImportRefused("Blender cannot read this picture.", context={"format": plan.format}) from error
    if 0 in tuple(image.size):
        raise ImportRefused("Blender cannot read this picture.", context={"format": plan.format})
    image.name = plan.name
    # What has no user is gone after saving and loading.
    image.use_fake_user = True
    if plan.use is not ImportUse.DATA and plan.format not in {"hdr", "exr"}:
        _make_material(plan.name, image)


def _make_material(name: str, image: Any) -> None:
    material: Any = bpy.data.materials.new(name)
    material.use_fake_user = True
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    shader = next((node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled"), None)
    if shader is None:
        shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
        output = tree.nodes.new("ShaderNodeOutputMaterial")
        tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = image
    texture.location = (shader.location.x - 320.0, shader.location.y)
    tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    if image.channels == 4 and image.depth in {32, 64, 128}:
        tree.links.new(texture.outputs["Alpha"], shader.inputs["Alpha"])


def _movie(plan: ImportPlan, _collection: Any) -> None:
    if plan.keep_files_in is None:
        raise ImportRefused(
            "A video cannot be packed into a .blend file. The download is kept; add it in the Movie Clip "
            "Editor or the Video Sequencer.",
            code="host.cannot_pack",
            context={"format": plan.format},
        )
    try:
        clip: Any = bpy.data.movieclips.load(str(plan.path), check_existing=False)
    except RuntimeError as error:
        raise ImportRefused("Blender cannot read this video.", context={"format": plan.format}) from error
    clip.name = plan.name
    clip.use_fake_user = True


def _sound(plan: ImportPlan, _collection: Any) -> None:
    try:
        sound: Any = bpy.data.sounds.load(str(plan.path), check_existing=False)
    except RuntimeError as error:
        raise ImportRefused("Blender cannot read this sound.", context={"format": plan.format}) from error
    if sound.samplerate == 0:
        has_sound = getattr(bpy.app.build_options, "audaspace", True)
        raise ImportRefused(
            "Blender cannot read this sound." if has_sound else "This Blender was built without sound.",
            context={"format": plan.format},
        )
    sound.name = plan.name
    sound.use_fake_user = True


IMPORTERS: Mapping[str, Importer] = {
    **dict.fromkeys(("glb", "gltf"), _gltf),
    "obj": _obj,
    "fbx": _fbx,
    **dict.fromkeys(("usd", "usda", "usdc", "usdz"), _usd),
    "abc": _alembic,
    "stl": _stl,
    "ply": _ply,
    "blend": _blend,
    **dict.fromkeys(("png", "jpg", "jpeg", "webp", "tif", "tiff", "exr", "hdr", "bmp", "tga"), _image),
    **dict.fromkeys(("mp4", "mov", "avi", "mkv", "m4v", "webm"), _movie),
    **dict.fromkeys(("wav", "mp3", "flac", "ogg", "m4a", "aiff"), _sound),
}
SUPPORTED_FORMATS = tuple(name for name, importer in IMPORTERS.items() if importer is not _movie)
"""What can be imported into a .blend file whole: videos cannot be packed."""


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
def _addon(module: str) -> Iterator[None]:
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
