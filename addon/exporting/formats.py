"""The formats that Blender exports, and what each of them carries out of a scene.

What an exporter does by itself was measured on 4.2, 4.5 and 5.2 (``docs/exports.md`` has the table).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import bpy

_EVERYTHING = frozenset({"OBJECT", "GEOMETRY", "MATERIAL", "IMAGE", "ACTION", "OTHER"})
_NO_PICTURES = _EVERYTHING - {"MATERIAL", "IMAGE"}
_GEOMETRY_ONLY = frozenset({"OBJECT", "GEOMETRY"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """A format, its operator, and the options that keep what can be kept."""

    id: str
    label: str
    hint: str
    ending: str
    group: str
    """Where its operator is: ``bpy.ops.<group>.<operator>``."""
    operator: str
    selection_option: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    modifiers_option: str = ""
    """The operator's option for applying modifiers; empty: it always does, or asks in another way."""
    carries: frozenset[str] = _EVERYTHING
    """Kinds of parts (:class:`core.rights.record.Part`, upper case) that end up in the file."""
    takes_hidden: bool = True
    """What is hidden in the viewport leaves all the same."""
    takes_unrendered: bool = True
    """What is hidden in renders leaves all the same."""
    takes_world: bool = False
    is_merged: bool = False
    """It makes one mesh of all objects."""
    sorts_by_material: bool = False
    """It writes a mesh's faces in the order of their materials."""


def _gltf(id: str, label: str, hint: str, ending: str, kind: str) -> ExportFormat:  # noqa: A002
    return ExportFormat(
        id=id,
        label=label,
        hint=hint,
        ending=ending,
        group="export_scene",
        operator="gltf",
        selection_option="use_selection",
        options=MappingProxyType({"export_format": kind, "export_extras": True, "use_active_scene": True}),
        modifiers_option="export_apply",
        sorts_by_material=True,
    )


def _usd(id: str, label: str, hint: str, ending: str) -> ExportFormat:  # noqa: A002
    return ExportFormat(
        id=id,
        label=label,
        hint=hint,
        ending=ending,
        group="wm",
        operator="usd_export",
        selection_option="selected_objects_only",
        options=MappingProxyType(
            {"export_custom_properties": True, "author_blender_name": True, "allow_unicode": True}
        ),
        takes_unrendered=False,
        takes_world=True,
    )


_FORMATS = (
    _gltf("GLB", "glTF Binary", "One file with everything in it (.glb)", "glb", "GLB"),
    _gltf("GLTF", "glTF Separate", "A .gltf with its buffer and textures beside it", "gltf", "GLTF_SEPARATE"),
    _usd("USDC", "USD Binary", "Universal Scene Description, binary (.usdc)", "usdc"),
    _usd("USDA", "USD Text", "Universal Scene Description, text (.usda)", "usda"),
    _usd("USDZ", "USD Package", "Universal Scene Description, one file with its textures (.usdz)", "usdz"),
    ExportFormat(
        id="FBX",
        label="FBX",
        hint="Autodesk FBX, with custom properties (.fbx)",
        ending="fbx",
        group="export_scene",
        operator="fbx",
        selection_option="use_selection",
        options=MappingProxyType({"use_custom_props": True, "path_mode": "COPY"}),
        modifiers_option="use_mesh_modifiers",
    ),
    ExportFormat(
        id="OBJ",
        label="Wavefront OBJ",
        hint="Meshes and simple materials (.obj); licenses go into the rights file only",
        ending="obj",
        group="wm",
        operator="obj_export",
        selection_option="export_selected_objects",
        options=MappingProxyType({"path_mode": "COPY"}),
        modifiers_option="apply_modifiers",
        carries=_EVERYTHING - {"ACTION", "OTHER"},
        takes_hidden=False,
        sorts_by_material=True,
    ),
    ExportFormat(
        id="ABC",
        label="Alembic",
        hint="Baked geometry and animation (.abc); licenses go into the rights file only",
        ending="abc",
        group="wm",
        operator="alembic_export",
        selection_option="selected",
        options=MappingProxyType({"export_custom_properties": True, "as_background_job": False}),
        carries=_NO_PICTURES,
        takes_unrendered=False,
    ),
    ExportFormat(
        id="STL",
        label="STL",
        hint="One mesh of triangles (.stl); licenses go into the rights file only",
        ending="stl",
        group="wm",
        operator="stl_export",
        selection_option="export_selected_objects",
        modifiers_option="apply_modifiers",
        carries=_GEOMETRY_ONLY,
        takes_hidden=False,
        is_merged=True,
    ),
    ExportFormat(
        id="PLY",
        label="Stanford PLY",
        hint="One mesh (.ply); licenses go into the rights file only",
        ending="ply",
        group="wm",
        operator="ply_export",
        selection_option="export_selected_objects",
        modifiers_option="apply_modifiers",
        carries=_GEOMETRY_ONLY,
        takes_hidden=False,
        is_merged=True,
    ),
)
BY_ID: Mapping[str, ExportFormat] = MappingProxyType({each.id: each for each in _FORMATS})
BY_ENDING: Mapping[str, ExportFormat] = MappingProxyType({each.ending: each for each in reversed(_FORMATS)})


def available() -> tuple[ExportFormat, ...]:
    """Return the formats whose exporter this Blender has, or has as an add-on of its own."""
    own = set(dir(bpy.ops.wm))  # Blender makes this list anew each time, of all its operators
    return tuple(each for each in _FORMATS if each.group != "wm" or each.operator in own)
