"""What an import is told of a Unity package: the chosen file's materials, and what is worth a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...model.material import MaterialSpec
from .assign import assign_materials
from .contents import Part, part_of
from .dress import Dressing, dress
from .fbx_nodes import read_nodes
from .file_ids import number_parts
from .package import NO_PATH, ModelAsset, UnityPackage
from .slot_names import read_material_names

MAX_LISTED = 5
ROOT_NODE = "//RootNode"


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedMaterials:
    """For ``ImportPlan``: the materials, and (name in the model file, GUID) pairs. Notes are sentences."""

    materials: tuple[MaterialSpec, ...] = ()
    slots: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(node's name, GUIDs of its surfaces' materials) as prefabs show them."""
    notes: tuple[str, ...] = ()


def shown_pictures(packages: Iterable[UnityPackage]) -> frozenset[Path]:
    """Return the pictures that materials show as their color: what a pack of textures is bought for."""
    return frozenset(
        one.spec.albedo for package in packages for one in package.materials if one.spec.albedo is not None
    )


def describe_materials(path: Path, format_name: str, packages: Sequence[UnityPackage]) -> DescribedMaterials:
    """Describe the materials of the file that is imported; nothing for one that no package holds."""
    around = [one for one in packages if path.is_relative_to(one.folder)]
    if not around:
        return DescribedMaterials()
    package = max(around, key=lambda one: len(one.folder.parts))  # the innermost
    trouble = _trouble(package)
    model = next((one for one in package.models if one.path == path), None)
    if model is not None:
        return _describe_model(model, format_name, package, trouble)
    using = tuple(one.spec for one in package.materials if path in _pictures(one.spec))
    return DescribedMaterials(materials=using, notes=(*_missing(using), *trouble))


def _describe_model(
    model: ModelAsset, format_name: str, package: UnityPackage, trouble: tuple[str, ...]
) -> DescribedMaterials:
    placed = package.materials
    names = read_material_names(model.path, format_name)
    dressing = _dress(model, format_name, package)
    assigned = assign_materials(
        model.pathname, model.settings, placed, names=names, is_dressed=bool(dressing.parts)
    )
    wanted = {guid for _name, guid in assigned.slots}
    wanted.update(guid for _name, listed in dressing.parts for guid in listed)
    materials = tuple(one.spec for one in placed if one.spec.guid in wanted)
    notes = [*assigned.notes, *dressing.notes, *_missing(materials), *trouble]
    if model.settings is not None and abs(model.settings.scale - 1.0) > 1e-6:
        notes.append(f"Unity shows this model at {model.settings.scale:g} times the size that its file says.")
    return DescribedMaterials(
        materials=materials, slots=assigned.slots, parts=dressing.parts, notes=tuple(notes)
    )


def _dress(model: ModelAsset, format_name: str, package: UnityPackage) -> Dressing:
    """Look for the model in the package's prefabs."""
    known = {one.spec.guid for one in package.materials}
    if not package.prefabs or not known:
        return Dressing()
    nodes = read_nodes(model.path) if format_name == "fbx" else {}
    shown = [node.name for node in nodes.values() if node.has_mesh]
    names = number_parts(nodes)
    # A model with one node is that node, for Unity; its file still calls it by its name.
    alone = shown[0] if len(shown) == 1 else ""
    for number, name in model.settings.parts if model.settings else ():
        if name != ROOT_NODE:
            names[number] = name
        elif alone:
            names[number] = alone
    return dress(model.guid, model.pathname, names, package.prefabs, known)


def _pictures(spec: MaterialSpec) -> tuple[Path | None, ...]:
    return (spec.albedo, spec.normal, spec.metallic_smoothness, spec.polish, spec.occlusion, spec.emission)


def _missing(materials: Sequence[MaterialSpec]) -> tuple[str, ...]:
    lacking = [f"“{one.name[:60]}” ({', '.join(one.missing)})" for one in materials if one.missing]
    if not lacking:
        return ()
    return (f"Pictures of these materials are not in the package: {_some(lacking)}.",)


def _trouble(package: UnityPackage) -> tuple[str, ...]:
    """Name what would have been of use and could not be read; scripts and scenes are left as a rule."""
    lost = [
        f"{one.pathname[-80:]} ({one.reason})"
        for one in package.skipped
        if part_of(one.pathname) is not Part.OTHER or one.pathname.endswith(".meta") or one.reason == NO_PATH
    ]
    return (f"Not read from the package: {_some(lost)}.",) if lost else ()


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_LISTED])
    return f"{shown} and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else shown
