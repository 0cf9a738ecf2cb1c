"""Pictures: a material, a reference in the viewport, a camera's background, a world, or the bare image."""

from __future__ import annotations

import math
from typing import Any

import bpy

from ...core.errors import ImportRefused
from ...core.host import ImportPlan, ImportUse
from .cameras import add_background, find_camera
from .job import Job
from .nodes import add, shader_of
from .rebuild import make_materials
from .uses import HDR
from .worlds import is_panorama, make_world

REFERENCE_SIZE = 5.0
"""Meters along the longer side, as Blender's own Add > Image > Reference makes it."""


def import_image(job: Job) -> None:
    """Import a picture as what was asked for."""
    use = job.plan.use
    if job.plan.materials and use in {ImportUse.AUTO, ImportUse.MATERIAL}:
        make_materials(job, job.plan.materials)
        return
    # Looked for before anything is loaded, so that a refusal costs nothing.
    camera = find_camera(job.scene) if use is ImportUse.BACKGROUND else None
    image = load_image(job.plan)
    if use is ImportUse.AUTO:
        use = _usual_use(job.plan, image)
    match use:
        case ImportUse.MATERIAL:
            make_material(job.plan.name, image)
        case ImportUse.REFERENCE:
            _make_reference(job, image)
        case ImportUse.BACKGROUND:
            add_background(job, camera, image=image)
        case ImportUse.WORLD:
            make_world(job, image)
        case _:
            # What has no user is gone after saving and loading.
            image.use_fake_user = True


def load_image(plan: ImportPlan) -> Any:
    """Load the plan's file as an image of the plan's name; raise ImportRefused when it is no picture."""
    try:
        image: Any = bpy.data.images.load(str(plan.path), check_existing=False)
    except RuntimeError as error:
        raise ImportRefused("Blender cannot read this picture.", context={"format": plan.format}) from error
    if 0 in tuple(image.size):
        raise ImportRefused("Blender cannot read this picture.", context={"format": plan.format})
    image.name = plan.name
    return image


def make_material(name: str, image: Any) -> Any:
    """Make a material that shows an image or a movie; return its texture node."""
    material: Any = bpy.data.materials.new(name)
    material.use_fake_user = True
    tree, shader = shader_of(material)
    texture = add(tree, "ShaderNodeTexImage", (-320.0, 0.0), beside=shader)
    texture.image = image
    tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    if image.source == "FILE" and image.channels == 4 and image.depth in {32, 64, 128}:
        tree.links.new(texture.outputs["Alpha"], shader.inputs["Alpha"])
    return texture


def _usual_use(plan: ImportPlan, image: Any) -> ImportUse:
    """Choose for the user: a panorama with light in it lights, any other such picture may be anything."""
    if plan.format in HDR:
        return ImportUse.WORLD if is_panorama(image) else ImportUse.DATA
    return ImportUse.MATERIAL


def _make_reference(job: Job, image: Any) -> None:
    """Show a picture in the viewport, upright and facing the front view; it is not rendered."""
    item: Any = bpy.data.objects.new(job.plan.name, None)
    item.empty_display_type = "IMAGE"
    item.data = image
    item.empty_display_size = REFERENCE_SIZE
    item.rotation_euler = (math.pi / 2.0, 0.0, 0.0)
    job.make_collection().objects.link(item)
