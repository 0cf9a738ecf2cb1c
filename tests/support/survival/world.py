# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene that every row starts from, and short ways to do in it what an artist does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from survival.outcome import Outcome, Trace, judge

Load = Callable[[str], Any]
MODULE = "bl_ext.user_default.clearance"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHAIR, TABLE, PICTURE, SOUND = (f"grant_{name:0>26}" for name in ("chair", "tab1e", "p1cture", "s0und"))
OWN = f"declaration_{'she1f':0>26}"
_OWNED = {
    CHAIR: ("cgtrader", "general", "MODEL", "Oak chair"),
    TABLE: ("turbosquid", "standard", "MODEL", "Oak table"),
    PICTURE: ("shutterstock", "enhanced", "IMAGE", "Clouds"),
    SOUND: ("pond5", "individual", "AUDIO", "Rain"),
}


class Studio:
    """The extension's own services on a real ledger, which knows a few grants and one declaration."""

    def __init__(self, load: Load, folder: Path) -> None:
        self._load = load
        self.app = load("core.app").build_app(
            load("core.settings").Settings(data_dir=folder), host=load("addon.host").BlenderHost(), environ={}
        )
        licenses = load("core.licenses")
        catalogue = licenses.LicenseCatalogue.load()
        self._use = load("core.policy.presets").PRESETS["film"]
        self._stamps: dict[str, Any] = {}
        with self.app.ledger.transaction() as work:
            for grant_id, (marketplace, label, kind, title) in _OWNED.items():
                terms = catalogue.resolve(marketplace, label, editorial=None, at=NOW.date())
                grant = self._grant(grant_id, kind=kind, title=title, label=label, terms=terms)
                work.keep_terms(grant.terms_sha256, licenses.canonical_text(terms))
                work.add_grant(grant)
                self._stamps[grant_id] = load("core.stamp_format").make_stamp(grant)
            declaring = load("core.model.declaration")
            declaration = declaring.Declaration(
                id=OWN, origin=declaring.Origin.OWN_WORK, title="Shelf", declared_by="Ada", declared_at=NOW,
                reason="Modeled here",
            )  # fmt: skip
            work.add_declaration(declaration)
            self._stamps[OWN] = load("core.stamp_format").make_declared_stamp(declaration)

    def _grant(self, grant_id: str, *, kind: str, title: str, label: str, terms: Any) -> Any:
        listing = self._load("core.model.listing")
        return self._load("core.model.grant").Grant(
            id=grant_id, order_id="", ref=listing.ListingRef(marketplace=terms.marketplace, id="4711"),
            title=title, author="Ada", kind=listing.MediaKind[kind], license_id=terms.license_id,
            license_label=label, terms_sha256=self._load("core.licenses").terms_sha256(terms),
            marketplace_license_id="", licensee="Studio", project="Spot", granted_at=NOW,
            credit=f"{title} by Ada",
        )  # fmt: skip

    def stamp(self, grant_id: str) -> Any:
        """Return what is written on data-blocks."""
        return self._stamps[grant_id]

    def report(self, scan: Any) -> Any:
        """Judge a scene whose file goes to others in the house: everything in it counts."""
        return self.app.services.report.run(scan, self._use, actor="artist")

    def close(self) -> None:
        """Let go of the ledger."""
        self.app.close()


class NotHere(Exception):
    """This Blender cannot do what the row is about; the text says why."""


class World:
    """One row's Blender: the base scene is open, files of its own lie in ``folder``."""

    def __init__(self, bpy: Any, load: Load, studio: Studio, folder: Path, base: Path) -> None:
        self.bpy, self.load, self.studio, self.folder, self.base = bpy, load, studio, folder, base
        self.ops, self.data = bpy.ops, bpy.data
        self.host = load("addon.host").BlenderHost()

    # What is there

    @property
    def scene(self) -> Any:
        """The open scene."""
        return self.bpy.context.scene

    def obj(self, name: str) -> Any:
        """Return an object."""
        return self.data.objects[name]

    @staticmethod
    def trace(block: Any, *grants: str) -> Trace:
        """Say that a data-block holds content of these grants, the chair's if none is named."""
        id_type = {"GREASEPENCIL_V3": "GREASEPENCIL"}.get(block.id_type, block.id_type)
        library = block.library.filepath if block.library is not None else ""
        return Trace(str(id_type), str(block.name), grants or (CHAIR,), library)

    @staticmethod
    def gone(grant_id: str) -> Trace:
        """Say that nothing at all is left of a grant: that has to be said, and is no fault."""
        return Trace("", "", (grant_id,))

    def traces(self, *blocks: Any, of: tuple[str, ...] = (CHAIR,)) -> list[Trace]:
        """Say that data-blocks hold content of the same grants."""
        return [self.trace(block, *of) for block in blocks]

    def of_object(self, item: Any, *grants: str) -> list[Trace]:
        """Say that an object and its data hold content of grants."""
        return [self.trace(item, *grants), self.trace(item.data, *grants)]

    def every_block(self) -> list[Any]:
        """Return every data-block that can carry a stamp."""
        return [block for blocks in self._collections() for block in blocks]

    def all_blocks(self, id_type: str) -> list[Any]:
        """Return the data-blocks of a kind."""
        return [block for block in self.every_block() if block.id_type == id_type]

    def _collections(self) -> list[Any]:
        skipped = {"window_managers", "screens", "workspaces", "all_ids"}
        properties = self.data.bl_rna.properties
        names = [item.identifier for item in properties if item.type == "COLLECTION"]
        return [getattr(self.data, name) for name in names if name not in skipped]

    def bare_copy(self, mesh: Any) -> Any:
        """Build the shape of a mesh again, out of its numbers alone."""
        made = self.data.meshes.new("Bare")
        made.from_pydata(
            [tuple(vertex.co) for vertex in mesh.vertices],
            [],
            [tuple(face.vertices) for face in mesh.polygons],
        )
        return made

    # What is done

    def select(self, *items: Any) -> Any:
        """Select objects, the first one active; return it."""
        if self.bpy.context.mode != "OBJECT":
            self.ops.object.mode_set(mode="OBJECT")
        for item in self.bpy.context.view_layer.objects:
            item.select_set(item in items)
        self.bpy.context.view_layer.objects.active = items[0]
        return items[0]

    @contextmanager
    def editing(self, item: Any, *, select: str = "SELECT") -> Iterator[None]:
        """Be in Edit Mode."""
        self.select(item)
        self.ops.object.mode_set(mode="EDIT")
        if item.type == "MESH":
            self.ops.mesh.select_all(action=select)
        yield
        self.ops.object.mode_set(mode="OBJECT")

    def stamp(self, grant_id: str, *blocks: Any) -> None:
        """Stamp data-blocks through the extension, as after an import."""
        handle = self.load("core.model.scene").Handle
        handles = tuple(handle(id_type=str(b.id_type), session_uid=b.session_uid) for b in blocks)
        self.host.stamp(handles, self.studio.stamp(grant_id))

    def bring_in(self, path: Path, kind: str, use: str, grant_id: str, **options: Any) -> list[Any]:
        """Import a bought file through the extension; return the stamped data-blocks that came in."""
        host = self.load("core.host")
        plan = host.ImportPlan(
            path=path, format=path.suffix[1:], kind=self.load("core.model.listing").MediaKind[kind],
            name=path.stem, use=host.ImportUse[use], keep_files_in=path.parent, **options,
        )  # fmt: skip
        handles = self.host.import_file(plan)
        self.host.stamp(handles, self.studio.stamp(grant_id))
        blocks = self.load("addon.data_blocks")
        return list(blocks.find((handle.id_type, handle.session_uid) for handle in handles))

    def shape_of(self, item: Any) -> object:
        """Return what tells two shapes of a mesh apart."""
        if item.mode == "EDIT":
            item.update_from_editmode()
        mesh = item.data
        return (
            [round(part, 5) for vertex in mesh.vertices for part in vertex.co],
            [tuple(face.vertices) for face in mesh.polygons],
            len(mesh.edges),
            [
                round(point.co.z, 5)
                for key in (mesh.shape_keys.key_blocks if mesh.shape_keys else ())
                for point in key.data
            ],
        )

    def add(self, data: Any, name: str = "Result") -> Any:
        """Put data on a new object in the scene."""
        item = self.data.objects.new(name, data)
        self.scene.collection.objects.link(item)
        return item

    def only(self, *items: Any) -> None:
        """Delete every object but these, and what nothing uses then."""
        keep = set(items)
        self.data.batch_remove([item for item in self.data.objects if item not in keep])
        self.purge()

    def purge(self) -> None:
        """Drop what nothing uses."""
        self.data.orphans_purge(do_local_ids=True, do_linked_ids=True, do_recursive=True)

    def evaluated(self, item: Any) -> tuple[Any, Any]:
        """Return an object with its modifiers done, and the depsgraph."""
        graph = self.bpy.context.evaluated_depsgraph_get()
        return item.evaluated_get(graph), graph

    def modify(self, item: Any, kind: str, **values: Any) -> Any:
        """Add a modifier."""
        modifier = item.modifiers.new(kind.title(), kind)
        if modifier is None:
            raise NotHere(f"{kind} is no modifier here")
        for name, value in values.items():
            setattr(modifier, name, value)
        return modifier

    def apply(self, item: Any) -> None:
        """Apply all of an object's modifiers."""
        self.select(item)
        for name in [modifier.name for modifier in item.modifiers]:
            assert self.ops.object.modifier_apply(modifier=name) == {"FINISHED"}

    def needs(self, module: Any, name: str) -> None:
        """Leave the row where this Blender has no such operator."""
        try:
            getattr(module, name).get_rna_type()
        except (KeyError, AttributeError) as error:
            raise NotHere("not in this version") from error

    # Files

    def save(self, path: Path | None = None, **options: Any) -> Path:
        """Save the scene and stay in it."""
        path = path or self.folder / "scene.blend"
        self.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False, **options)
        return path

    def open(self, path: Path) -> None:
        """Open a scene."""
        self.ops.wm.open_mainfile(filepath=str(path))

    def new(self) -> None:
        """Start over with an empty scene."""
        self.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)

    def asset_file(self) -> Path:
        """Save a file with the stamped chair in it, and start over with an empty scene."""
        path = self.save(self.folder / "assets.blend", copy=True)
        self.new()
        return path

    def through_gltf(self, item: Any) -> None:
        """Export an object as glTF, and import that into an empty scene."""
        path = self.folder / "one.glb"
        self.select(item)
        self.ops.export_scene.gltf(filepath=str(path), use_selection=True, export_extras=True)
        self.new()
        self.ops.import_scene.gltf(filepath=str(path))

    def run_blender(self, python: str | Path, script: str, *arguments: Path | str) -> None:
        """Run a script in a Blender without the extension, with a profile that is empty."""
        file = self.folder / "script.py"
        file.write_text(script, encoding="utf-8")
        done = self.folder / "script.done"
        done.unlink(missing_ok=True)
        profile = self.folder / "bare"
        profile.mkdir(exist_ok=True)
        text = subprocess.run(
            [str(python), str(file), *map(str, arguments), str(done)],
            env={**os.environ, "BLENDER_USER_RESOURCES": str(profile)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.is_file(), text.stdout + text.stderr

    # What comes out

    def report(self) -> Any:
        """Check the scene, as the operator does."""
        self.load("addon.provenance").keep_up()
        return self.studio.report(self.host.scan())

    def judge(self, traces: Iterable[Trace]) -> tuple[Outcome, Outcome]:
        """Judge the scene as it stands, and the scene saved and opened again."""
        traces = list(traces)
        assert traces, "a row has to name what holds licensed content"
        now = judge(self.report(), traces)
        self.open(self.save())
        return now, judge(self.report(), traces)


def this_python() -> str:
    """Return the interpreter of the Blender that runs."""
    return sys.executable


def other_pythons() -> dict[str, str]:
    """Return the interpreters of the Blenders on this machine by version, as `build.py` names them."""
    named = os.environ.get("CLEARANCE_SURVIVAL_PYTHONS", "")
    return dict(item.split("=", 1) for item in named.split(os.pathsep) if "=" in item)
