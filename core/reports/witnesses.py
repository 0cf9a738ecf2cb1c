"""Reads the witnesses of one scene: which grants stand behind each data-block, and what is wrong with that.

Pure. It knows nothing of licenses and policy; :mod:`core.reports.build` judges.

What counts as undeclared: a data-block without any witness, unless it is one of these, which are made by
every scene or hold no content of their own:

- objects of type camera, light, empty, speaker and light probe, and their data;
- data-blocks without users (Blender drops them on save);
- actions, shape keys and particle settings (made by animating, sculpting and scattering), collections,
  worlds and library references (containers: what is in them is listed by itself);
- line styles, masks, texts, palettes, brushes and their curves: a scan only tells of those that carry a
  stamp, or that the scene noted with one.

What Blender makes itself (render results, the built-in font, node trees inside of materials) is not in a
scan. Names decide nothing: anybody can call a picture "Render Result". A linked data-block that is missing
always counts.

Each of them still gets a row when it carries a stamp. Nothing is inherited in silence: an object without a
stamp whose mesh has one is judged by its mesh, and a hint says so; a stamped object with an undeclared mesh
has an undeclared mesh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ..errors import UserInputError
from ..ids import find_near_mark, hash_grant_id
from ..model.scene import HELPER_OBJECTS, DataBlock, IdType, SceneScan
from ..stamp_format import Stamp, decode

MADE_BY_EVERY_SCENE = frozenset(
    {
        IdType.CAMERA, IdType.LIGHT, IdType.ACTION, IdType.KEY, IdType.PARTICLE, IdType.COLLECTION,
        IdType.WORLD, IdType.LIBRARY, "SPEAKER", "LIGHT_PROBE", "LIGHTPROBE", "BRUSH", "LINESTYLE", "MASK",
        "PAINTCURVE", "PALETTE", "TEXT",
    }
)  # fmt: skip
_DATA_TYPES = {
    "SURFACE": ("CURVE",),
    "FONT": ("CURVE",),
    "GPENCIL": ("GREASEPENCIL",),
    "GREASEPENCIL": ("GREASEPENCIL_V3", "GREASEPENCIL"),
}
"""Id types of an object's data, where they are not called like the object's type."""


class Witness(StrEnum):
    """How a data-block's license is known, or what is wrong (the values of ``ReportRow.witness``)."""

    STAMP = "stamp"
    FACES = "faces"
    """Licensed faces in a mesh without a stamp, beside faces that nobody declared."""
    STAMP_AND_FACES = "stamp+faces"
    DATA = "data"
    """An object without a stamp, judged by its data."""
    MERGED = "merged"
    FACES_LOST = "faces_lost"
    STAMP_LOST = "stamp_lost"
    UNKNOWN_GRANT = "unknown_grant"
    DAMAGED = "damaged"
    NEWER = "newer"
    """A stamp of a later Clearance."""
    MISSING = "missing"
    """A linked data-block that is not there; its library's stamp or a note of the last save speaks for it."""
    REMEMBERED = "remembered"
    """A linked data-block that carried a stamp when the scene was last saved, and now carries none."""
    NONE = ""


class Sighting(NamedTuple):
    """What the witnesses of one data-block say. ``stamp`` is the decoded stamp, if it could be read.

    A named tuple, since tens of thousands are made for one report.
    """

    block: DataBlock
    witness: Witness
    grant_ids: tuple[str, ...] = ()
    stamp: Stamp | None = None
    unknown_faces: int = 0
    """Numbers in the face attribute that stand for no grant that is known here."""


@dataclass(slots=True, kw_only=True)
class Decoded:
    """Stamp texts read once each."""

    stamps: dict[str, Stamp | Witness] = field(default_factory=dict)

    def read(self, text: str) -> Stamp | Witness:
        """Return the stamp, or DAMAGED or NEWER."""
        found = self.stamps.get(text)
        if found is None:
            try:
                found = decode(text)
            except UserInputError as problem:
                found = Witness.NEWER if problem.code == "stamp.newer" else Witness.DAMAGED
            self.stamps[text] = found
        return found

    def read_all(self, scan: SceneScan) -> None:
        """Read every stamp text of a scene."""
        blocks = scan.data_blocks
        texts = {block.stamp for block in blocks}.union(block.remembered for block in blocks)
        for text in (*texts, *scan.register):
            if text is not None:
                self.read(text)

    def by_grant(self) -> dict[str, Stamp]:
        """Return one stamp of every grant that was read."""
        return {stamp.grant_id: stamp for stamp in self.stamps.values() if isinstance(stamp, Stamp)}


def see(scan: SceneScan, *, ledger_ids: Iterable[str], decoded: Decoded) -> tuple[Sighting, ...]:
    """Read every data-block's witnesses; what every scene makes by itself is left out."""
    decoded.read_all(scan)
    ids = {stamp.grant_id for stamp in decoded.stamps.values() if isinstance(stamp, Stamp)}
    numbers: dict[int, tuple[str, ...]] = {}
    for grant_id in sorted(ids.union(ledger_ids)):
        number = hash_grant_id(grant_id)
        numbers[number] = (*numbers.get(number, ()), grant_id)
    marks = sorted(map(hash_grant_id, ids))
    # Whose faces all show its own grant, and nothing else: nearly every licensed mesh.
    own_faces = {
        grant_ids[0]: frozenset((number,)) for number, grant_ids in numbers.items() if len(grant_ids) == 1
    }
    seen: list[Sighting] = []
    bare_objects: list[tuple[int, DataBlock]] = []
    data_names = {
        block.data_name
        for block in scan.data_blocks
        if block.stamp is None and block.data_name and block.id_type == IdType.OBJECT
    }
    behind: dict[tuple[str, str], tuple[str, ...]] = {}
    for block in scan.data_blocks:
        if block.missing or block.remembered is not None:
            sighting = _see_absent(block, decoded) or _see_block(block, decoded, numbers, own_faces, marks)
        elif _is_judged_by_data(block):
            bare_objects.append((len(seen), block))
            seen.append(Sighting(block, Witness.NONE))
            continue
        else:
            sighting = _see_block(block, decoded, numbers, own_faces, marks)
        if sighting.witness is not Witness.NONE or not is_noise(block):
            seen.append(sighting)
        if sighting.grant_ids and block.name in data_names:
            key = (block.id_type, block.name)
            behind[key] = tuple(dict.fromkeys((*behind.get(key, ()), *sighting.grant_ids)))
    if not bare_objects:
        return tuple(seen)
    kept: list[Sighting | None] = list(seen)
    for index, block in bare_objects:
        data_types = _DATA_TYPES.get(block.data_type, (block.data_type,))
        grant_ids = next((found for kind in data_types if (found := behind.get((kind, block.data_name)))), ())
        if grant_ids:
            kept[index] = Sighting(block, Witness.DATA, grant_ids)
        elif is_noise(block):
            kept[index] = None
    return tuple(sighting for sighting in kept if sighting is not None)


def _is_judged_by_data(block: DataBlock) -> bool:
    bare = block.id_type == IdType.OBJECT and block.stamp is None and not block.face_grants
    return bare and bool(block.data_name)


def is_noise(block: DataBlock) -> bool:
    """Say whether a data-block without witnesses is one that no one has to declare."""
    if block.missing and block.users and block.id_type != IdType.LIBRARY:
        return False
    if block.users == 0 or block.id_type in MADE_BY_EVERY_SCENE:
        return True
    return block.id_type == IdType.OBJECT and block.data_type in HELPER_OBJECTS


def _see_absent(block: DataBlock, decoded: Decoded) -> Sighting | None:
    """Read what is known of a linked data-block that is gone, or whose stamp is gone from its library.

    None for one that is there and says something itself.
    """
    text = block.stamp if block.stamp is not None else block.remembered
    if not block.missing and (block.stamp is not None or text is None or block.face_grants):
        return None
    read = decoded.read(text) if text is not None else Witness.NONE
    if not isinstance(read, Stamp):
        return Sighting(block, read)
    witness = Witness.MISSING if block.missing else Witness.REMEMBERED
    return Sighting(block, witness, (read.grant_id,), read)


def _see_block(
    block: DataBlock,
    decoded: Decoded,
    numbers: Mapping[int, tuple[str, ...]],
    own_faces: Mapping[str, frozenset[int]],
    marks: Sequence[int],
) -> Sighting:
    read = decoded.stamps[block.stamp] if block.stamp is not None else Witness.NONE
    if not (block.face_grants or (block.unmarked_faces and block.id_type == IdType.MESH)):
        if isinstance(read, Stamp):
            return Sighting(block, Witness.STAMP, (read.grant_id,), read)
        return Sighting(block, read)
    if isinstance(read, Stamp) and block.face_grants == own_faces.get(read.grant_id):
        return Sighting(block, Witness.STAMP_AND_FACES, (read.grant_id,), read)
    return _see_faces(block, read, numbers, marks)


def _see_faces(
    block: DataBlock, read: Stamp | Witness, numbers: Mapping[int, tuple[str, ...]], marks: Sequence[int]
) -> Sighting:
    """Hold a mesh's stamp against what its faces say."""
    own = read.grant_id if isinstance(read, Stamp) else ""
    by_faces: list[str] = []
    unknown = 0
    for number in block.face_grants:
        candidates = numbers.get(number)
        if (
            candidates is None
            and block.unmarked_faces
            and (near := find_near_mark(number, marks)) is not None
        ):
            candidates = numbers[near]
        if candidates is None:
            unknown += 1
        elif own in candidates:
            by_faces.append(own)
        else:
            # Two grants may share a number once in two thousand million times: then both are named.
            by_faces.extend(candidates)
    by_faces = sorted(set(by_faces))
    if isinstance(read, Stamp):
        others = [grant_id for grant_id in by_faces if grant_id != own]
        if others or unknown:
            witness = Witness.MERGED
        elif by_faces:
            witness = Witness.STAMP_AND_FACES
        else:
            witness = Witness.FACES_LOST
        return Sighting(block, witness, (own, *others), read, unknown)
    if read is not Witness.NONE:
        return Sighting(block, read, tuple(by_faces), None, unknown)
    if by_faces:
        # Every face marked with one license and no stamp: it was taken away. Some marked: parts were merged
        # into a mesh that never had one. All marked with several: no stamp could speak for them.
        whole = Witness.MERGED if len(block.face_grants) > 1 and not unknown else Witness.STAMP_LOST
        # What an object shows out of a cache has no stamp to be missed.
        is_shown = block.id_type == IdType.OBJECT
        witness = Witness.FACES if block.unmarked_faces or is_shown else whole
        return Sighting(block, witness, tuple(by_faces), None, unknown)
    return Sighting(block, Witness.UNKNOWN_GRANT if unknown else Witness.NONE, (), None, unknown)
