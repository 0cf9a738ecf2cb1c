"""Worlds: a new one that a panorama lights. The scene's own world stays unless the user asked otherwise."""

from __future__ import annotations

from typing import Any

import bpy

from .job import Job
from .nodes import add, find_or_add, tree_of
from .uses import HDR

_TOLERANCE = 0.02


def is_panorama(image: Any) -> bool:
    """Say whether a picture is twice as wide as high, as one of all directions is."""
    width, height = image.size
    return bool(height > 0 and abs(width - 2 * height) <= _TOLERANCE * width)


def make_world(job: Job, image: Any) -> None:
    """Make a world of a picture; put it to use at the end when ``make_active`` says so."""
    world: Any = bpy.data.worlds.new(job.plan.name)
    world.use_fake_user = True
    tree = tree_of(world)
    background = find_or_add(tree, "ShaderNodeBackground")
    output = find_or_add(tree, "ShaderNodeOutputWorld")
    if not output.inputs["Surface"].is_linked:
        tree.links.new(background.outputs["Background"], output.inputs["Surface"])
    texture = add(tree, "ShaderNodeTexEnvironment", (-320.0, 0.0), beside=background)
    texture.image = image
    tree.links.new(texture.outputs["Color"], background.inputs["Color"])
    # Turning the light is the first thing that one wants to do with it.
    mapping = add(tree, "ShaderNodeMapping", (-200.0, 0.0), beside=texture)
    source = add(tree, "ShaderNodeTexCoord", (-200.0, 0.0), beside=mapping)
    tree.links.new(source.outputs["Generated"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    if not is_panorama(image):
        job.notes.append("The picture is not twice as wide as high, so it may look distorted as a world.")
    if job.plan.format not in HDR:
        job.notes.append("The picture is no HDR, so its bright parts light the scene less than they should.")
    if job.plan.make_active:
        _activate_at_end(job, world)
    else:
        job.notes.append(f"“{world.name}” was added to the worlds; the scene still uses its own.")


def _activate_at_end(job: Job, world: Any) -> None:
    scene, before = job.scene, job.scene.world

    def activate() -> None:
        scene.world = world

    def restore() -> None:
        scene.world = before

    job.at_end.append(activate)
    job.take_back.append(restore)
