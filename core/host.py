"""The port to a DCC: the few things that the core needs done there. Called on the DCC's main thread only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from .model.content import Candidate
from .model.listing import MediaKind
from .model.material import MaterialSpec
from .model.optimize import AS_IT_CAME, Optimize
from .model.scene import Handle, SceneScan
from .stamp_format import Stamp


class ImportUse(StrEnum):
    """What an asset becomes in the scene. Not every use fits every kind; AUTO takes the usual one."""

    AUTO = "auto"
    COLLECTION = "collection"
    """Models: objects in a collection."""
    MATERIAL = "material"
    """Images: a material that shows it; HDRIs and videos can be materials too."""
    REFERENCE = "reference"
    """Images: an empty that shows it in the viewport."""
    BACKGROUND = "background"
    """Images and videos: behind the active camera's view."""
    WORLD = "world"
    """HDRIs and panoramas: a new world; the scene's own stays in use unless ``ImportPlan.make_active``."""
    SEQUENCER = "sequencer"
    """Videos and sounds: a strip at the current frame, on a free channel."""
    DATA = "data"
    """The bare image, movie clip or sound, for later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What to import and how. ``path`` is an unpacked, verified file in a private folder."""

    path: Path
    format: str
    """Lower-case file ending that decides the importer: ``glb``, ``obj``, ``fbx``, ``blend``, ``png`` …"""
    kind: MediaKind
    name: str
    """What to call the collection or image; already free of control characters."""
    use: ImportUse = ImportUse.AUTO
    make_active: bool = False
    """For worlds: also make it the scene's world. Only when the user asked for it."""
    keep_files_in: Path | None = None
    """Folder from which textures may be referenced for good; None: pack them."""
    folder: Path | None = None
    """The private folder that all of it lies in, to be removed when the import is over."""
    materials: tuple[MaterialSpec, ...] = ()
    """Materials described beside the file (Unity packages), to be rebuilt."""
    material_slots: Mapping[str, str] = field(default_factory=dict)
    """For a model: the name that a material has in ``path`` → ``MaterialSpec.guid``. A name that is not in it
    keeps what the model file itself says. Pictures alone: ``materials`` may be used as they are."""
    part_materials: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a model: the name of an object in ``path`` → ``MaterialSpec.guid`` of each of its surfaces, in
    order; empty: as the model file says. Comes before ``material_slots``."""
    optimize: Optimize = AS_IT_CAME
    """What to merge and to show lighter once it is imported; textures are smaller already."""
    same_pictures: Mapping[Path, Path] = field(default_factory=dict)
    """Pictures that are equal to another one, and which; for ``Optimize.merge_duplicates``."""


class Host(Protocol):
    """What a DCC does for the core."""

    @property
    def name(self) -> str:
        """Name and version, such as ``Blender 5.2.3``."""
        ...

    @property
    def supported_formats(self) -> tuple[str, ...]:
        """Lower-case file endings that can be imported here. Safe to read from any thread."""
        ...

    @property
    def newest_blend(self) -> tuple[int, int] | None:
        """The newest Blender (major, minor) whose files can be read; None when that does not matter."""
        ...

    def is_online(self) -> bool:
        """Say whether the user lets extensions use the network. Safe to call from any thread."""
        ...

    def import_file(self, plan: ImportPlan) -> tuple[Handle, ...]:
        """Import and return every data-block that came in; raise ImportRefused and leave nothing behind."""
        ...

    def stamp(self, handles: tuple[Handle, ...], stamp: Stamp) -> int:
        """Write the stamp on all of them, mark the faces, add it to the scene's register; return how many."""
        ...

    def scan(self) -> SceneScan:
        """Read stamps and witnesses of the whole file."""
        ...

    def scan_file(self, path: Path) -> SceneScan | None:
        """Read another scene file in this DCC, which may replace the open one; None when it cannot do that.

        Raises HostError when the file cannot be opened.
        """
        ...

    def copy_out(self, handles: tuple[Handle, ...]) -> Iterator[Candidate]:
        """Copy meshes and images out one by one, to be recognized; what is gone or no content is left out."""
        ...

    def save(self) -> Path:
        """Save the open scene file where it is, and return where; raise HostError when it has no place."""
        ...

    def open_url(self, url: str) -> bool:
        """Show a web page to the user; False when this host has no user in front of it."""
        ...


class NoHost:
    """The host of the command line: no DCC, and the network is allowed unless told otherwise."""

    def __init__(self, *, online: bool = True) -> None:
        self._online = online

    @property
    def name(self) -> str:
        """Say that there is none."""
        return "command line"

    @property
    def supported_formats(self) -> tuple[str, ...]:
        """Return nothing: there is nothing to import into."""
        return ()

    @property
    def newest_blend(self) -> tuple[int, int] | None:
        """Return None."""
        return None

    def is_online(self) -> bool:
        """Return what it was made with."""
        return self._online

    def import_file(self, plan: ImportPlan) -> tuple[Handle, ...]:
        """Refuse: nothing to import into."""
        from .errors import HostError

        raise HostError(
            "Importing needs Blender; the command line only downloads.", context={"name": plan.name}
        )

    def stamp(self, handles: tuple[Handle, ...], stamp: Stamp) -> int:
        """Refuse: nothing to stamp."""
        from .errors import HostError

        raise HostError(
            "Stamping needs Blender.", context={"grant_id": stamp.grant_id, "handles": len(handles)}
        )

    def scan(self) -> SceneScan:
        """Refuse: no scene is open."""
        from .errors import HostError

        raise HostError("No scene is open; name a .blend file.")

    def scan_file(self, path: Path) -> SceneScan | None:  # noqa: ARG002 - the port's signature
        """Return None: files are read without a DCC here."""
        return None

    def copy_out(self, handles: tuple[Handle, ...]) -> Iterator[Candidate]:  # noqa: ARG002 - the port's
        """Return nothing: no scene is open."""
        return iter(())

    def save(self) -> Path:
        """Refuse: no scene is open."""
        from .errors import HostError

        raise HostError("Saving a scene needs Blender.")

    def open_url(self, url: str) -> bool:  # noqa: ARG002 - the port's signature
        """Do nothing; the caller prints the address."""
        return False
