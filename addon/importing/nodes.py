"""Small helpers for building node trees, alike in every version of Blender from 4.2 on."""

from __future__ import annotations

from typing import Any


def tree_of(owner: Any) -> Any:
    """Return the node tree of a material or world; up to 4.5 it has to be asked for."""
    if owner.node_tree is None:
        owner.use_nodes = True
    return owner.node_tree


def find_or_add(tree: Any, bl_idname: str) -> Any:
    """Return the first node of a type, or a new one."""
    return next((node for node in tree.nodes if node.bl_idname == bl_idname), None) or tree.nodes.new(
        bl_idname
    )


def shader_of(material: Any) -> tuple[Any, Any]:
    """Return a material's node tree and its Principled BSDF, connected to the output."""
    tree = tree_of(material)
    shader = find_or_add(tree, "ShaderNodeBsdfPrincipled")
    output = find_or_add(tree, "ShaderNodeOutputMaterial")
    if not output.inputs["Surface"].is_linked:
        tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    return tree, shader


def add(tree: Any, bl_idname: str, place: tuple[float, float], *, label: str = "", beside: Any) -> Any:
    """Add a node at a place counted from another node, in its widths and heights of about a node."""
    node = tree.nodes.new(bl_idname)
    node.location = (beside.location.x + place[0], beside.location.y + place[1])
    node.label = label
    return node
