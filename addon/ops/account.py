# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Keys and connections. A key is in an operator's property only while its dialog is open."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import pump, runtime
from .guard import Answer, guarded, refuse, why_no_app, why_no_network

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.marketplaces.base import MarketplaceInfo

DIALOG_WIDTH = 440
KEYRING_WAIT_S = 130.0
"""A locked keyring asks its user for up to two minutes."""
_FIELDS = ("client_id", "client_secret", "user_token", "redirect_uri")
_SECRET = {"SKIP_SAVE", "SKIP_PRESET"}


class CLEARANCE_OT_store_key(Operator):
    """Enter a marketplace's key. It is kept where this computer keeps passwords, never in Blender's files"""

    bl_idname = "clearance.store_key"
    bl_label = "Enter Key"
    bl_options = {"INTERNAL"}

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})
    client_id: StringProperty(name="Client ID", subtype="PASSWORD", options=_SECRET)
    client_secret: StringProperty(name="Client Secret", subtype="PASSWORD", options=_SECRET)
    user_token: StringProperty(name="Your Token", subtype="PASSWORD", options=_SECRET)
    redirect_uri: StringProperty(
        name="Redirect Address", description="As the marketplace shows it with your key", options=_SECRET
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for the key."""
        _clear(self)
        info = _info(self.marketplace)
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title=f"Key for {info.name}" if info else "Key", confirm_text="Store"
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the fields that this marketplace has."""
        from ..ui.drawing import accounts as draw_accounts

        draw_accounts.draw_key_dialog(self, self.layout, context, _info(self.marketplace), width=DIALOG_WIDTH)

    def cancel(self, _context: Any) -> None:
        """Forget what was typed."""
        _clear(self)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Hand what was typed to the keyring."""
        try:
            typed = [(field, getattr(self, field)) for field in _FIELDS if getattr(self, field).strip()]
            if not typed:
                raise UserInputError("Nothing was entered, so nothing was stored.", code="user_input.key")
            for field, secret in typed:
                app.session.store_key(self.marketplace, field, secret)
        finally:
            _clear(self)
        _wait_without_window()
        self.report({"INFO"}, f"Kept in: {app.session.credentials_kind()}.")
        return {"FINISHED"}


def _wait_without_window() -> None:
    """Let a script go on only when the keyring has answered; in a window, the panels show it."""
    if bpy.app.background:
        pump.drain_until_idle(KEYRING_WAIT_S)


class _OfMarketplace:
    """What the operators below have in common."""

    bl_options: Any = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network."""
        return refuse(cls, why_no_network())


class CLEARANCE_OT_forget_keys(Operator):
    """Delete everything that is stored to get into this marketplace"""

    bl_idname = "clearance.forget_keys"
    bl_label = "Forget Key"
    bl_options = {"INTERNAL"}

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, event: Any) -> Answer:
        """Ask first."""
        result: Answer = context.window_manager.invoke_confirm(
            self,
            event,
            title="Forget the Key?",
            message="What you bought stays yours.",
            confirm_text="Forget",
        )
        return result

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Delete."""
        app.session.forget_keys(self.marketplace)
        _wait_without_window()
        return {"FINISHED"}


class CLEARANCE_OT_sign_in(_OfMarketplace, Operator):
    """Allow Clearance, in your browser, to buy in your name"""

    bl_idname = "clearance.sign_in"
    bl_label = "Sign In"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Open the browser."""
        app.session.sign_in(self.marketplace)
        return {"FINISHED"}


class CLEARANCE_OT_finish_sign_in(_OfMarketplace, Operator):
    """Enter the address on which your browser ended after you signed in"""

    bl_idname = "clearance.finish_sign_in"
    bl_label = "Paste the Address"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})
    address: StringProperty(
        name="Address", description="Copied from the browser's address line", options=_SECRET
    )

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for the address."""
        self.address = ""
        info = _info(self.marketplace)
        result: Answer = context.window_manager.invoke_props_dialog(
            self,
            width=DIALOG_WIDTH,
            title=f"Finish Signing In at {info.name}" if info else "Finish Signing In",
            confirm_text="Sign In",
        )
        return result

    def draw(self, context: Any) -> None:
        """Say where the address is found."""
        from ..ui.drawing import accounts as draw_accounts

        draw_accounts.draw_paste_dialog(self, self.layout, context, width=DIALOG_WIDTH)

    def cancel(self, _context: Any) -> None:
        """Forget what was pasted."""
        self.address = ""

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Hand the address over."""
        pasted, self.address = self.address.strip(), ""
        if not pasted:
            raise UserInputError("Nothing was pasted. Sign in once more.", code="user_input.address")
        app.session.finish_sign_in(self.marketplace, pasted)
        return {"FINISHED"}


class CLEARANCE_OT_test_connection(_OfMarketplace, Operator):
    """Ask the marketplace whether the key works and what is left on the account. Nothing is charged"""

    bl_idname = "clearance.test_connection"
    bl_label = "Test"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Test."""
        app.session.test_connection(self.marketplace)
        return {"FINISHED"}


def _clear(operator: Any) -> None:
    for field in _FIELDS:
        setattr(operator, field, "")


def _info(marketplace: str) -> "MarketplaceInfo | None":
    app = runtime.peek()
    infos = app.session.marketplaces if app is not None else ()
    return next((info for info in infos if info.id == marketplace), None)


CLASSES: tuple[type[bpy.types.Operator], ...] = (
    CLEARANCE_OT_store_key,
    CLEARANCE_OT_forget_keys,
    CLEARANCE_OT_sign_in,
    CLEARANCE_OT_finish_sign_in,
    CLEARANCE_OT_test_connection,
)
