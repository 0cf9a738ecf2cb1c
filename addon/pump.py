"""Bring the workers' results into Blender, a few milliseconds at a time, and redraw where it matters.

``tick`` runs on ``bpy.app.timers``. Those never fire without a window, so scripts and tests drain the same
queue with :func:`drain_until_idle`.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import bpy

from . import keys, previews, runtime
from .exporting.finish import write_seen_exports

if TYPE_CHECKING:
    from pathlib import Path

    from ..core.app import App
    from .exporting.passing import Wish

BUDGET_S = 0.008
"""Of one tick; half of what may be, since one callback may overrun it."""
BUSY_S = 0.04
IDLE_S = 0.5
SOON_S = 0.01
CATEGORY = "Clearance"
PICTURES_AT_ONCE = 4

log = logging.getLogger(__name__)


def register() -> None:
    """Start the timer; it outlives loading a file."""
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=IDLE_S, persistent=True)


def unregister() -> None:
    """Stop the timer."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def wake() -> None:
    """Tick soon: something was just started."""
    unregister()
    bpy.app.timers.register(tick, first_interval=0.01, persistent=True)


def tick() -> float:
    """Do a little work; return in how many seconds to come again. Never raises."""
    try:
        return step(budget_s=BUDGET_S)
    except Exception:
        log.exception("Clearance could not finish a step")
        return IDLE_S


def step(*, budget_s: float) -> float:
    """Take over results within a budget; return in how many seconds the next step is due."""
    started = time.perf_counter()
    runtime.refresh()
    runtime.rebuild_if_stale()
    was_starting = runtime.is_starting()
    runtime.collect()
    write_seen_exports()
    app = runtime.peek()
    _follow_alerts()
    if app is None:
        step_overlay(app, until=started + budget_s)
        if was_starting:
            redraw()
        return BUSY_S if was_starting else IDLE_S
    app.tasks.drain(budget_s=budget_s / 2)
    feed_previews(app, until=started + budget_s)
    if runtime.has_ready_imports() or runtime.passing().ready or runtime.has_declared():
        _import_in_window()
    is_looking = step_look(app, until=started + budget_s)
    is_reading = step_overlay(app, until=started + budget_s)
    if runtime.has_changed(_signature(app)) or was_starting:
        redraw()
    busy = not app.tasks.idle or app.session.state.thumbnails or is_looking
    if is_reading:
        return SOON_S
    return BUSY_S if busy else IDLE_S


def _follow_alerts() -> None:
    """Do what alerting left to be done here; nothing of it is imported before there is something."""
    watching = runtime.watching()
    if not watching.has_keys and not bpy.app.background:
        watching.has_keys = keys.mirror()
    if watching.dialog is not None:
        from .alerting import dialogs

        dialogs.forget_closed()
    if watching.stopped is not None:
        from .alerting import renders

        renders.put_back_if_over()
    app = runtime.peek()
    if app is not None and not bpy.app.background and watching.written.next_at <= time.monotonic():
        from .alerting import written

        written.step(app)
    if watching.popups:
        from .alerting import tell

        tell.show_popups()


def drain_until_idle(timeout_s: float) -> bool:
    """Wait for everything that was started, imports included; False when the time is over first.

    For scripts and the background: in a window the timer does this.
    """
    app = runtime.app()
    until = time.monotonic() + timeout_s
    look_for_exports()
    while True:
        write_seen_exports()
        is_looking = step_look(app, until=None)
        finished = app.tasks.wait(timeout_s=max(0.0, until - time.monotonic()))
        feed_previews(app, until=None)
        is_looking = step_overlay(app, until=None) or is_looking
        for grant_id in runtime.take_ready_imports():
            # What went wrong is shown with the purchase, as it is in a window.
            import_now(grant_id)
        while runtime.has_declared() and stamp_declared_now():
            pass
        if is_looking:
            continue
        if app.tasks.idle and not app.session.state.thumbnails and not runtime.has_ready_imports():
            return finished
        if time.monotonic() >= until:
            return False


def look_for_exports() -> None:
    """Look for files that exporters wrote, without a window: in one the timer does this."""
    if bpy.app.background and runtime.watching().written.folders:
        from .alerting import written

        written.look_now()


def step_look(app: App, *, until: float | None) -> bool:
    """Copy a little out for the look that is under way; return whether there is more."""
    looks = runtime.looks()
    if looks and not looks[0].step(app, until=until):
        looks.clear()
    return bool(looks)


def step_overlay(app: App | None, *, until: float | None) -> bool:
    """Read a little of the scene for the license overlay, if it is on; return whether there is more."""
    if not runtime.overlay().wanted:
        return False
    from .overlay import follow

    return follow.step(app, until=until)


def feed_previews(app: App, *, until: float | None) -> None:
    """Hand decoded thumbnails to Blender, and ask for those that the results lack."""
    state = app.session.state
    while state.thumbnails and (until is None or time.perf_counter() < until):
        key = next(iter(state.thumbnails))
        previews.put(key, state.thumbnails.pop(key))
    if not bpy.app.background:  # without a window nobody would see them
        _ask_for_previews(app)


def _ask_for_previews(app: App) -> None:
    """Ask for pictures that the results lack, a few at a time: a price must never wait behind pictures."""
    state = app.session.state
    free = PICTURES_AT_ONCE - sum(task.kind == "thumbnail" for task in app.tasks.tasks)
    for listing in state.results:
        if free <= 0:
            return
        key = listing.key
        known = previews.has(key) or key in state.thumbnails or key in state.thumbnails_failed
        if not known and runtime.is_first_asked(key):
            app.session.request_thumbnails([key])
            free -= 1


def import_now(grant_id: str) -> bool:
    """Import through the operator, with an undo step of its own; False when it did not work."""
    operator: Any = bpy.ops.clearance.import_asset  # type: ignore[attr-defined]
    try:
        # True asks for an undo step, which a call from Python does not make otherwise.
        return "FINISHED" in operator("EXEC_DEFAULT", True, grant_id=grant_id)  # noqa: FBT003
    except RuntimeError as error:
        log.info("An import did not work: %s", error)
        return False


def stamp_declared_now() -> bool:
    """Write the stamps of one declaration, with an undo step of its own; False when it did not work."""
    operator: Any = bpy.ops.clearance.stamp_declared  # type: ignore[attr-defined]
    try:
        return "FINISHED" in operator("EXEC_DEFAULT", True)  # noqa: FBT003
    except RuntimeError as error:
        log.info("A declaration could not be stamped: %s", error)
        return False


def _import_in_window() -> None:
    """Import what became ready and stamp what was declared, unless the user is busy; then later."""
    window = next(iter(_windows()), None)
    if window is None:
        return
    area = next((a for a in window.screen.areas if a.type == "VIEW_3D"), None)
    region = next((r for r in area.regions if r.type == "WINDOW"), None) if area is not None else None
    override: dict[str, Any] = {"window": window}
    if area is not None and region is not None:
        override |= {"area": area, "region": region}
    with bpy.context.temp_override(**override):
        if len(window.modal_operators) or bpy.context.mode != "OBJECT":
            return
        if runtime.has_declared():
            stamp_declared_now()
            return
        if runtime.passing().ready:
            do_now(*runtime.passing().ready.pop(0))
            return
        ready = runtime.take_ready_imports()
        import_now(ready[0])
    for grant_id in ready[1:]:
        runtime.put_back_import(grant_id)


def do_now(path: Path, wish: Wish) -> bool:
    """Call again the operator that waited for a rights file; False when it did not work."""
    operator: Any = getattr(bpy.ops.clearance, wish.operator)  # type: ignore[attr-defined]
    try:
        # True asks for an undo step, which a call from Python does not make otherwise.
        return "FINISHED" in operator(
            "EXEC_DEFAULT",
            True,  # noqa: FBT003
            filepath=str(path),
            **wish.properties,
        )
    except RuntimeError as error:
        log.info("An import with licenses did not work: %s", error)
        return False


def redraw() -> None:
    """Redraw the sidebars that show our tab, and open preferences."""
    for window in _windows():
        for area in window.screen.areas:
            if area.type == "PREFERENCES" or (
                area.type == "FILE_BROWSER" and runtime.watching().dialog is not None
            ):
                area.tag_redraw()
            elif area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI" and region.width > 1 and _shows_us(region):
                        region.tag_redraw()


def _windows() -> list[Any]:
    manager = bpy.context.window_manager
    return list(manager.windows) if manager is not None else []


def _shows_us(region: Any) -> bool:
    return getattr(region, "active_panel_category", CATEGORY) == CATEGORY


def _signature(app: App) -> tuple[object, ...]:
    """Return what changes whenever the panels would look different; progress in steps of one percent."""
    tasks = tuple(
        (task.id, task.state, round((task.fraction or 0.0) * 100) if task.total else task.done >> 18)
        for task in app.tasks.tasks
        if task.kind != "thumbnail"
    )
    return app.session.state.revision, tasks, runtime.host().is_online()
