"""Look at the open scene when it is loaded, saved, rendered or exported. Main thread only.

The scene is read here; judging happens in a worker wherever somebody can wait for it. In the background, and
where the studio wants something stopped, the answer is waited for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import ClearanceError
from ...core.stamp_format import REGISTER_PROPERTY
from .. import runtime
from ..messages import tell as tell_error
from . import tell

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.model.alert import AlertSettings, GuardAnswer, Occasion
    from ...core.model.scene import SceneScan
    from ...core.services.reporting.guard import Question

BACKGROUND_S = 120.0
"""How long a farm waits for an answer."""

log = logging.getLogger(__name__)


def settings() -> AlertSettings:
    """Return what the studio wants to be told and to have stopped; reads its file, and needs no app."""
    from ...core.services.reporting.alert_file import AlertFile

    watching = runtime.watching()
    try:
        file = AlertFile.of(runtime.read_settings())
    except ClearanceError as error:
        from ...core.model.alert import AlertSettings

        return AlertSettings(problem=tell_error(error))
    if watching.file is None or watching.file.path != file.path:
        watching.file = file
    return watching.file.read()


def known_settings() -> AlertSettings:
    """Return the same as it was read last: for what is drawn again and again."""
    file = runtime.watching().file
    return file.known if file is not None else settings()


def on_load() -> None:
    """Look at a file that was opened."""
    runtime.watching().forget_file()
    wanted = settings()
    _with_app(wanted, lambda app: _look_after_load(app, wanted))


def on_save() -> None:
    """Look at a file before it is written. A save is never stopped."""
    runtime.watching().saving = None
    wanted = settings()
    _with_app(wanted, lambda app: _look_before_save(app, wanted))


def scene_changed() -> None:
    """Something came in, or the plan changed: where things are stopped, know the new answer beforehand."""
    app = runtime.peek()
    if app is None or bpy.app.background or bpy.context.scene is None:
        return
    wanted = settings()
    if _stops_any(wanted):
        _look_ahead(app, runtime.host().scan(), wanted)


def look_now(app: App) -> None:
    """Look because the user asked for it."""
    from ...core.model.alert import Occasion

    wanted, scan = settings(), runtime.host().scan()
    _look(app, scan, Occasion.LOAD, replace(wanted, on=wanted.on | {Occasion.LOAD}))
    _look_ahead(app, scan, wanted)


def check_render(scene: Any) -> GuardAnswer | None:
    """Answer whether a scene may be rendered now; None where nobody wants to know, or nobody has to wait."""
    from ...core.model.alert import Occasion
    from ...core.services.reporting.guard import Question

    wanted = settings()
    if not wanted.wants(Occasion.RENDER):
        return None
    question = Question(
        occasion=Occasion.RENDER, use=_read_use(scene), movie=bool(scene.render.is_movie_format)
    )

    def scan() -> SceneScan:
        found = runtime.host().scan()
        if scene == bpy.context.scene:
            return found
        # What was found out about the picture is about the scene that is open in the window.
        blocks = tuple(replace(block, in_output=None) for block in found.data_blocks)
        return replace(found, data_blocks=blocks)

    answer = _ask(wanted, question, scan)
    if answer is not None:
        runtime.watching().render = answer
    return answer


def last_render_answer() -> GuardAnswer | None:
    """Return the last answer for a render, for a thread that may not look itself; None: it may go on.

    What was never judged is stopped where the studio stops renders.
    """
    from ...core.model.alert import Occasion
    from ...core.model.intended_use import IntendedUse
    from ...core.services.reporting.guard import Question, not_known

    wanted = settings()
    if not wanted.stops(Occasion.RENDER):
        return None
    answer = runtime.watching().render
    if answer is None:
        question = Question(occasion=Occasion.RENDER, use=IntendedUse())
        answer = not_known(question, wanted, "its licenses are still being checked; try again in a moment.")
    return answer


def check_export(
    of_format: str, scan: Callable[[], SceneScan], *, then: Callable[[GuardAnswer], None] | None = None
) -> GuardAnswer | None:
    """Answer whether something may be exported now; None where nobody wants to know, or has to wait.

    ``scan`` reads what is exported. ``then`` is given the answer later where nobody waits for it; without it,
    the answer is announced.
    """
    from ...core.model.alert import Occasion
    from ...core.services.reporting.guard import Question

    wanted = settings()
    if not wanted.wants(Occasion.EXPORT):
        return None
    use = _read_use(bpy.context.scene)
    question = Question(occasion=Occasion.EXPORT, use=use, of_format=of_format, part=True)
    return _ask(wanted, question, scan, then)


def _ask(
    wanted: AlertSettings,
    question: Question,
    scan: Callable[[], SceneScan],
    then: Callable[[GuardAnswer], None] | None = None,
) -> GuardAnswer | None:
    """Wait for the answer where it can stop something, and in the background; else only have it told."""
    from ...core.services.reporting.guard import not_known

    stops = wanted.stops(question.occasion)
    app = runtime.peek()
    if app is None:
        if not stops and not (bpy.app.background and _matters()):
            return None
        try:
            app = runtime.app()
        except ClearanceError as error:
            return not_known(question, wanted, tell_error(error)) if stops else None
    try:
        found = scan()
    except Exception as error:
        if not stops:
            raise
        log.exception("Clearance could not read the scene")
        why = f"the scene could not be read ({type(error).__name__}). Please report it."
        return not_known(question, wanted, why)
    if not stops and not bpy.app.background:
        session = app.session
        session.look_at(found, question, then=then or (lambda answer: tell.announce(session, answer)))
        return None
    if bpy.app.background:
        answer = app.session.decide(found, question, wanted, budget_s=BACKGROUND_S)
    else:
        answer = app.session.decide(found, question, wanted)
    if (not answer.stopped and then is None) or bpy.app.background:
        tell.announce(app.session, answer)
    return answer


def _with_app(wanted: AlertSettings, then: Callable[[App], None]) -> None:
    """Go on with the app: at once if it is there, else when it is, and not at all if nothing needs it."""
    app = runtime.peek()
    if app is None and not _stops_any(wanted) and not _matters():
        return
    if app is None and bpy.app.background:
        try:
            app = runtime.app()
        except ClearanceError as error:
            log.warning("License alerts: %s", tell_error(error))
            return
    if app is not None:
        then(app)
    else:
        runtime.when_ready(then)


def _look_after_load(app: App, wanted: AlertSettings) -> None:
    from ...core.model.alert import Occasion

    scan = runtime.host().scan()
    app.session.open_scene(scan.scene)
    _look(app, scan, Occasion.LOAD, wanted)
    _look_ahead(app, scan, wanted)


def _look_before_save(app: App, wanted: AlertSettings) -> None:
    from ...core.model.alert import Occasion

    if bpy.context.scene is None or not (wanted.wants(Occasion.SAVE) or _stops_any(wanted)):
        return
    scan = runtime.watching().saving = runtime.host().scan()
    _look(app, scan, Occasion.SAVE, wanted)
    _look_ahead(app, scan, wanted)


def _look(app: App, scan: SceneScan, occasion: Occasion, wanted: AlertSettings) -> None:
    from ...core.services.reporting.guard import Question

    if not wanted.wants(occasion):
        return
    question = Question(occasion=occasion, use=_read_use(bpy.context.scene))
    if bpy.app.background:
        answer = app.session.decide(scan, question, wanted, budget_s=BACKGROUND_S)
        tell.announce(app.session, answer)
    else:
        app.session.look_at(scan, question, then=lambda answer: tell.announce(app.session, answer))


def _look_ahead(app: App, scan: SceneScan, wanted: AlertSettings) -> None:
    """Have answers ready for menus, and for renders that begin in a thread of their own."""
    from ...core.model.alert import Occasion
    from ...core.services.reporting.guard import Question

    if bpy.app.background:
        return
    watching = runtime.watching()
    scene: Any = bpy.context.scene
    use, movie = _read_use(scene), bool(scene.render.is_movie_format)
    file = watching.files

    def keep_render(answer: GuardAnswer | None) -> None:
        if watching.files == file:
            watching.render = answer

    def keep_export(answer: GuardAnswer | None) -> None:
        if watching.files == file:
            watching.export = answer

    if wanted.stops(Occasion.RENDER):
        app.session.prepare(scan, Question(occasion=Occasion.RENDER, use=use, movie=movie), then=keep_render)
    if wanted.wants(Occasion.EXPORT):
        app.session.prepare(scan, Question(occasion=Occasion.EXPORT, use=use), then=keep_export)


def _stops_any(wanted: AlertSettings) -> bool:
    from ...core.model.alert import STOPPABLE

    return any(wanted.stops(occasion) for occasion in STOPPABLE)


def _matters() -> bool:
    """Say whether this file was ever stamped, and there is a ledger to ask: else nobody starts anything."""
    scenes: Any = bpy.data.scenes
    if not any(REGISTER_PROPERTY in scene for scene in scenes):
        return False
    try:
        return runtime.read_settings().ledger_path.exists()
    except ClearanceError:
        return False


def _read_use(scene: Any) -> Any:
    from ..use_props import read_use

    return read_use(scene)
