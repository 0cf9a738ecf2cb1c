"""Stop exports before a file is written, at every place where Blender lets an extension do that.

- glTF: its exporter calls :func:`before_gltf`; whatever started it, an error there ends it before anything of
  it is written.
- USD: its hook is called when the stage is made; :func:`before_usd` empties it. An empty file remains, and
  textures that were asked for.
- Any exporter that is started in a window opens a file dialog: :mod:`.dialogs` looks at that.
- Our own export, and scripts through ``clearance.check_export``: :func:`ensure`.

What starts another exporter from Python without asking cannot be stopped: Blender calls nobody. What it wrote
is found afterwards where :mod:`.written` looks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import ClearanceError, PolicyError
from .. import data_blocks, runtime
from . import look, tell
from .exporters import find_blocks, options_of_gltf
from .state import BeforeGltf

if TYPE_CHECKING:
    from ...core.model.alert import GuardAnswer
    from ...core.model.scene import SceneScan

log = logging.getLogger(__name__)


class ExportStopped(RuntimeError):
    """Ends an exporter of Blender's."""


def ensure(ending: str, blocks: Iterable[Any]) -> None:
    """Raise PolicyError when these data-blocks may not leave in this format. Call it before writing."""
    answer = check(ending, blocks)
    if answer is not None and answer.stopped:
        raise PolicyError(answer.why, code="export.stopped", context={"format": ending})


def check(ending: str, blocks: Iterable[Any]) -> GuardAnswer | None:
    """Answer for an export of these data-blocks; None where nobody wants to know, or nobody has to wait."""
    return look.check_export(ending, lambda: scan_part(blocks))


def scan_part(blocks: Iterable[Any]) -> SceneScan:
    """Scan what leaves, and nothing else."""
    from ...core.services.reporting.guard import take_part

    keys = {data_blocks.key_of(block) for block in blocks}
    # Blender and the core call grease pencils differently.
    keys |= {("GREASEPENCIL", uid) for id_type, uid in keys if id_type == "GREASEPENCIL_V3"}
    return take_part(runtime.host().scan(), keys)


def gltf_begins() -> None:
    """Remember how the scene stands: the exporter is about to change frame and mode before it asks."""
    scene: Any = bpy.context.scene
    active: Any = bpy.context.active_object
    runtime.watching().before_gltf = BeforeGltf(
        scene=scene.name,
        frame=scene.frame_current,
        subframe=scene.frame_subframe,
        mode=active.mode if active is not None else "OBJECT",
    )


def before_gltf(settings: dict[str, Any]) -> None:
    """Raise ExportStopped when what the glTF exporter is about to gather may not leave."""
    if runtime.passing().is_own_export:
        return  # asked before, with the same blocks
    path = str(settings.get("gltf_filepath") or "")
    ending = "gltf" if path.lower().endswith(".gltf") else "glb"
    answer = check(ending, find_blocks(bpy.context, ending, options_of_gltf(settings)))
    if answer is None or not answer.stopped:
        return
    _put_back()
    if bpy.app.background:
        tell.say_stopped(answer)
    raise ExportStopped(answer.why)


def before_usd(stage: Any, blocks: Iterable[Any]) -> None:
    """Empty a stage that may not be written, and raise ExportStopped. Also in Blender's export thread."""
    if runtime.passing().is_own_export:
        return
    answer = _check_usd(blocks)
    if answer is not None and answer.stopped:
        stage.GetRootLayer().Clear()
        tell.say_stopped(answer)
        raise ExportStopped(answer.why)


def _check_usd(blocks: Iterable[Any]) -> GuardAnswer | None:
    if threading.current_thread() is threading.main_thread():
        return check("usd", blocks)
    # The interface is locked while Blender exports in a thread; the session belongs to the main thread.
    from ...core.model.alert import Occasion
    from ...core.services.reporting.guard import Question, not_known
    from ..use_props import read_use

    wanted, app = look.settings(), runtime.peek()
    if not wanted.stops(Occasion.EXPORT):
        return None
    use = read_use(bpy.context.scene)
    question = Question(occasion=Occasion.EXPORT, use=use, of_format="usd", part=True)
    if app is None:
        return not_known(question, wanted, "Clearance is not ready yet; try again in a moment.")
    try:
        return app.services.guard.check(scan_part(blocks), question, wanted)
    except ClearanceError as error:
        return not_known(question, wanted, error.message)


def _put_back() -> None:
    """Undo what the exporter did before it called us: it leaves edit modes and goes to frame 0."""
    watching = runtime.watching()
    before, watching.before_gltf = watching.before_gltf, None
    scene: Any = bpy.data.scenes.get(before.scene) if before is not None else None
    if before is None or scene is None:
        return
    if scene.frame_current != before.frame:
        scene.frame_set(before.frame, subframe=before.subframe)
    active: Any = bpy.context.active_object
    if active is not None and active.mode != before.mode:
        with suppress(RuntimeError):
            set_mode: Any = bpy.ops.object.mode_set
            set_mode(mode=before.mode)
