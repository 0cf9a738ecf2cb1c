"""Thumbnails as Blender icons, by ``Listing.key``. Pixels come decoded from a worker: 0.2 ms each here.

(Letting Blender decode a JPEG costs up to 50 ms before 5.2.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.files.pictures import Thumbnail

KEEP_AT_MOST = 600
_collections: list[Any] = []


def _collection() -> Any:
    if not _collections:
        import bpy.utils.previews

        _collections.append(bpy.utils.previews.new())
    return _collections[0]


def icon_id(key: str) -> int:
    """Return the icon of a listing's thumbnail; 0 when there is none (and always without a window)."""
    if not _collections or key not in _collections[0]:
        return 0
    return int(_collections[0][key].icon_id)


def has(key: str) -> bool:
    """Say whether the thumbnail of a listing is here."""
    return bool(_collections) and key in _collections[0]


def put(key: str, thumbnail: Thumbnail) -> None:
    """Keep a decoded thumbnail."""
    collection = _collection()
    preview = collection[key] if key in collection else collection.new(key)
    preview.image_size = (thumbnail.width, thumbnail.height)
    preview.image_pixels.foreach_set(thumbnail.packed())


def forget_all_but(keys: set[str]) -> None:
    """Let go of thumbnails that nothing shows any more, once there are many."""
    if not _collections or len(_collections[0]) <= KEEP_AT_MOST:
        return
    for name in [name for name in _collections[0] if name not in keys]:
        _collections[0].pop(name)


def close() -> None:
    """Remove the collection from Blender."""
    if _collections:
        import bpy.utils.previews

        bpy.utils.previews.remove(_collections.pop())
