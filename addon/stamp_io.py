"""Write and read stamps: the custom property, the faces, the scene's register. No policy, no ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import bpy

from ..core.errors import UserInputError
from ..core.ids import find_near_mark, gather_marks, hash_grant_id
from ..core.model.scene import DataBlock, IdType, SceneScan
from ..core.stamp_format import (
    FACE_ATTRIBUTE,
    FILED_TYPES,
    PROPERTY,
    REGISTER_PROPERTY,
    SceneNotes,
    Stamp,
    decode,
    encode,
    encode_register,
    extend_register,
    read_register,
)
from . import data_blocks, linked, pasted, quiet, strips
from .baked import Baked
from .output import Output, find_output

DESCRIPTION = "License of this data-block, written by Clearance. Keep it: the license report reads it"
_SCANNED = frozenset(IdType)
_NOT_CONTENT = frozenset({"RENDER_RESULT", "COMPOSITING"})
_RENAMED = {"GREASEPENCIL_V3": "GREASEPENCIL"}
_BUILT_IN = "<builtin>"


def write(blocks: Sequence[Any], stamp: Stamp) -> int:
    """Stamp data-blocks (for linked ones: their library), and the faces of meshes; return how many."""
    text, number = encode(stamp), hash_grant_id(stamp.grant_id)
    count = 0
    for block in blocks:
        count += 1
        # A new key on a linked data-block is lost on save; on its library it stays.
        target = block if block.library is None else block.library
        if block.library is not None and target.get(PROPERTY, text) != text:
            # The library holds another asset too: its stamp speaks for what nothing else speaks for.
            linked.note_here(block, text)
            continue
        put(target, text)
        if block.library is None:
            if block.id_type == "MESH":
                mark_faces(block, number)
            quiet.note_parts(block)
    return count


def put(block: Any, text: str) -> None:
    """Write a stamp's text on a data-block; on a material's nodes too, which can be pasted into another."""
    tree = _tree_of(block)
    for one in (block,) if tree is None else (block, tree):
        one[PROPERTY] = text
        one.id_properties_ui(PROPERTY).update(description=DESCRIPTION)


def _tree_of(block: Any) -> Any:
    return block.node_tree if block.id_type == "MATERIAL" else None


def complete_materials() -> None:
    """Write on the nodes of materials what is on these, and the other way round, where one has nothing."""
    for material in bpy.data.materials:
        tree = material.node_tree
        if tree is None or material.library is not None:
            continue
        text, within = material.get(PROPERTY), tree.get(PROPERTY)
        if (text is None) == (within is None):
            continue
        known = within if text is None else text
        with suppress(UserInputError):
            decode(str(known))
            put(material, str(known))


def mark_faces(mesh: Any, number: int) -> None:
    """Write the grant's number on every face; a mesh without faces gets no attribute."""
    attribute = mesh.attributes.get(FACE_ATTRIBUTE)
    if attribute is not None and (attribute.domain != "FACE" or attribute.data_type != "INT"):
        mesh.attributes.remove(attribute)
        attribute = None
    faces = len(mesh.polygons)
    if faces == 0:
        return
    if attribute is None:
        attribute = mesh.attributes.new(FACE_ATTRIBUTE, "INT", "FACE")
    import numpy as np

    attribute.data.foreach_set("value", np.full(faces, number, dtype=np.int32))


def register(scene: Any, stamp: Stamp) -> None:
    """Add a stamp to the scene's register."""
    text = _text_of(scene, REGISTER_PROPERTY)
    _write_register(scene, extend_register(text, stamp))
    quiet.note(scene)


def register_found(scene: Any, texts: Iterable[str]) -> int:
    """Add stamps that were found on data-blocks and are not in any register yet; return how many."""
    known = set(_registered())
    new = [text for text in dict.fromkeys(texts) if text not in known]
    if new and scene is not None and scene.library is None:
        _write_register(scene, encode_register((*read_register(_text_of(scene, REGISTER_PROPERTY)), *new)))
        return len(new)
    return 0


def _write_register(scene: Any, text: str) -> None:
    scene[REGISTER_PROPERTY] = text
    scene.id_properties_ui(REGISTER_PROPERTY).update(
        description="Every license stamp ever put into this scene, written by Clearance"
    )


def complete_meshes(texts: Iterable[str]) -> int:
    """Give meshes without a stamp the one that all their faces name; return how many got one.

    That is what new_from_object, realized instances and a join into an empty mesh leave behind. Nothing is
    guessed: faces of two licenses, faces without one, and numbers that no stamp in this file has are left.
    """
    bare = [
        mesh
        for mesh in bpy.data.meshes
        if mesh.get(PROPERTY) is None
        and mesh.library is None
        and mesh.users
        and not mesh.is_editmode
        and FACE_ATTRIBUTE in mesh.attributes
    ]
    if not bare:
        return 0
    known = _texts_by_number((*texts, *_registered()))
    count = 0
    for mesh in bare:
        numbers, unmarked = _read_faces(mesh)
        candidates = known.get(next(iter(numbers)), ()) if len(numbers) == 1 and not unmarked else ()
        if len(candidates) == 1:
            put(mesh, candidates[0])
            count += 1
    return count


def _registered() -> tuple[str, ...]:
    """Return the stamp texts in the registers of all scenes."""
    return tuple(
        text for each in bpy.data.scenes for text in read_register(_text_of(each, REGISTER_PROPERTY))
    )


def _texts_by_number(texts: Iterable[str]) -> dict[int, tuple[str, ...]]:
    """Return for every number on faces one stamp text a grant, the last that is given."""
    by_grant: dict[str, str] = {}
    for text in texts:
        with suppress(UserInputError):
            by_grant[decode(text).grant_id] = text
    found: dict[int, tuple[str, ...]] = {}
    for grant_id, text in by_grant.items():
        number = hash_grant_id(grant_id)
        found[number] = (*found.get(number, ()), text)
    return found


def find_stamps() -> set[str]:
    """Return the different stamp texts on all data-blocks; quick, for handlers."""
    found = {
        text
        for collection in data_blocks.collections()
        for block in collection
        if (text := block.get(PROPERTY)) is not None
    }
    found |= {text for one in bpy.data.materials if (text := pasted.text_within(one)) is not None}
    return {text for text in found if isinstance(text, str)}


def stamped_with(grant_ids: Collection[str]) -> list[Any]:
    """Return the data-blocks that carry one of these grants, by stamp (its id is in the text) or on faces."""
    marks = sorted(map(hash_grant_id, grant_ids))
    wanted = [f'"{one}"' for one in grant_ids]
    known: dict[str, bool] = {}
    found = []
    for collection in data_blocks.collections():
        for block in collection:
            tree = _tree_of(block)
            texts = (block.get(PROPERTY), None if tree is None else tree.get(PROPERTY))
            for text in texts:
                if isinstance(text, str) and text not in known:
                    known[text] = any(one in text for one in wanted)
            if any(isinstance(text, str) and known[text] for text in texts):
                found.append(block)
                continue
            if block.id_type == "MESH" and any(
                find_near_mark(one, marks) is not None for one in _read_faces(block)[0]
            ):
                found.append(block)
    return found


def scan(host_name: str) -> SceneScan:
    """Read every data-block that can carry a license. Some 0.1 s for 10,000 objects."""
    output = find_output()
    blocks: dict[data_blocks.Key, DataBlock] = {}
    noted: dict[str, frozenset[str]] = {}
    for scene in bpy.data.scenes:
        quiet.gather(noted, quiet.read(scene))
    registers = _registered()
    asked = SceneNotes.of(noted, registers)
    notes, baked = linked.Notes(), Baked(_read_faces)
    for collection in data_blocks.collections():
        for block in collection:
            id_type = str(block.id_type)
            if id_type == "SCENE":
                continue
            stamp = _text_of(block, PROPERTY)
            if stamp is None and id_type == "MATERIAL":
                stamp = pasted.text_within(block)
            id_type = _RENAMED.get(id_type, id_type)
            if stamp is None and id_type not in _SCANNED and f"{id_type}/{block.name}" not in asked.names:
                continue
            if _is_made_by_blender(block, id_type):
                continue
            if id_type == IdType.STRIP and stamp is None and not block.has_file:
                continue
            uid = block.session_uid
            found = _read(block, id_type, uid, stamp, output, baked=baked, asked=asked)
            blocks[id_type, uid] = _read_linked(block, found, notes) if _is_from_a_library(block) else found
    return SceneScan(
        host=host_name,
        scene=bpy.data.filepath,
        data_blocks=tuple(blocks.values()),
        register=tuple(dict.fromkeys(registers)),
        quiet=noted,
    )


def kind_of(block: Any) -> str:
    """Return what a scan calls a data-block's type."""
    id_type = str(block.id_type)
    return _RENAMED.get(id_type, id_type)


def _is_made_by_blender(block: Any, id_type: str) -> bool:
    """Say whether Blender makes it in every scene. By what it is: anybody can give it that name."""
    if id_type == "IMAGE":
        return block.type in _NOT_CONTENT
    return id_type == "FONT" and block.filepath == _BUILT_IN


def _is_from_a_library(block: Any) -> bool:
    return block.library is not None or block.id_type == "LIBRARY"


def _read_linked(block: Any, found: DataBlock, notes: linked.Notes) -> DataBlock:
    """Add what the library says, and what was noted on it, to what a linked data-block says itself."""
    library, stamp, remembered = block.library, found.stamp, None
    inherited = False
    if library is not None and stamp is None:
        noted, key = notes.of(library), linked.key_of(block)
        stamp = noted.here.get(key)
        if stamp is None:
            stamp = _text_of(library, PROPERTY)
        inherited = stamp is not None
        remembered = None if inherited else noted.seen.get(key)
    return replace(
        found,
        stamp=stamp,
        library=library.filepath if library is not None else "",
        # Faces of a linked mesh cannot be marked for good: its library's stamp speaks for them.
        unmarked_faces=0 if inherited else found.unmarked_faces,
        missing=block.id_type != strips.ID_TYPE and bool(block.is_missing),
        remembered=remembered,
    )


def _read(
    block: Any, id_type: str, uid: int, stamp: str | None, output: Output, *, baked: Baked, asked: SceneNotes
) -> DataBlock:
    """Read what a data-block says itself."""
    in_output = output.holds(block)
    if id_type == "OBJECT":
        data = block.data
        return DataBlock(
            id_type=id_type,
            name=block.name,
            session_uid=uid,
            stamp=stamp,
            data_name=data.name if data is not None else "",
            data_type=block.type,
            face_grants=baked.read(block),
            users=block.users,
            in_output=in_output,
        )
    if id_type == "MESH":
        grants, unmarked = _read_faces(block)
        return DataBlock(
            id_type=id_type,
            name=block.name,
            session_uid=uid,
            stamp=stamp,
            face_grants=grants,
            unmarked_faces=unmarked,
            users=block.users,
            in_output=in_output,
            parts_added=asked.ask_loose(stamp) and quiet.has_new_loose(block),
        )
    if id_type == "IMAGE":
        has_new = asked.ask_image(stamp) and quiet.shows_new(block)
    elif id_type in FILED_TYPES:
        has_new = asked.ask_image(stamp) and quiet.has_other_file(block)
    else:
        has_new = stamp is not None and quiet.has_new_parts(block)
    return DataBlock(
        id_type=id_type,
        name=block.name,
        session_uid=uid,
        stamp=stamp,
        face_grants=pasted.read(block, stamp) if id_type == "MATERIAL" else frozenset(),
        users=block.users,
        in_output=in_output,
        parts_added=has_new,
    )


def _read_faces(mesh: Any) -> tuple[frozenset[int], int]:
    """Return the numbers on a mesh's faces, and how many faces have none.

    Realizing instances on a marked mesh puts the marks of both on points: these tell what is in it, but of no
    face that it is marked.
    """
    if mesh.is_editmode:
        return _read_edited_faces(mesh)
    faces = len(mesh.polygons)
    attribute = mesh.attributes.get(FACE_ATTRIBUTE)
    if faces == 0 or attribute is None or attribute.data_type != "INT":
        return frozenset(), faces
    import numpy as np

    values = np.empty(len(attribute.data), dtype=np.int32)
    attribute.data.foreach_get("value", values)
    if attribute.domain != "FACE":  # which comes after points and edges, where joining left it
        every = [one for one in mesh.attributes if one.name == FACE_ATTRIBUTE and one.data_type == "INT"]
        parts = [np.empty(len(one.data), dtype=np.int32) for one in every]
        for one, part in zip(every, parts, strict=True):
            one.data.foreach_get("value", part)
        numbers, counts = np.unique(np.concatenate(parts), return_counts=True)
        return gather_marks(dict(zip(numbers.tolist(), counts.tolist(), strict=True))), faces
    first = int(values[0])
    if (values == first).all():  # the usual case, ten times cheaper than sorting
        return (frozenset({first}), 0) if first else (frozenset(), faces)
    return frozenset(np.unique(values).tolist()) - {0}, int((values == 0).sum())


def _read_edited_faces(mesh: Any) -> tuple[frozenset[int], int]:
    """In Edit Mode the faces and their values are with the edit mesh."""
    import bmesh

    edited: Any = bmesh.from_edit_mesh(mesh)
    faces = edited.faces
    layer = faces.layers.int.get(FACE_ATTRIBUTE)
    if layer is not None:
        numbers = [face[layer] for face in faces]
        return frozenset(numbers) - {0}, numbers.count(0)
    counts: Counter[int] = Counter()
    for elements in (edited.verts, edited.edges) if faces else ():
        layer = elements.layers.int.get(FACE_ATTRIBUTE)
        if layer is not None:
            counts.update(one[layer] for one in elements)
    return gather_marks(counts), len(faces)


def _text_of(block: Any, name: str) -> str | None:
    """Return a property's text; anything that is not text is handed on as text, to be called damaged."""
    value = block.get(name)
    return value if value is None or isinstance(value, str) else str(value)
