"""Go through what was delivered, archives included, and hand out what it can be recognized by. Workers only.

Pictures come as bytes, meshes as arrays; of what cannot be read without a DCC only a note is left. Nothing is
run, and the files stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CancelledError, ClearanceError
from ..model.mesh import MeshArrays
from .archives.job import Limits
from .archives.unpack import DEFAULT_LIMITS, DEFAULT_TOOLS, Tools, is_archive, unpack
from .blend.geometry import read_images, read_meshes
from .choose import is_junk
from .detect import Family, detect, ending_of
from .disk import Cancelled, never_cancelled, safe_name, stop_if
from .models.gltf_mesh import read_gltf
from .models.mesh_parts import MeshPart, Pieces, forms_of
from .models.plain_meshes import read_obj, read_ply, read_stl
from .store import Store, remove_tree

MAX_IMAGE_BYTES = 512 * 1024 * 1024
_READERS: dict[str, Callable[[Path], Pieces]] = {
    "glb": read_gltf,
    "gltf": read_gltf,
    "obj": read_obj,
    "stl": read_stl,
    "ply": read_ply,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One picture (encoded) or one mesh, and what it is called."""

    name: str
    image: bytes | None = None
    mesh: MeshArrays | None = None


@dataclass(slots=True)
class Reading:
    """What was read so far of a delivery. ``notes`` are sentences; ``unread`` counts files for a DCC."""

    notes: list[str] = field(default_factory=list)
    unread: int = 0


def read_delivery(
    store: Store,
    files: Sequence[tuple[Path, str]],
    reading: Reading,
    *,
    limits: Limits = DEFAULT_LIMITS,
    tools: Tools = DEFAULT_TOOLS,
    cancelled: Cancelled = never_cancelled,
) -> Iterator[Content]:
    """Yield everything in stored files (place and name); archives are unpacked into a folder that goes again.

    What is damaged or hostile is noted and passed over. Raises CancelledError.
    """
    for place, name in files:
        stop_if(cancelled)
        if not is_archive(detect(place)):
            yield from read_file(place, reading, name=safe_name(name))
            continue
        folder = store.working_folder(name)
        try:
            unpacked = unpack(
                place, folder, limits=limits, tools=tools, cancelled=cancelled, name=safe_name(name)
            )
            for file in unpacked.files:
                stop_if(cancelled)
                if not is_junk(file):
                    yield from read_file(folder / file, reading, name=file.name)
        except CancelledError:
            raise
        except ClearanceError as error:
            reading.notes.append(f"{safe_name(name)}: {error.message}")
        finally:
            remove_tree(folder)


def read_file(path: Path, reading: Reading, *, name: str = "") -> Iterator[Content]:
    """Yield what one file holds; what is wrong with it is noted."""
    shown = name or path.name
    try:
        found = detect(path)
        if found.family is Family.IMAGE:
            yield from _read_image(path, shown, reading)
        elif found.family is Family.MODEL:
            ending = found.name if found.name in _READERS else ending_of(shown)
            yield from _read_model(path, "blend" if found.name == "blend" else ending, shown, reading)
    except CancelledError:
        raise
    except ClearanceError as error:
        reading.notes.append(f"{shown}: {error.message}")
    except (OSError, MemoryError) as error:
        reading.notes.append(f"{shown} cannot be read: {error}.")


def _read_image(path: Path, shown: str, reading: Reading) -> Iterator[Content]:
    if path.stat().st_size > MAX_IMAGE_BYTES:
        reading.notes.append(f"{shown} is too large to be looked at.")
        return
    yield Content(name=shown, image=path.read_bytes())


def _read_model(path: Path, ending: str, shown: str, reading: Reading) -> Iterator[Content]:
    if ending == "blend":
        yield from _read_blend(path, shown, reading)
        return
    reader = _READERS.get(ending)
    if reader is None:
        reading.unread += 1
        return
    pieces = reader(path)
    reading.notes += pieces.notes
    for name, data in pieces.images:
        yield Content(name=name, image=data)
    for name, mesh in forms_of(pieces.meshes, shown):
        yield Content(name=name, mesh=mesh)


def _read_blend(path: Path, shown: str, reading: Reading) -> Iterator[Content]:
    for image in read_images(path):
        if image.data is not None:
            yield Content(name=image.name, image=image.data)
    parts: list[MeshPart] = []
    for name, mesh in read_meshes(path):
        if mesh is None:
            reading.unread += 1
        else:
            parts.append(MeshPart(name=name, pieces=(mesh,)))
    for name, mesh in forms_of(parts, shown):
        yield Content(name=name, mesh=mesh)
