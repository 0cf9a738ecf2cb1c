# mypy: disable-error-code="valid-type"
"""What the user types and chooses: inputs only. State lives in the session, licenses on data-blocks.

No ``from __future__ import annotations`` here: Blender reads the annotations as values.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty
from bpy.types import PropertyGroup

from . import runtime
from .use_props import CLEARANCE_PG_use, split_words

if TYPE_CHECKING:
    from ..core.model.listing import SearchQuery

# The identifiers are the values of the core's enumerations, written out: importing those would triple
# what enabling the extension costs. tests/blender holds the two against each other.
ANY = "ANY"
_KINDS = [
    (ANY, "Everything", "3D models, images and whatever else there is"),
    ("model", "3D Models", "Models"),
    ("image", "Images", "Photos, textures, illustrations"),
    ("video", "Videos", "Footage"),
    ("audio", "Audio", "Music and sounds"),
]
_SORTS = [
    ("relevance", "Relevance", "Best match first"),
    ("popular", "Popular", "What others buy first"),
    ("newest", "Newest", "What was published last first"),
    ("price_low", "Price: Low to High", "Cheapest first"),
    ("price_high", "Price: High to Low", "Most expensive first"),
]
_ORIENTATIONS = [
    (ANY, "Any Shape", "Do not care"),
    ("horizontal", "Horizontal", "Wider than high"),
    ("vertical", "Vertical", "Higher than wide"),
    ("square", "Square", "As wide as high"),
]
_PREMIUM = [
    (ANY, "Any Price Level", "Do not care"),
    ("YES", "Premium Only", "Only what is sold at a premium price"),
    ("NO", "No Premium", "Leave out what is sold at a premium price"),
]
_EDITORIAL = [
    (ANY, "Any Use", "Do not care"),
    ("NO", "No Editorial", "Leave out what may only be used for reporting"),
    ("ONLY", "Editorial Only", "Only what is meant for reporting"),
]


@lru_cache(maxsize=8)
def _items_for(names: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str, int]]:
    """Return the same list for the same marketplaces: Blender keeps no reference of its own."""
    return [(key, name, f"Search {name}", 1 << number) for number, (key, name) in enumerate(names)]


def _marketplace_items(_self: Any, _context: Any) -> list[tuple[str, str, str, int]]:
    app = runtime.peek()
    infos = app.session.marketplaces if app is not None else ()
    return _items_for(tuple((info.id, info.name) for info in infos))


class CLEARANCE_PG_search(PropertyGroup):
    """What is searched for."""

    text: StringProperty(
        name="Search", description="What you need", maxlen=500, options={"TEXTEDIT_UPDATE", "SKIP_SAVE"}
    )
    marketplaces: EnumProperty(
        name="Marketplaces",
        description="Where to search; none chosen means everywhere",
        items=_marketplace_items,
        options={"ENUM_FLAG", "SKIP_SAVE"},
    )
    kind: EnumProperty(name="Kind", description="What to search for", items=_KINDS)
    sort: EnumProperty(name="Sort By", description="Order of the results of each marketplace", items=_SORTS)
    max_price: FloatProperty(
        name="Price up to",
        description="In the marketplace's currency; 0 means any price",
        min=0.0,
        precision=2,
    )
    formats: StringProperty(name="Formats", description="File endings, such as: blend, fbx", maxlen=100)
    max_polygons: IntProperty(name="Polygons up to", description="0 means any number", min=0)
    rigged: BoolProperty(name="Rigged", description="Only with a skeleton")
    animated: BoolProperty(name="Animated", description="Only with animation")
    pbr: BoolProperty(name="PBR Materials", description="Only with physically based materials")
    low_poly: BoolProperty(name="Low Poly", description="Only what is made for real-time use")
    orientation: EnumProperty(name="Shape", description="Shape of images", items=_ORIENTATIONS)
    min_width: IntProperty(
        name="Width from", description="Of images, in pixels; 0 means any", min=0, subtype="PIXEL"
    )
    min_height: IntProperty(
        name="Height from", description="In pixels; 0 means any. A 4K video has 2160", min=0, subtype="PIXEL"
    )
    min_duration: IntProperty(name="Seconds from", description="0 means any length", min=0)
    max_duration: IntProperty(name="Seconds up to", description="0 means any length", min=0)
    editorial: EnumProperty(
        name="Use", description="What the license is meant for, whatever it costs", items=_EDITORIAL
    )
    exclude_ai: BoolProperty(name="No AI", description="Leave out what generative AI made")
    premium: EnumProperty(name="Price Level", description="Premium prices", items=_PREMIUM)
    collection: StringProperty(
        name="Collection",
        description="A collection or category, in the marketplace's own word or code",
        maxlen=100,
    )
    enhanced_license: BoolProperty(
        name="Wider License",
        description="Only what can be licensed on wider terms (enhanced, extended)",
    )
    library_text: StringProperty(
        name="Filter",
        description="Narrow what you own by title, author or marketplace",
        maxlen=100,
        options={"TEXTEDIT_UPDATE", "SKIP_SAVE"},
    )


CLASSES = (CLEARANCE_PG_search, CLEARANCE_PG_use)


def _shows_overlay(_self: Any) -> bool:
    return runtime.overlay().wanted


def _show_overlay(_self: Any, value: bool) -> None:  # noqa: FBT001 - Blender's signature
    app = runtime.peek()
    if value == runtime.overlay().wanted or (value and (app is None or app.session.state.report is None)):
        return  # without a report there is nothing to show
    from . import pump
    from .overlay import follow

    if value:
        follow.switch_on()
        pump.wake()
    else:
        follow.switch_off()


def attach() -> None:
    """Hang the inputs on the window manager and on scenes."""
    setattr(bpy.types.WindowManager, "clearance", PointerProperty(type=CLEARANCE_PG_search))  # noqa: B010
    setattr(bpy.types.Scene, "clearance_use", PointerProperty(type=CLEARANCE_PG_use))  # noqa: B010
    shown = BoolProperty(
        name="License Overlay",
        description="Show in the viewport where each license sits, and what the report says of it",
        get=_shows_overlay,
        set=_show_overlay,
        options={"SKIP_SAVE"},
    )
    setattr(bpy.types.WindowManager, "clearance_overlay", shown)  # noqa: B010


def detach() -> None:
    """Take the inputs away; what was saved with scenes stays in the files."""
    for owner, name in (
        (bpy.types.WindowManager, "clearance"),
        (bpy.types.WindowManager, "clearance_overlay"),
        (bpy.types.Scene, "clearance_use"),
    ):
        if hasattr(owner, name):
            delattr(owner, name)


def read_query(given: Any) -> "SearchQuery":
    """Return what the user searches for; raise UserInputError for a price that cannot be."""
    from ..core.errors import UserInputError
    from ..core.model.listing import MediaKind, Orientation, SearchFilters, SearchQuery, Sort
    from ..core.model.money import Money

    try:
        price = Money.parse(f"{given.max_price:.2f}") if given.max_price > 0 else None
    except ValueError as error:
        raise UserInputError(f"{given.max_price} is not a price.") from error
    return SearchQuery(
        text=given.text,
        kind=None if given.kind == ANY else MediaKind(given.kind),
        sort=Sort(given.sort),
        filters=SearchFilters(
            exclude_editorial=given.editorial == "NO",
            editorial_only=given.editorial == "ONLY",
            exclude_ai=given.exclude_ai,
            premium={"YES": True, "NO": False}.get(given.premium),
            collection=given.collection.strip(),
            max_price=price,
            formats=tuple(word.lower().lstrip(".") for word in split_words(given.formats)),
            max_polygons=given.max_polygons or None,
            animated=given.animated or None,
            rigged=given.rigged or None,
            pbr=given.pbr or None,
            low_poly=given.low_poly or None,
            orientation=None if given.orientation == ANY else Orientation(given.orientation),
            min_width=given.min_width or None,
            min_height=given.min_height or None,
            min_duration_s=given.min_duration or None,
            max_duration_s=given.max_duration or None,
            enhanced_license=given.enhanced_license,
        ),
    )
