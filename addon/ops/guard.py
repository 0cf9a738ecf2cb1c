"""What every operator does alike: get the app, tell errors in the artist's words, wake the timer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import bpy

from ...core.errors import ClearanceError
from .. import pump, runtime
from ..messages import tell

if TYPE_CHECKING:
    from ...core.app import App

Answer = set[Literal["RUNNING_MODAL", "CANCELLED", "FINISHED", "PASS_THROUGH", "INTERFACE"]]
"""What an operator's ``execute`` and ``invoke`` give back to Blender."""
Run = Callable[[Any, Any, "App"], Answer]
Execute = Callable[[Any, Any], Answer]


def guarded(run: Run) -> Execute:
    """Turn ``run(self, context, app)`` into an operator's ``execute``."""

    def execute(self: Any, context: Any) -> Answer:
        try:
            return run(self, context, runtime.app())
        except ClearanceError as error:
            self.report({"ERROR"}, tell(error))
            return {"CANCELLED"}
        finally:
            pump.wake()

    execute.__doc__ = run.__doc__
    return execute


def refuse(cls: Any, why: str) -> bool:
    """Say in a tooltip why a button is grey, and answer a ``poll`` with it."""
    if why:
        cls.poll_message_set(why.rstrip("."))
    return not why


def why_no_app() -> str:
    """Say why nothing works at all; empty when it does, or was not tried yet."""
    return runtime.unavailable_reason()


def why_no_import() -> str:
    """Say why nothing can be imported right now; empty when it can."""
    context = bpy.context
    if context.scene is None or context.view_layer is None:
        return "There is no scene to import into"
    if context.mode != "OBJECT":
        return "Switch to Object Mode to import"
    if context.scene.library is not None:
        return "This scene is linked from another file; it cannot be changed"
    return ""


def why_no_network() -> str:
    """Say why nothing can be sent; empty when it can."""
    return why_no_app() or ("" if bpy.app.online_access else "Blender is offline")


def why_not_mine(act: str) -> str:
    """Say which role something needs that the user does not have; empty when they may, or nobody looked yet.

    The ledger is asked again before anything is written.
    """
    app = runtime.peek()
    who = app.session.state.finance.who if app is not None else None
    if who is None:
        return ""
    from ...core.policy.roles import Act
    from ..ui.views.finance import name_roles

    return "" if Act(act) in who.acts else f"This needs {name_roles(Act(act), last='or')}"
