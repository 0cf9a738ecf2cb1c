"""What a prefab's text says of materials: which mesh is shown with which, and what is changed in others.

Searched, not parsed: prefabs are long, and of all that they hold these few lines count. Nothing is executed,
and what is not of Unity's form is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_PREFAB_BYTES = 8 * 1024 * 1024
MAX_SLOTS = 256
_HEAD = re.compile(r"^--- !u!(\d{1,10}) &(-?\d{1,20})( stripped)?[^\n]*$", re.MULTILINE)
_REFERENCE = r"\{fileID: (-?\d{1,20})(?:,\s+guid: ([0-9a-fA-F]{32}))?[^{}]{0,60}\}"
_OBJECT = re.compile(r"^  m_GameObject: \{fileID: (-?\d{1,20})\}", re.MULTILINE)
_MESH = re.compile(rf"^  m_Mesh: {_REFERENCE}", re.MULTILINE)
_MATERIALS = re.compile(r"^  m_Materials:[ ]*\n((?:  - \{[^{}]{0,200}\}[ ]*\n)*)", re.MULTILINE)
_ONE = re.compile(_REFERENCE)
_SOURCE = re.compile(rf"^  m_(?:SourcePrefab|ParentPrefab): {_REFERENCE}", re.MULTILINE)
_ORIGIN = re.compile(rf"^  m_(?:CorrespondingSourceObject|PrefabParentObject): {_REFERENCE}", re.MULTILINE)
_INSTANCE = re.compile(r"^  m_Prefab(?:Instance|Internal): \{fileID: (-?\d{1,20})\}", re.MULTILINE)
_CHANGE = re.compile(
    rf"- target: {_REFERENCE}\s+propertyPath: ['\"]?m_Materials\.Array\.data\[(\d{{1,3}})\]['\"]?[ ]*\n"
    rf"\s+value:[^\n]*\n\s+objectReference: {_REFERENCE}"
)
_RENDERER, _FILTER, _SKINNED = "23", "33", "137"
_PREFAB = "1001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A part of another asset. ``guid`` is empty for one of the same file."""

    file_id: int
    guid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Another prefab, or a model, that is used here, with the materials that are changed in it."""

    source: str
    changes: tuple[tuple[Reference, int, str], ...] = ()
    """The renderer there, which of its surfaces, and the GUID of its material here (empty: none)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefabText:
    """One prefab's own words."""

    shown: Mapping[int, tuple[Reference, tuple[str, ...]]] = field(default_factory=dict)
    """Renderer → the mesh, and the GUIDs of its materials in order; empty: none, or Unity's own."""
    instances: Mapping[int, Instance] = field(default_factory=dict)
    stood_for: Mapping[int, Reference] = field(default_factory=dict)
    """Parts that only stand for one in an instance's source."""


def read_prefab_text(data: bytes) -> PrefabText:
    """Read a prefab; what cannot be read is not in it."""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    heads = list(_HEAD.finditer(text))
    meshes: dict[int, Reference] = {}
    materials: dict[int, tuple[int, tuple[str, ...]]] = {}
    shown: dict[int, tuple[Reference, tuple[str, ...]]] = {}
    instances: dict[int, Instance] = {}
    stood_for: dict[int, Reference] = {}
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=False):
        kind, number = head[1], int(head[2])
        body = text[head.end() : end]
        if head[3]:
            origin = _reference(_ORIGIN.search(body))
            if origin is not None and kind in (_RENDERER, _SKINNED):
                stood_for[number] = origin
        elif kind == _PREFAB:
            source = _reference(_SOURCE.search(body))
            if source is not None and source.guid:
                instances[number] = Instance(source=source.guid, changes=_changes(body))
        elif kind in (_RENDERER, _SKINNED, _FILTER):
            mesh, owner = _reference(_MESH.search(body)), _OBJECT.search(body)
            if kind == _SKINNED and mesh is not None:
                shown[number] = (mesh, _materials(body))
            elif kind == _FILTER and mesh is not None and owner is not None:
                meshes[int(owner[1])] = mesh
            elif kind == _RENDERER and owner is not None:
                materials[number] = (int(owner[1]), _materials(body))
    for number, (owner_id, listed) in materials.items():
        if owner_id in meshes:
            shown[number] = (meshes[owner_id], listed)
    return PrefabText(shown=shown, instances=instances, stood_for=stood_for)


def _reference(found: re.Match[str] | None) -> Reference | None:
    return None if found is None else Reference(file_id=int(found[1]), guid=(found[2] or "").lower())


def _materials(body: str) -> tuple[str, ...]:
    found = _MATERIALS.search(body)
    return (
        () if found is None else tuple((one[2] or "").lower() for one in _ONE.finditer(found[1]))[:MAX_SLOTS]
    )


def _changes(body: str) -> tuple[tuple[Reference, int, str], ...]:
    return tuple(
        (Reference(file_id=int(one[1]), guid=(one[2] or "").lower()), int(one[3]), (one[5] or "").lower())
        for one in _CHANGE.finditer(body)
        if int(one[3]) < MAX_SLOTS
    )
