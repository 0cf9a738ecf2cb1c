"""What would leave with an export, before a file is written: for a guard that asks first, and the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...core.model.scene import SceneScan
from ...core.rights.record import RightsRecord
from .. import data_blocks, runtime, stamp_io
from .contents import FindByFaces, Licenses, make_record
from .formats import BY_ENDING, BY_ID, ExportFormat
from .leaving import find_leaving, find_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What an export takes along. Holds data-blocks: only for as long as nothing is changed."""

    format: ExportFormat
    objects: tuple[Any, ...]
    blocks: tuple[Any, ...]


def find_format(name: str) -> ExportFormat:
    """Return a format by its id (``GLB``) or its ending (``glb``, ``.glb``); raise KeyError for others."""
    return BY_ID.get(name) or BY_ENDING[name.lower().lstrip(".")]


def describe_export(
    context: Any,
    format: str,  # noqa: A002 - the word users know
    selection_only: bool = False,  # noqa: FBT001, FBT002 - what a guard passes on
) -> SceneScan:
    """Return a scan of what would leave the scene, and of nothing else: ready for a report.

    ``format`` is an id (``GLB``) or a file ending (``glb``); KeyError for one that is not exported.

    The register is left out: what was once in the scene and is gone does not leave.
    """
    leaving = find_export(context, find_format(format), selection_only=selection_only)
    keys = {data_blocks.key_of(block) for block in leaving.blocks}
    scan = stamp_io.scan(runtime.host().name)
    kept = tuple(block for block in scan.data_blocks if (block.id_type, block.session_uid) in keys)
    return replace(scan, data_blocks=kept, register=())


def find_export(context: Any, format: ExportFormat, *, selection_only: bool) -> Leaving:  # noqa: A002
    """Find what an export of the active scene takes along."""
    # Objects that a script has just linked are not in the view layer before that; exporters do it themselves.
    context.view_layer.update()
    objects = find_objects(context.view_layer, format, selection_only=selection_only)
    blocks = find_leaving(context.scene, objects, format)
    return Leaving(format=format, objects=tuple(objects), blocks=tuple(blocks))


def record_export(context: Any, leaving: Leaving, *, depsgraph: Any = None) -> RightsRecord:
    """Read the record of an export, before or after it; the scene must not have changed in between."""
    return make_record(
        leaving.blocks,
        leaving.format,
        Licenses(find_by_faces()),
        depsgraph=depsgraph or context.evaluated_depsgraph_get(),
        in_order=leaving.objects,
    )


def find_by_faces() -> FindByFaces | None:
    """Return how to ask the ledger about numbers on faces; None while the app is not there."""
    app = runtime.peek()
    return app.services.rights.find_by_faces if app is not None else None
