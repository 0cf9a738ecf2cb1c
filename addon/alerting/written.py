"""Find exports that Blender told nobody of: FBX, OBJ, STL, PLY, Alembic by scripts and by collections.

Nothing calls us when they begin or end (measured in 4.2 and 5.2: no handler is called for STL, for PLY, for
an OBJ of what the viewport shows, for an FBX without animation), so this looks at what appears: beside the
scene, where a collection's exporter writes, and where the file dialog of an export was. Names and times only,
in a worker, every few seconds. A collection's exporter and a dialog say what they write, so their files get
rights files; of any other that has none after a second look, that much is said.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import bpy

from ...core.services.exported import ENDINGS, MOST_FOLDERS, Files, Looked, find_new, look
from ...core.stamp_format import REGISTER_PROPERTY
from .. import runtime
from ..exporting.formats import BY_ENDING
from . import tell
from .exporters import find_objects
from .exports import check
from .state import Expected

if TYPE_CHECKING:
    from ...core.app import App

EVERY_S = 3.0


class Exporter(NamedTuple):
    """One exporter of a collection, as it is set up."""

    collection: Any
    path: Path
    ending: str


def step(app: App) -> None:
    """Look again, in a worker, when it is time to."""
    written = runtime.watching().written
    if written.is_looking or time.monotonic() < written.next_at:
        return
    if any(task.kind == "rights" for task in app.tasks.tasks):
        return  # our own rights files first
    written.next_at = time.monotonic() + EVERY_S
    if not _is_licensed():
        return
    _follow_folders()
    folders, asked = tuple(written.folders), tuple(written.bare)
    if not folders:
        return
    written.is_looking = True

    def done(looked: Looked) -> None:
        written.is_looking = False
        if runtime.watching().written is written:
            _compare(looked)

    def failed(_error: object) -> None:
        written.is_looking = False

    app.tasks.submit(
        "exported files", "Looking for exported files", lambda _task: look(folders, asked),
        on_done=done, on_error=failed,
    )  # fmt: skip


def begin() -> None:
    """Note what is there when a file is opened. Without a window here, else at the first step."""
    if bpy.app.background and _is_licensed():
        look_now()


def look_now() -> None:
    """Look here and now: without a window, where nobody waits and no timer comes."""
    _follow_folders()
    written = runtime.watching().written
    # The second look is for what the first one found: without a window, rights files are waited for.
    for _ in range(2):
        _compare(look(tuple(written.folders), tuple(written.bare)))


def watch_folder(folder: Path) -> None:
    """Look at a folder from now on: an export's file dialog is open there."""
    written = runtime.watching().written
    if folder not in written.folders and len(written.folders) < MOST_FOLDERS:
        written.folders[folder] = None
        written.next_at = 0.0


def expect(expected: Expected) -> None:
    """Remember what the dialog of an export would write, and look at its folder."""
    watch_folder(expected.path.parent)
    runtime.watching().written.expected = expected


def find_exporters() -> Iterator[Exporter]:
    """Yield the collections' exporters whose files we look for: what they write, and where."""
    for collection in bpy.data.collections:
        for exporter in getattr(collection, "exporters", ()):
            properties = exporter.export_properties
            given = str(getattr(exporter, "filepath", "") or getattr(properties, "filepath", "") or "")
            ending = given.rpartition(".")[2].lower()
            if given and ending in ENDINGS and (bpy.data.filepath or not given.startswith("//")):
                yield Exporter(collection, Path(bpy.path.abspath(given)), ending)


def _is_licensed() -> bool:
    """Say whether this file was ever stamped: else there is nothing to lose."""
    scenes: Any = bpy.data.scenes
    return any(REGISTER_PROPERTY in scene for scene in scenes)


def _follow_folders() -> None:
    if bpy.data.filepath:
        watch_folder(Path(bpy.data.filepath).parent)
    for exporter in find_exporters():
        watch_folder(exporter.path.parent)


def _compare(looked: Looked) -> None:
    """Take over what a look found, and say what it means."""
    written = runtime.watching().written
    _tell_bare(looked)
    appeared: list[Path] = []
    for folder, files in looked.files.items():
        before: Files | None = written.folders.get(folder)
        written.folders[folder] = files
        if before is not None:
            for name in find_new(before, files):
                path = folder / name
                if (path, files[name]) not in written.told:
                    written.bare[path] = files[name]
                    appeared.append(path)
    if appeared:
        _give_rights(appeared)


def _tell_bare(looked: Looked) -> None:
    written = runtime.watching().written
    asked, written.bare = written.bare, {}
    bare = [
        path
        for path, mark in asked.items()
        # What changed in between is still being written.
        if path in looked.bare and looked.files.get(path.parent, {}).get(path.name) == mark
    ]
    if not bare:
        return
    written.told.update((path, asked[path]) for path in bare)
    from ...core.model.alert import Occasion
    from . import look as looking

    tell.say_written(sorted(bare), stops=looking.known_settings().stops(Occasion.EXPORT))


def _give_rights(appeared: list[Path]) -> None:
    """Write rights files beside what collections and dialogs exported, and have licenses looked at."""
    written = runtime.watching().written
    expected = written.expected
    if expected is not None and expected.path in appeared and expected.ending in BY_ENDING:
        # The dialog itself said what stands against it.
        _record(expected.path, expected.ending, find_objects(bpy.context, expected.ending, expected.options))
        written.bare.pop(expected.path, None)
        written.expected = None
    for exporter in find_exporters():
        if exporter.path in appeared and exporter.ending in BY_ENDING:
            blocks = _record(exporter.path, exporter.ending, _objects_of(exporter))
            check(exporter.ending, blocks)
            # Either its rights file is on its way, or nothing in it has a license.
            written.bare.pop(exporter.path, None)


def _objects_of(exporter: Exporter) -> list[Any]:
    """Return what a collection's exporter takes, in the order in which it writes it."""
    format = BY_ENDING[exporter.ending]  # noqa: A001 - the word users know
    inside = set(exporter.collection.all_objects)
    layer: Any = bpy.context.view_layer
    return [
        item
        for item in layer.objects
        if item in inside
        and (format.takes_unrendered or not item.hide_render)
        and (format.takes_hidden or item.visible_get(view_layer=layer))
    ]


def _record(path: Path, ending: str, objects: list[Any]) -> tuple[Any, ...]:
    """Have a rights file written; return the data-blocks that left."""
    from ..exporting.leaving import find_leaving
    from ..exporting.passing import SeenExport
    from ..exporting.plan import Leaving, record_export

    context: Any = bpy.context
    format = BY_ENDING[ending]  # noqa: A001 - the word users know
    blocks = tuple(find_leaving(context.scene, objects, format))
    record = record_export(context, Leaving(format=format, objects=tuple(objects), blocks=blocks))
    if record.licenses:
        runtime.passing().note(SeenExport(path, record))
    return blocks
