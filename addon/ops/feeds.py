# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Product feeds of marketplaces that have no search for programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import IntProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App


class _OfFeeds:
    """What the operators below have in common."""

    bl_options: Any = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())


class CLEARANCE_OT_add_feed(_OfFeeds, Operator):
    """Choose a file with this marketplace's products, from its affiliate or partner programme"""

    bl_idname = "clearance.add_feed"
    bl_label = "Add a Feed"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})
    filepath: StringProperty(name="Feed", subtype="FILE_PATH", options={"SKIP_SAVE"})
    mapping: StringProperty(
        name="Mapping",
        description="A file that says which column is what, where the columns have names of their own",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    filter_glob: StringProperty(
        default="*.csv;*.tsv;*.txt;*.xml;*.json;*.jsonl;*.ndjson;*.gz;*.zip", options={"HIDDEN", "SKIP_SAVE"}
    )

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Choose a file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read it in the background."""
        if not self.filepath.strip():
            raise UserInputError("Choose the feed's file.", code="feeds.no_file")
        mapping = self.mapping.strip()
        app.session.add_feed(
            self.marketplace,
            Path(bpy.path.abspath(self.filepath)),
            mapping=Path(bpy.path.abspath(mapping)) if mapping else None,
        )
        return {"FINISHED"}


class CLEARANCE_OT_update_feed(_OfFeeds, Operator):
    """Read this feed again: new products come in, changed prices change"""

    bl_idname = "clearance.update_feed"
    bl_label = "Update"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})
    feed_id: IntProperty(name="Feed", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read it again."""
        feed = next(
            (f for f in app.session.state.feeds if (f.marketplace, f.id) == (self.marketplace, self.feed_id)),
            None,
        )
        if feed is None:
            raise UserInputError("This feed is no longer in the list.", code="feeds.gone")
        app.session.add_feed(feed.marketplace, feed.path, mapping=feed.mapping_path)
        return {"FINISHED"}


class CLEARANCE_OT_remove_feed(_OfFeeds, Operator):
    """Forget this feed's products. Your file stays where it is"""

    bl_idname = "clearance.remove_feed"
    bl_label = "Remove"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})
    feed_id: IntProperty(name="Feed", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Forget it."""
        app.session.remove_feed(self.marketplace, self.feed_id)
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_add_feed,
    CLEARANCE_OT_update_feed,
    CLEARANCE_OT_remove_feed,
)
