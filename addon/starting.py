"""Build the app in a thread: first what takes long to import, then, once Blender's host is there, the app.

The host's own modules are this add-on's and are imported on the main thread; with the libraries and the core
there already that takes a few milliseconds. Here nothing of Blender is touched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.app import App
    from ..core.host import Host
    from ..core.settings import Settings


class Start:
    """One attempt. Main thread only, but for what its thread does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._has_host = False
        self._thread: threading.Thread
        self.app: App | None = None
        self.error: BaseException | None = None
        self._run(_import_libraries)

    def go_on(self, make_host: Callable[[], Host]) -> bool:
        """Take the next step if the last one has ended; return whether there is none left."""
        if self._thread.is_alive():
            return False
        if self._has_host or self.error is not None:
            return True
        self._has_host = True
        blender = make_host()
        self._run(lambda: self._build(blender))
        return False

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the step that is running."""
        self._thread.join(timeout_s)

    def _run(self, step: Callable[[], None]) -> None:
        def run() -> None:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - handed to the main thread, which tells the user
                self.error = error

        self._thread = threading.Thread(target=run, name="clearance-start", daemon=True)
        self._thread.start()

    def _build(self, blender: Host) -> None:
        from ..core.app import build_app

        made = build_app(self._settings, host=blender)
        for info in made.session.marketplaces:
            made.session.refresh_account(info.id)
        made.session.load_library()
        made.session.load_feeds()
        self.app = made


def _import_libraries() -> None:
    """Import what the main thread will need next, and what building the app needs."""
    import numpy as np  # noqa: F401 - the host reads meshes with it

    from ..core import app, host, stamp_format  # noqa: F401
