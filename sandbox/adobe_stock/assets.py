"""What the assets are: their media and types, the licenses they can have, how their files arrive."""

from __future__ import annotations

from ..catalogue import StockItem
from ..files import content_type
from ..world import World

MEDIA = {"photo": 1, "illustration": 2, "video": 4, "model": 6, "light": 6, "material": 6}
THINGS = {"model": 1, "light": 2, "material": 3}
IMAGES, VIDEOS = ("Standard", "Extended"), ("Video_HD", "Video_4K")
ALTERNATIVES = ("Internal_Use", "Social_Media")
CREDITS = {"Standard": 1, "Standard_M": 1, "Extended": 8, "Video_HD": 8, "Video_4K": 20}
CREDITS |= {"Internal_Use": 3, "Social_Media": 5}
_PREMIUM = {2: 12, 3: 25, 4: 50}
_FOR_4K = 200
"""From this height on a video is sold as 4K too; the sandbox's are small."""


def licenses_of(item: StockItem) -> tuple[str, ...]:
    """List the licenses that an asset can have."""
    match item.kind:
        case "video":
            return VIDEOS if item.height >= _FOR_4K else VIDEOS[:1]
        case "photo" | "illustration":
            return ("Standard", "Standard_M", "Extended") if item.level > 1 else IMAGES
    return ("Standard",)


def cost_of(item: StockItem, label: str, unit: str) -> int:
    """Tell what a license takes of the quota."""
    if item.level == 1:
        return 0
    if unit == "licenses":
        return 1
    if item.kind in THINGS:
        return 10
    return CREDITS[label] * _PREMIUM.get(item.level, 1)


def delivery(world: World) -> str:
    """Tell how models are delivered now."""
    return world.variants.choice("adobe_3d_delivery")


def file_type(world: World, item: StockItem) -> str:
    """Tell the media type that Adobe names for an asset's file."""
    if item.kind in ("model", "material") and world.variants.choice("adobe_3d_type") == "unknown":
        return "application/x-adobe-3d"
    endings = {"video": "mov", "light": "hdr", "material": "zip", "model": delivery(world)}
    return content_type(f"x.{endings.get(item.kind, 'jpg')}")
