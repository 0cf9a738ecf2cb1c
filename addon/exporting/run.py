"""Runs Blender's own exporters and importers, with options that keep what can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import ClearanceError, HostError, ImportRefused, UserInputError
from ...core.host import ImportPlan
from ...core.model.listing import MediaKind
from ...core.rights.record import RightsRecord
from ...core.services.reporting.rights import ReadRights
from .. import data_blocks, runtime
from ..alerting import exports
from ..importing.models import IMPORTERS, addon_loaded
from ..scene_guard import keep_scene, scripts_off
from .formats import BY_ENDING, ExportFormat
from .plan import find_export, record_export
from .restore import Restored, count_carried, restore

_ADDONS = {"gltf": "io_scene_gltf2", "fbx": "io_scene_fbx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file that was written, and what is in it."""

    path: Path
    record: RightsRecord


def export(
    context: Any,
    path: Path,
    format: ExportFormat,  # noqa: A002 - the word users know
    *,
    selection_only: bool,
    apply_modifiers: bool,
) -> Exported:
    """Export the active scene, or what is selected of it; raise HostError when that does not work."""
    leaving = find_export(context, format, selection_only=selection_only)
    if not leaving.objects:
        what = "Nothing is selected" if selection_only else "Nothing in this scene can be exported"
        raise HostError(f"{what}, so no file was written.", code="export.nothing")
    exports.ensure(format.ending, leaving.blocks)
    record = record_export(context, leaving)
    options: dict[str, Any] = {**format.options, format.selection_option: selection_only}
    if format.modifiers_option:
        options[format.modifiers_option] = apply_modifiers
    with _addon_of(format), runtime.passing().own_export():
        operator: Any = getattr(getattr(bpy.ops, format.group), format.operator)
        known = set(operator.get_rna_type().properties.keys())
        options = {name: value for name, value in options.items() if name in known}
        try:
            result = operator("EXEC_DEFAULT", filepath=str(path), check_existing=False, **options)
        except (RuntimeError, TypeError) as error:
            raise _failed(format, path, str(error)) from error
    if "FINISHED" not in result or not path.is_file():
        raise _failed(format, path, "")
    return Exported(path=path, record=record)


def bring_in(path: Path) -> list[Any]:
    """Import a file with Blender's own importer and return what is new.

    The scene's own settings stay as they are. Raises ImportRefused, and then nothing of it is left.
    """
    ending = path.suffix.lower().lstrip(".")
    if ending not in BY_ENDING:
        raise ImportRefused(
            f"Files that end in .{ending} are not imported with their licenses. Use File › Import, then "
            "“Restore Licenses”.",
            code="host.unknown_format",
            context={"format": ending},
        )
    before = data_blocks.snapshot()
    plan = ImportPlan(
        path=path, format=ending, kind=MediaKind.MODEL, name=path.stem, keep_files_in=path.parent
    )
    try:
        with keep_scene(bpy.context.scene), scripts_off():
            IMPORTERS[ending](plan, bpy.context.collection)
        new = data_blocks.find_new(before)
        if not new:
            raise ImportRefused("The file holds nothing that Blender can show.", code="host.nothing_in_it")
    except ClearanceError:
        data_blocks.remove(data_blocks.find_new(before))
        raise
    except Exception as error:
        data_blocks.remove(data_blocks.find_new(before))
        raise ImportRefused(
            "Blender could not import this file. Nothing was changed.",
            code="host.import_failed",
            context={"format": ending, "type": type(error).__name__},
        ) from error
    return new


def import_with(read: ReadRights, *, accept_changed: bool) -> Restored:
    """Import a file and put its licenses back, or do neither. Raises UserInputError, ImportRefused."""
    if read.changed and not accept_changed:
        first = read.changed[0]
        more = f" and {len(read.changed) - 1} of its files" if len(read.changed) > 1 else ""
        raise UserInputError(
            f"{first}{more} changed since; its rights file may not fit. Nothing was imported. Choose "
            "“Although It Changed” to import it with these licenses all the same.",
            code="rights.changed",
        )
    blocks = bring_in(read.path)
    try:
        if read.record is not None:
            done = restore(read.record, blocks)
        else:
            done = count_carried(blocks)
        if not done.data_blocks and (read.record is None or read.record.licenses):
            raise UserInputError(
                f"{read.path.name} has no rights file beside it and brings no licenses itself. Nothing was "
                "imported: use File › Import, and declare where it comes from."
                if read.record is None
                else f"Nothing in {read.path.name} fits its rights file. Nothing was imported.",
                code="rights.nothing_carried",
            )
    except BaseException:
        # An import without its stamps must not be.
        data_blocks.remove(blocks)
        raise
    if read.changed:
        note = "The file changed since its rights file was written: check that its licenses still fit."
        done = replace(done, notes=(note, *done.notes))
    return done


@contextmanager
def _addon_of(format: ExportFormat) -> Iterator[None]:  # noqa: A002
    module = _ADDONS.get(format.operator)
    if module is None:
        yield
        return
    with addon_loaded(module):
        yield


def _failed(format: ExportFormat, path: Path, said: str) -> HostError:  # noqa: A002
    lines = [line.strip().removeprefix("Error: ") for line in said.splitlines() if line.strip()]
    why = f" Blender said: {lines[-1][:200]}" if lines else ""
    return HostError(
        f"{path.name} could not be exported as {format.label}.{why}",
        code="export.failed",
        context={"format": format.id},
    )
