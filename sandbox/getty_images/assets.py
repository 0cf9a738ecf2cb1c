"""What is sold: families, collections, license models, sizes; and how an asset is written field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..catalogue import StockItem
from ..message import Json, Request
from ..world import GETTY, World
from .access import API, MEDIA
from .products import Product

PLURALS = {"photo": "images", "video": "videos"}


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection: its code and number, how it is licensed, and the types of products that hold it."""

    code: str
    number: int
    license_model: str
    products: tuple[str, ...]


_CREATIVE = ("premiumaccess", "imagepack", "easyaccess")
COLLECTIONS = {
    "DigitalVision": Collection("DV", 13, "royaltyfree", _CREATIVE),
    "DigitalVision Vectors": Collection("DVV", 14, "royaltyfree", _CREATIVE),
    "Moment": Collection("FKF", 348, "royaltyfree", _CREATIVE),
    "Stone": Collection("STO", 21, "royaltyfree", _CREATIVE),
    "E+": Collection("EPL", 362, "royaltyfree", ("premiumaccess", "imagepack")),
    "Image Source": Collection("IMS", 73, "royaltyfree", _CREATIVE),
    "Getty Images News": Collection("GIN", 300, "rightsmanaged", ("editorialsubscription",)),
    "Hulton Archive": Collection("HUL", 301, "rightsmanaged", ()),
    "Image Bank Film": Collection("IBF", 400, "royaltyfree", ("premiumaccess",)),
    "Moment Video RF": Collection("MVR", 401, "royaltyfree", ("premiumaccess", "easyaccess")),
    "Verve+": Collection("VRV", 402, "royaltyfree", ("premiumaccess",)),
    "Archive Films Creative": Collection("AFC", 403, "rightsready", ("premiumaccess",)),
    "Getty Images Editorial Footage": Collection("GEF", 404, "rightsready", ("editorialsubscription",)),
}
EDITORIAL = frozenset({"Getty Images News", "Hulton Archive", "Getty Images Editorial Footage"})
# Sizes by name: the library's name for one, and how much of the whole a photo's is. An image pack of the
# sandbox goes up to `large`.
VIDEO_SIZES = {"4k": "4k", "hd1": "hd", "sd1": "sd"}
PHOTO_SIZES = {"x_large": 1, "large": 2, "small": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One size of an asset, with the products that download it."""

    name: str
    library: str
    width: int
    height: int
    products: tuple[Product, ...]


def find_asset(world: World, plural: str, asset_id: str) -> StockItem | None:
    """Find an asset that is still there."""
    item = world.catalogue.stock(GETTY).get(asset_id)
    return None if item is None or item.removed or PLURALS[item.kind] != plural else item


def is_editorial_family(item: StockItem) -> bool:
    """Tell whether an asset is of the editorial family; a creative one may be for editorial use only."""
    return item.collection in EDITORIAL


def covering(item: StockItem, products: list[Product]) -> tuple[Product, ...]:
    """Return the products that hold an asset's collection."""
    known = COLLECTIONS[item.collection]
    return tuple(product for product in products if product.usable and product.type in known.products)


def sizes_of(world: World, item: StockItem, products: list[Product]) -> list[Size]:
    """Return the sizes of an asset, the largest first."""
    holding, found = covering(item, products), []
    names = VIDEO_SIZES if item.kind == "video" else {
        name: f"h{item.height // part}" for name, part in PHOTO_SIZES.items()
    }  # fmt: skip
    for name, library in names.items():
        width, height = world.library.stock_pixels(item, library)
        able = [p for p in holding if name != "x_large" or p.type != "imagepack"]
        found.append(Size(name=name, library=library, width=width, height=height, products=tuple(able)))
    return found


def asset_json(
    world: World, request: Request, item: StockItem, fields: frozenset[str], products: list[Product]
) -> Json:
    """Write those fields of an asset that were asked for, as a search does."""
    known, plural = COLLECTIONS[item.collection], PLURALS[item.kind]
    body: dict[str, Any] = {
        "id": item.id,
        "title": item.title,
        "caption": f"{item.title}. Licensed by the sandbox.",
        "artist": item.author,
        "asset_family": "editorial" if is_editorial_family(item) else "creative",
        "call_for_image": item.unpriced,
        "collection_code": known.code,
        "collection_id": known.number,
        "collection_name": item.collection,
        "license_model": known.license_model,
        "product_types": sorted({product.type for product in covering(item, products)}),
        "allowed_use": _allowed_use(world, item),
        "keywords": [{"keyword_id": str(60000 + n), "text": w, "type": "Unknown", "relevance": None}
                     for n, w in enumerate(item.keywords)],
        "referral_destinations": [{
            "site_name": "gettyimages",
            "uri": f"https://www.gettyimages.com/detail/{item.kind}/{item.id}",
        }],
        "date_created": f"{item.added_date}T00:00:00Z",
        "quality_rank": 1,
        "largest_downloads": [_download(request, item, product) for product in covering(item, products)],
    }  # fmt: skip
    if plural == "images":
        body |= {
            "max_dimensions": {"width": item.width, "height": item.height},
            "graphical_style": "photography",
        }
    else:
        body |= {"clip_length": _clip_length(world, item), "mastered_to": _mastered_to(item)}
    written = {name: value for name, value in body.items() if name in fields or name == "id"}
    shown = [name for name in ("comp", "preview", "thumb") if name in fields]
    if shown and item.has_preview:
        written["display_sizes"] = [_display(request, item, name) for name in shown]
    return written


def details_json(
    world: World, request: Request, item: StockItem, fields: frozenset[str], products: list[Product]
) -> Json:
    """Write an asset's details: the same, with its sizes and who may download them."""
    body = asset_json(world, request, item, fields - {"largest_downloads"}, products)
    sizes = [_size_json(world, request, item, size, fields) for size in sizes_of(world, item, products)]
    if "download_sizes" in fields:
        body["download_sizes"] = sizes[::-1]
    form = world.variants.choice("getty_largest_downloads")
    if "largest_downloads" in fields and form != "absent":
        flat = [_download(request, item, product) for product in covering(item, products)]
        body["largest_downloads"] = sizes[:1] if form == "sizes" else flat
    if "istock_licenses" in fields:
        body["istock_licenses"] = []
    return body


def _size_json(world: World, request: Request, item: StockItem, size: Size, fields: frozenset[str]) -> Json:
    body: Json = {
        "name": size.name,
        "width": size.width,
        "height": size.height,
        "bytes": world.library.stock_bytes(item, size.library),
    }
    if item.kind == "photo":
        body |= {"media_type": "image/jpeg", "dpi": 300}
    else:
        body |= {
            "content_type": "video/quicktime",
            "frame_rate": item.fps,
            "description": f"{size.name} QuickTime",
        }
    if "downloads" in fields or "largest_downloads" in fields:
        body["downloads"] = [_download(request, item, product) for product in size.products]
    return body


def _download(request: Request, item: StockItem, product: Product) -> Json:
    return {
        "product_id": str(product.id),
        "product_type": product.type,
        "agreement_name": product.agreement,
        "uri": f"{request.base_url}/{API}/v3/downloads/{PLURALS[item.kind]}/{item.id}",
    }


def _allowed_use(world: World, item: StockItem) -> Json:
    words = "Available for editorial use only." if item.is_editorial else (
        "Available for all permitted uses under our |License Terms|."
    )  # fmt: skip
    body: Json = {"how_can_i_use_it": words, "release_info": "No release required", "usage_restrictions": []}
    if is_editorial_family(item):
        body["usage_restrictions"] = ["Contact your local office for all commercial or promotional uses."]
    if world.variants.choice("getty_editorial_flag") == "present":
        body["editorial_use_only"] = item.is_editorial
    return body


def _display(request: Request, item: StockItem, name: str) -> Json:
    moves = item.kind == "video" and name != "thumb"
    uri = f"{request.base_url}/{MEDIA}/id/{item.id}/{name}.{'mov' if moves else 'jpg'}?b=1&s=612"
    body: Json = {"name": name, "is_watermarked": name != "thumb", "uri": uri}
    return {**body, "aspect_ratio": "16:9"} if item.kind == "video" else body


def _clip_length(world: World, item: StockItem) -> str | None:
    seconds, rest = divmod(item.seconds, 1)
    match world.variants.choice("getty_clip_length"):
        case "frames":
            return f"00:00:{int(seconds):02}:{round(rest * item.fps):02}"
        case "clock":
            return f"00:00:{int(seconds):02}"
    return None


def _mastered_to(item: StockItem) -> str:
    return f"QuickTime 8-bit Photo-JPEG {item.width}x{item.height} {round(item.fps)}p"
