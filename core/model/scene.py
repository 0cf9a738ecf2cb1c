"""What a host tells about a scene: every data-block that can carry a license, and its witnesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class IdType(StrEnum):
    """Kinds of data-blocks that are stamped; values are Blender's ``ID.id_type`` names, but for strips."""

    OBJECT = "OBJECT"
    MESH = "MESH"
    CURVE = "CURVE"
    CURVES = "CURVES"
    META = "META"
    FONT = "FONT"
    POINTCLOUD = "POINTCLOUD"
    VOLUME = "VOLUME"
    ARMATURE = "ARMATURE"
    LATTICE = "LATTICE"
    GREASEPENCIL = "GREASEPENCIL"
    """Also what Blender 4.3 and later call ``GREASEPENCIL_V3``."""
    LIGHT = "LIGHT"
    CAMERA = "CAMERA"
    MATERIAL = "MATERIAL"
    TEXTURE = "TEXTURE"
    IMAGE = "IMAGE"
    NODETREE = "NODETREE"
    ACTION = "ACTION"
    WORLD = "WORLD"
    COLLECTION = "COLLECTION"
    SOUND = "SOUND"
    MOVIECLIP = "MOVIECLIP"
    LIBRARY = "LIBRARY"
    KEY = "KEY"
    PARTICLE = "PARTICLE"
    CACHEFILE = "CACHEFILE"
    """An Alembic or USD file that objects stream their shape from."""
    STRIP = "STRIP"
    """A strip of a sequencer. Not a data-block in Blender, but a movie strip refers to its file itself; those
    without a file of their own are only told of when they carry a stamp."""


HELPER_OBJECTS = frozenset({"CAMERA", "LIGHT", "EMPTY", "SPEAKER", "LIGHT_PROBE"})
"""Types of objects that hold no content of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """Names a data-block without holding it: ``session_uid`` is unique while the DCC runs."""

    id_type: str
    session_uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBlock:
    """One data-block as it stands in the scene now."""

    id_type: str
    name: str
    session_uid: int = 0
    stamp: str | None = None
    """Raw text of the ``clearance`` property, of a material without one that of its nodes; None when there is
    none."""
    library: str = ""
    """Path of the library file it is linked from; empty for a local one."""
    data_name: str = ""
    """For an object: the name of its data."""
    data_type: str = ""
    """For an object: ``MESH``, ``LIGHT``, ``CAMERA``, ``EMPTY`` …"""
    face_grants: frozenset[int] = frozenset()
    """For a mesh: the numbers in its ``clearance_grant`` face attribute, without 0; for an object: those of
    the mesh that geometry nodes with a cache make of it; for a material with a stamp: that of its nodes, when
    they were pasted into it."""
    unmarked_faces: int = 0
    """For a mesh: faces whose ``clearance_grant`` is 0 or absent."""
    users: int = 1
    missing: bool = False
    """A linked one of which only the name is left: its library, or it in its library, is gone."""
    remembered: str | None = None
    """For a linked one without a stamp: raw text of the one that it carried when the scene was last saved."""
    parts_added: bool = False
    """It has more parts (splines, points, layers, bones, edges without a face) than when it was stamped. For
    a declared picture: it shows something else than then, as far as its size and state tell. For a declared
    sound, font, clip, volume, cache file or strip: its file is another one than then, by name and size."""
    in_output: bool | None = None
    """Whether a render shows or plays it; None: not known, and counts as shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneScan:
    """Everything the report needs to know of a scene file. ``register`` holds raw stamp texts."""

    host: str
    """Such as ``Blender 5.2.3``."""
    scene: str
    """Path of the file; empty when it was never saved."""
    data_blocks: tuple[DataBlock, ...]
    register: tuple[str, ...] = field(default=())
    quiet: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    """For grants by id: the kinds of :data:`core.stamp_format.QUIET_TYPES` that ever carried their stamp, and
    by name (``LIGHT/Lamp``) those of its ``NAMED_TYPES`` that carry it or lost it."""
