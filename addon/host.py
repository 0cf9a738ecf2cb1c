"""Blender as the core's host: import, stamp, scan, and whether the network may be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..core.errors import ClearanceError, HostError, ImportRefused, UserInputError
from ..core.host import ImportPlan
from ..core.model.content import Candidate
from ..core.model.scene import Handle, SceneScan
from ..core.stamp_format import Stamp
from . import data_blocks, runtime, stamp_io, strips
from .importing.uses import FAMILIES
from .ops.guard import why_no_import

# What imports comes with the first import: the host is made on a step of the timer.
if TYPE_CHECKING:
    from .importing.job import Job

_WITHOUT_LICENSE = frozenset(
    {"SCENE", "TEXT", "BRUSH", "PALETTE", "PAINTCURVE", "SCREEN", "WORKSPACE", "WINDOWMANAGER"}
)


class BlenderHost:
    """Implements :class:`core.host.Host`. Main thread only, but for :meth:`is_online`."""

    def __init__(self) -> None:
        self._name = f"Blender {bpy.app.version_string}"
        self._newest_blend = (int(bpy.app.version[0]), int(bpy.app.version[1]))
        self._online = False
        self._job: Job | None = None
        """The last import, while it can still be discarded."""
        self.notes: tuple[str, ...] = ()
        """What the last import left out or could not do, as sentences."""

    @property
    def name(self) -> str:
        """Name and version."""
        return self._name

    @property
    def supported_formats(self) -> tuple[str, ...]:
        """All that can be imported; videos cannot be packed and need a folder that stays."""
        return tuple(FAMILIES)

    @property
    def newest_blend(self) -> tuple[int, int] | None:
        """This Blender's own version: it reads no newer files."""
        return self._newest_blend

    def refresh(self) -> None:
        """Look again whether the network may be used; workers only read what was seen here."""
        self._online = bool(bpy.app.online_access)

    def is_online(self) -> bool:
        """Say what Blender's preferences said when they were last looked at. Safe from any thread."""
        return self._online

    def import_file(self, plan: ImportPlan) -> tuple[Handle, ...]:
        """Import as what the plan's use says; raise ImportRefused, and then nothing of it is left."""
        from .importing.job import Job
        from .importing.sequencer import find_sequencer_scene
        from .scene_guard import keep_scene, keep_selection, scripts_off

        self.notes = ()
        why_not = why_no_import()
        if why_not:
            raise ImportRefused(f"{why_not}.", code="host.busy")
        before = data_blocks.snapshot()
        job = Job(plan=plan, scene=bpy.context.scene, view_layer=bpy.context.view_layer)
        try:
            with ExitStack() as stack:
                for scene in {job.scene, find_sequencer_scene(job.scene)}:
                    stack.enter_context(keep_scene(scene))
                stack.enter_context(keep_selection(job.view_layer))
                stack.enter_context(scripts_off())
                stack.enter_context(runtime.passing().no_restoring())
                self._import(job, before)
            for step in job.at_end:
                step()
        except ClearanceError:
            _remove(job, before)
            raise
        except Exception as error:
            _remove(job, before)
            raise ImportRefused(
                "Blender could not import this file. Nothing was changed.",
                code="host.import_failed",
                context={"format": plan.format, "type": type(error).__name__},
            ) from error
        self._job = job
        self.notes = tuple(job.notes)
        return tuple(
            Handle(id_type=str(block.id_type), session_uid=int(block.session_uid))
            for block in data_blocks.find_new(before)
            if block.id_type not in _WITHOUT_LICENSE
        )

    def _import(self, job: Job, before: frozenset[data_blocks.Key]) -> None:
        from .disarm import FileSettler, remove_scripts
        from .importing.formats import find_importer
        from .importing.optimize import optimize_import

        plan = job.plan
        if not plan.path.is_file():
            raise ImportRefused(
                "The file is no longer there. Download it again; that is free.", code="host.no_file"
            )
        find_importer(plan)(job)
        job.notes += remove_scripts(data_blocks.find_new(before))
        job.notes += optimize_import(plan, data_blocks.find_new(before))
        settler = FileSettler(
            folder=plan.folder or plan.path.parent,
            keep_files_in=plan.keep_files_in,
            brings_packed=plan.format == "blend",
        )
        settler.settle(data_blocks.find_new(before))
        job.notes += settler.notes
        new = data_blocks.find_new(before)
        if job.collection is not None:
            _gather(new, job.collection, job.scene)
        own = job.collection.session_uid if job.collection is not None else 0
        if not any(block.id_type not in _WITHOUT_LICENSE and block.session_uid != own for block in new):
            raise ImportRefused("The file holds nothing that Blender can show.", code="host.nothing_in_it")
        _select(new, job.view_layer)
        job.notes += settler.tell_kept(new)

    def discard(self, handles: tuple[Handle, ...]) -> None:
        """Take an import away again: it could not be stamped."""
        if self._job is not None:
            self._job.undo()
            self._job = None
        data_blocks.remove(data_blocks.find((h.id_type, h.session_uid) for h in handles))

    def stamp(self, handles: tuple[Handle, ...], stamp: Stamp) -> int:
        """Stamp data-blocks and faces, and note the stamp in the scene's register; return how many."""
        blocks = data_blocks.find((h.id_type, h.session_uid) for h in handles)
        if len(blocks) != len(handles):
            raise HostError("Some of what was imported is no longer there.", code="host.gone")
        count = stamp_io.write(blocks, stamp)
        of_strips = (block.scene for block in blocks if block.id_type == strips.ID_TYPE)
        for scene in {bpy.context.scene, *of_strips}:
            stamp_io.register(scene, stamp)
        return count

    def scan(self) -> SceneScan:
        """Read stamps and witnesses of the whole file."""
        return stamp_io.scan(self._name)

    def scan_file(self, path: Path) -> SceneScan | None:
        """Open a scene file without running its scripts, and read it; only without a window."""
        from .scene_guard import scripts_off

        if not bpy.app.background:
            raise HostError("Another file is not opened over this one. Open it, then check the scene.")
        try:
            with scripts_off():
                bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False, use_scripts=False)
        except RuntimeError as error:
            why = " ".join(str(error).split()).removeprefix("Error: ")
            raise UserInputError(f"{path.name} cannot be opened: {why}", code="report.unreadable") from error
        return self.scan()

    def copy_out(self, handles: tuple[Handle, ...]) -> Iterator[Candidate]:
        """Copy meshes and images out one by one, however large; what is gone is left out."""
        from .content import copy_out

        for block in data_blocks.find((handle.id_type, handle.session_uid) for handle in handles):
            candidate = copy_out(block)
            if candidate is not None:
                yield candidate

    def save(self) -> Path:
        """Save the open file where it is; HostError when it was never saved."""
        if not bpy.data.filepath:
            raise HostError("The scene was never saved; save it once, then try again.", code="host.no_place")
        try:
            bpy.ops.wm.save_mainfile()
        except RuntimeError as error:
            why = " ".join(str(error).split()).removeprefix("Error: ")
            raise HostError(f"The scene could not be saved: {why}", code="host.save") from error
        return Path(bpy.data.filepath)

    def open_url(self, url: str) -> bool:
        """Open a web page in the user's browser; False for anything but http(s), and where nobody looks.

        Without a window there is nobody, unless the environment names a browser all the same.
        """
        nobody = bpy.app.background and not os.environ.get("BROWSER")
        if nobody or not url.startswith(("https://", "http://")):
            return False
        return "FINISHED" in bpy.ops.wm.url_open(url=url)


def _remove(job: Job, before: frozenset[data_blocks.Key]) -> None:
    """Leave nothing of an import that failed."""
    job.undo()
    data_blocks.remove(data_blocks.find_new(before))


def _gather(blocks: list[Any], collection: Any, scene: Any) -> None:
    """Bring under the asset's own collection what an importer put beside it."""
    for block in blocks:
        if block.id_type == "COLLECTION" and block != collection and block.name in scene.collection.children:
            if scene.collection.children[block.name] == block:
                scene.collection.children.unlink(block)
                collection.children.link(block)
        elif block.id_type == "OBJECT" and block.name in scene.collection.objects:
            scene.collection.objects.unlink(block)
            if block.name not in collection.objects:
                collection.objects.link(block)


def _select(blocks: list[Any], view_layer: Any) -> None:
    """Select what came in and nothing else, as Blender's own importers do."""
    new = {block.session_uid for block in blocks if block.id_type == "OBJECT"}
    if not new:
        return
    active = None
    for item in view_layer.objects:
        chosen = item.session_uid in new
        item.select_set(chosen, view_layer=view_layer)
        if chosen and (active is None or (active.parent is not None and item.parent is None)):
            active = item
    view_layer.objects.active = active
