"""The only mutable module state of the add-on: the app, built at first use, and what hangs on it.

Building imports the libraries of the core and opens the ledger, so it happens in a thread as soon as a
panel is seen; an operator or a script that cannot wait blocks until it is there. Main thread only.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy

from ..core.errors import ClearanceError, HostError
from .messages import explain_start, tell

if TYPE_CHECKING:
    from typing import Protocol

    from ..core.app import App
    from ..core.host import Host
    from ..core.model.intended_use import IntendedUse
    from ..core.model.scene import Handle
    from ..core.services.clearing.declare import Declared
    from ..core.settings import Settings

    # Only for the type checker: at run time these imports would double what enabling the extension costs.
    from .alerting.state import Watching
    from .exporting.passing import Passing
    from .overlay.state import Overlay
    from .recognizing import Look
    from .starting import Start

    class ThisBlender(Host, Protocol):
        """This Blender as the core's host, with what only the add-on asks of it. See :mod:`.host`."""

        notes: tuple[str, ...]
        """What the last import left out or could not do, as sentences."""

        def refresh(self) -> None:
            """Look again whether the network may be used."""

        def discard(self, handles: tuple[Handle, ...]) -> None:
            """Take an import away again."""


ROOT_PACKAGE = __package__.rpartition(".")[0] if __package__ else ""
"""Name of the extension for Blender: ``bl_ext.<repository>.clearance``."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the app is made of here; handed in by :mod:`.registration`, so that nothing imports upward."""

    make_host: Callable[[], ThisBlender]
    read_settings: Callable[[], Settings]
    read_use: Callable[[Any], IntendedUse]
    note_marketplaces: Callable[[App], None]
    """Told, on the main thread, which marketplaces there are."""
    wake: Callable[[], None]
    """Have the timer tick soon: something was just started."""


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What the user asked an asset to become, kept while its files are still on their way."""

    use: str
    """Name of a :class:`core.host.ImportUse`."""
    make_active: bool = False


class _Runtime:
    """All of it. No dataclass: making one takes longer than what else is done while Blender waits."""

    def __init__(self) -> None:
        self.parts: Parts | None = None
        self.app: App | None = None
        self.host: ThisBlender | None = None
        self.start: Start | None = None
        self.reason = ""
        self.stale = False
        self.ready_imports: list[str] = []
        self.wishes: dict[str, ImportWish] = {}
        self.declared: list[tuple[Declared, tuple[Handle, ...]]] = []
        self.waiting: list[Callable[[App], None]] = []
        self.asked_thumbnails: set[str] = set()
        self.drawn: tuple[object, ...] = ()
        self.looks: list[Look] = []
        # These three come with the first who asks; a render's thread may be one, so under this lock.
        self.making = threading.Lock()
        self.passing: Passing | None = None
        self.watching: Watching | None = None
        self.overlay: Overlay | None = None


_runtime = _Runtime()


def provide(parts: Parts) -> None:
    """Take what the app is to be made of."""
    _runtime.parts = parts


def parts() -> Parts:
    """Return what was handed in; raise HostError while the extension is not enabled."""
    if _runtime.parts is None:
        raise HostError("Clearance is not enabled.", code="host.unavailable")
    return _runtime.parts


def read_settings() -> Settings:
    """Read the settings as they stand; raise UserInputError for what cannot be."""
    return parts().read_settings()


def watching() -> Watching:
    """Return what alerting remembers."""
    known = _runtime.watching
    if known is None:
        from .alerting.state import Watching

        with _runtime.making:
            known = _runtime.watching = _runtime.watching or Watching()
    return known


def app() -> App:
    """Return the app; wait for it, and build it when nobody has. Raise HostError when it cannot be built."""
    if _runtime.app is None:
        start()
        while _runtime.start is not None:
            _runtime.start.wait()
            collect()
    if _runtime.app is None:
        raise HostError(_runtime.reason or "Clearance could not be started.", code="host.unavailable")
    host().refresh()
    return _runtime.app


def peek() -> App | None:
    """Return the app if it is there; for drawing and polling, which must not wait."""
    return _runtime.app


def host() -> ThisBlender:
    """Return this Blender as the core's host."""
    if _runtime.host is None:
        _runtime.host = parts().make_host()
        _runtime.host.refresh()
    return _runtime.host


def refresh() -> None:
    """Look again whether the network may be used, if there is anybody yet who would ask."""
    if _runtime.host is not None:
        _runtime.host.refresh()


def unavailable_reason() -> str:
    """Say why there is no app and will be none; empty when there is one or it has not been tried."""
    return _runtime.reason


def is_starting() -> bool:
    """Say whether the app is being built right now."""
    return _runtime.start is not None


def start() -> None:
    """Begin to build the app in a thread, unless it is there, on its way, or known not to work."""
    if _runtime.app is not None or _runtime.start is not None or _runtime.reason:
        return
    try:
        settings = parts().read_settings()
    except ClearanceError as error:
        _runtime.reason = tell(error)
        return
    from .starting import Start

    _runtime.start = Start(settings)


def collect() -> bool:
    """Take the next step of starting, or take over what was made; return whether there is an app now."""
    attempt = _runtime.start
    if attempt is None or not attempt.go_on(host):
        return _runtime.app is not None
    _runtime.start = None
    if attempt.app is None:
        _runtime.reason = explain_start(attempt.error)
        log.error("Clearance could not be started: %s", _runtime.reason)
        return False
    use_app(attempt.app)
    return True


def use_app(made: App) -> None:
    """Make this the app: the one that was built, or one that a test brings."""
    _runtime.app, _runtime.reason = made, ""
    made.session.on_prepared = _runtime.ready_imports.append
    made.session.on_declared = lambda declared, handles: _runtime.declared.append((declared, handles))
    made.session.on_rights_read = passing().rights_read
    parts().note_marketplaces(made)
    if bpy.context.scene is not None:
        made.session.set_use(parts().read_use(bpy.context.scene))
    if host().is_online():
        made.session.reconcile()
    made.session.tell_calls()
    waiting, _runtime.waiting = _runtime.waiting, []
    for callback in waiting:
        callback(made)


def when_ready(callback: Callable[[App], None]) -> None:
    """Call back with the app: now if it is there, else when it has been built."""
    if _runtime.app is not None:
        callback(_runtime.app)
        return
    _runtime.waiting.append(callback)
    start()


def take_ready_imports() -> list[str]:
    """Return, once, the grants that were prepared and are to be imported now."""
    ready = list(_runtime.ready_imports)
    _runtime.ready_imports.clear()
    return ready


def put_back_import(grant_id: str) -> None:
    """Keep an import for later: the user is in the middle of something."""
    if grant_id not in _runtime.ready_imports:
        _runtime.ready_imports.append(grant_id)


def remember_wish(grant_id: str, wish: ImportWish) -> None:
    """Keep what an asset is to become until it can be imported; the last wish counts."""
    _runtime.wishes[grant_id] = wish


def take_wish(grant_id: str) -> ImportWish | None:
    """Return, once, what an asset is to become."""
    return _runtime.wishes.pop(grant_id, None)


def has_ready_imports() -> bool:
    """Say whether something waits to be imported."""
    return bool(_runtime.ready_imports)


def has_declared() -> bool:
    """Say whether a declaration waits for its stamps to be written."""
    return bool(_runtime.declared)


def take_declared() -> tuple[Declared, tuple[Handle, ...]] | None:
    """Return, once, a declaration in the ledger whose stamps are to be written now, the oldest first."""
    return _runtime.declared.pop(0) if _runtime.declared else None


def passing() -> Passing:
    """Return what is on its way out or in."""
    known = _runtime.passing
    if known is None:
        from .exporting.passing import Passing

        with _runtime.making:
            known = _runtime.passing = _runtime.passing or Passing()
    return known


def looks() -> list[Look]:
    """Return the look for owned content that is under way: none or one, for whoever starts and steps it."""
    return _runtime.looks


def overlay() -> Overlay:
    """Return whether licenses are shown in viewports, and what of them is."""
    known = _runtime.overlay
    if known is None:
        from .overlay.state import Overlay

        with _runtime.making:
            known = _runtime.overlay = _runtime.overlay or Overlay()
    return known


def is_first_asked(key: str) -> bool:
    """Say whether this listing's thumbnail was never asked for before, and remember that it was now."""
    first = key not in _runtime.asked_thumbnails
    _runtime.asked_thumbnails.add(key)
    return first


def has_changed(signature: tuple[object, ...]) -> bool:
    """Say whether the panels would look different from when this was last asked."""
    changed = signature != _runtime.drawn
    _runtime.drawn = signature
    return changed


def forget_report() -> None:
    """Another file was opened: the report that is shown was about the one before."""
    if _runtime.app is not None:
        from ..core.session.state import Phase

        _runtime.app.session.forget_recognition()
        overlay().scan = None
        state = _runtime.app.session.state
        state.report, state.report_problem, state.report_phase = None, None, Phase.IDLE
        state.revision += 1


def dismiss_problem() -> None:
    """Forget the message that belongs nowhere else."""
    if _runtime.app is not None:
        _runtime.app.session.state.problem = None
        _runtime.app.session.state.revision += 1


def note_import_failed(grant_id: str, error: ClearanceError) -> None:
    """Show with the purchase why its import did not work."""
    if _runtime.app is not None:
        from ..core.session.state import Problem

        state = _runtime.app.session.state
        for progress in state.progress:
            if progress.grant_id == grant_id:
                progress.stage, progress.problem, progress.task = "failed", Problem.of(error), None
        state.revision += 1


def settings_changed() -> None:
    """Build the app anew, with the new settings, as soon as nothing is running."""
    _runtime.stale = True
    _runtime.reason = ""


def rebuild_if_stale() -> None:
    """Close an app whose settings have changed, when it is idle; the next use builds another."""
    made = _runtime.app
    if not _runtime.stale or _runtime.start is not None or (made is not None and not made.tasks.idle):
        return
    _runtime.stale = False
    if made is not None:
        _runtime.app = None
        _runtime.asked_thumbnails.clear()
        made.close()
        start()


def close() -> None:
    """End the app and forget everything; what still runs is cancelled. Takes two seconds at most."""
    from . import previews

    attempt = _runtime.start
    if attempt is not None:
        attempt.wait(1.0)
        if attempt.app is not None:
            attempt.app.close()
    if _runtime.app is not None:
        _runtime.app.close()
    previews.close()
    _runtime.app = _runtime.host = _runtime.start = None
    _runtime.reason = ""
    _runtime.stale = False
    _runtime.ready_imports.clear()
    _runtime.wishes.clear()
    _runtime.declared.clear()
    _runtime.waiting.clear()
    _runtime.looks.clear()
    _runtime.asked_thumbnails.clear()
    _runtime.drawn = ()
    if _runtime.overlay is not None:
        _runtime.overlay.release()
    _runtime.passing = _runtime.watching = _runtime.overlay = None
