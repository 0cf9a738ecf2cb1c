# mypy: disable-error-code="valid-type"
"""The extension's preferences: who buys, where things are kept, the marketplaces' keys. Never a secret.

No ``from __future__ import annotations`` here: Blender reads the annotations as values.
"""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, StringProperty
from bpy.types import AddonPreferences, PropertyGroup

from . import runtime

if TYPE_CHECKING:
    from ..core.app import App


def _changed(_self: Any, _context: Any) -> None:
    runtime.settings_changed()


def _tiers(self: Any, _context: Any, _text: str) -> list[str]:
    app = runtime.peek()
    infos = app.session.marketplaces if app is not None else ()
    return [tier for info in infos if info.id == self.name for tier in info.contract_licenses]


class CLEARANCE_PG_marketplace(PropertyGroup):
    """What the user settled about one marketplace; ``name`` is its id."""

    expanded: BoolProperty(name="Show", description="Show keys and settings of this marketplace")
    contract_license: StringProperty(
        name="License by Contract",
        description="The license that your contract with the marketplace gives. Its API does not say; "
        "while this is empty, every purchase needs review",
        maxlen=80,
        search=_tiers,
        search_options={"SUGGESTION"},
        update=_changed,
    )
    opted_in: BoolProperty(name="I Have Read This and Want It", default=False, update=_changed)


class CLEARANCE_AP_preferences(AddonPreferences):
    """Settings of this installation."""

    bl_idname = runtime.ROOT_PACKAGE

    user: StringProperty(
        name="Buyer",
        description="Your name, as it goes into orders and the audit. Empty: the system's user name",
        maxlen=120,
        update=_changed,
    )
    project: StringProperty(name="Project", description="Noted with every order", maxlen=120, update=_changed)
    client: StringProperty(name="Client", description="Noted with every order", maxlen=120, update=_changed)
    purchase_order: StringProperty(
        name="Purchase Order",
        description="Your own number, noted with every order",
        maxlen=60,
        update=_changed,
    )
    data_dir: StringProperty(
        name="Data Folder",
        description="Where licenses and downloads are kept. Empty: a folder of your system that removing "
        "the extension does not touch",
        subtype="DIR_PATH",
        update=_changed,
    )
    marketplaces: CollectionProperty(type=CLEARANCE_PG_marketplace)
    pickup_folder: StringProperty(
        name="Downloads",
        description="Where your browser puts downloads: what you buy on a website is picked up there. "
        "Empty: the folder Downloads of your home",
        subtype="DIR_PATH",
        update=_changed,
    )
    texture_limit: EnumProperty(
        name="Textures",
        description="Longest side of a model's textures when it is imported. The download stays as it is",
        items=[
            ("0", "As They Came", "Change nothing"),
            ("4096", "Up to 4K", "Larger ones are scaled to 4,096 pixels"),
            ("2048", "Up to 2K", "Larger ones are scaled to 2,048 pixels"),
            ("1024", "Up to 1K", "Larger ones are scaled to 1,024 pixels"),
            ("512", "Up to 512", "Larger ones are scaled to 512 pixels"),
        ],
        default="0",
        update=_changed,
    )
    merge_duplicates: BoolProperty(
        name="Merge Equal Materials and Images",
        description="Keep one of equal materials and images of an import; what is in the scene stays",
        default=False,
        update=_changed,
    )
    proxy_percent: IntProperty(
        name="Viewport Faces",
        description="Share of the faces that the viewport shows of heavy meshes, by a Decimate modifier that "
        "renders do not have. 100: all of them",
        subtype="PERCENTAGE",
        min=1,
        max=100,
        default=100,
        update=_changed,
    )
    sandbox_url: StringProperty(
        name="Sandbox",
        description="Talk to practice marketplaces on this machine instead of the real ones",
        maxlen=200,
        update=_changed,
    )
    show_developer: BoolProperty(
        name="Developer", description="Settings for trying things out", default=False
    )

    def draw(self, context: Any) -> None:
        """Draw the settings."""
        from .ui.drawing import accounts as draw_accounts

        draw_accounts.draw_preferences(self, self.layout, context)


CLASSES = (CLEARANCE_PG_marketplace, CLEARANCE_AP_preferences)


def note_marketplaces(app: "App") -> None:
    """Have a place for the settings of every marketplace; what was settled stays."""
    chosen = preferences()
    if chosen is None:
        return
    known = {entry.name for entry in chosen.marketplaces}
    for info in app.session.marketplaces:
        if info.id not in known:
            chosen.marketplaces.add().name = info.id


def preferences() -> Any:
    """Return this extension's preferences; None when Blender has none for it (a test, a bare import)."""
    stored: Any = bpy.context.preferences
    addon = stored.addons.get(runtime.ROOT_PACKAGE)
    return addon.preferences if addon is not None else None
