"""What the marketplaces sell, read from the committed lists; nothing here touches an asset's file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageItem:
    """An image of the Shutterstock side; `asset` is a file of the assets folder, delivered if it is there."""

    id: str
    description: str
    keywords: tuple[str, ...]
    categories: tuple[str, ...]
    contributor: str
    contributor_name: str
    contributor_country: str
    recipe: str
    scheme: str
    seed: int
    width: int
    height: int
    added_date: str
    popularity: int
    collection: str
    image_type: str = "photo"
    is_editorial: bool = False
    is_adult: bool = False
    has_model_release: bool = False
    has_property_release: bool = True
    has_preview: bool = True
    people: dict[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    size_off: int = 0
    asset: str = ""
    asset_size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelItem:
    """A model of the CGTrader side; `blender` is a folder made with Blender, delivered if it is there."""

    id: str
    title: str
    recipe: str
    scheme: str
    seed: int
    price: Decimal
    category: str
    tags: tuple[str, ...]
    author: str
    license: str
    polygons: int
    admin_rating: float
    sales: int
    created: str
    formats: tuple[str, ...]
    pack: str
    low_poly: bool = False
    game_ready: bool = False
    pbr: bool = False
    animated: bool = False
    rigged: bool = False
    collection: bool = False
    printable: bool = False
    discounted: bool = False
    adult: bool = False
    has_preview: bool = True
    license_text: str = ""
    size_off: int = 0
    blender: str = ""
    asset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockItem:
    """Something that the shop named sells beside models: lengths are in seconds, sizes in pixels."""

    shop: str
    kind: str
    id: str
    title: str
    keywords: tuple[str, ...]
    author: str
    seed: int
    added_date: str
    popularity: int
    author_id: str = ""
    recipe: str = ""
    scheme: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    bpm: int = 0
    price: Decimal = Decimal(0)
    collection: str = ""
    is_editorial: bool = False
    has_model_release: bool = False
    has_preview: bool = True
    unpriced: bool = False
    removed: bool = False
    """Still found by a search, but gone when it is asked for."""
    level: int = 0
    """Adobe's: 0 core, 1 free, 2 to 4 premium."""
    is_generated: bool = False
    """Made by generative AI."""


class Catalogue:
    """The committed lists, by id."""

    def __init__(self, folder: Path = DATA, *, copies: int = 1) -> None:
        """Read them; ``copies`` sells each image so often, under numbers of their own, to measure bulk."""
        self.images: dict[str, ImageItem] = {}
        for row in json.loads((folder / "images.json").read_text(encoding="utf-8")):
            for key in ("keywords", "categories", "models", "asset_size"):
                if key in row:
                    row[key] = tuple(row[key])
            self.images[row["id"]] = ImageItem(**row)
        for image in tuple(self.images.values()):
            for number in range(1, copies):
                copy = replace(image, id=f"{image.id}{number:04d}")
                self.images[copy.id] = copy
        self.models: dict[str, ModelItem] = {}
        for row in json.loads((folder / "models.json").read_text(encoding="utf-8")):
            row["tags"], row["formats"] = tuple(row["tags"]), tuple(row["formats"])
            self.models[row["id"]] = ModelItem(**{**row, "price": Decimal(row["price"])})
        self._stock: dict[str, dict[str, StockItem]] = {}
        for row in json.loads((folder / "media.json").read_text(encoding="utf-8")):
            row["keywords"], row["price"] = tuple(row["keywords"]), Decimal(row.get("price", "0"))
            self._stock.setdefault(row["shop"], {})[row["id"]] = StockItem(**row)

    @property
    def shops(self) -> tuple[str, ...]:
        """Name the shops that have videos, music, sounds or photos."""
        return tuple(sorted(self._stock))

    def stock(self, shop: str, *kinds: str) -> dict[str, StockItem]:
        """Return a shop's videos, music, sounds and photos by id; ``kinds`` keeps some of them."""
        found = self._stock.get(shop, {})
        return {key: item for key, item in found.items() if not kinds or item.kind in kinds}

    def change(self, shop: str, number: str, changes: Mapping[str, Any], *, removed: bool = False) -> bool:
        """Change a listing, or take it off sale; tell whether there is one of that number."""
        shelves: list[dict[str, Any]] = [self._stock.get(shop, {})]
        own: dict[str, dict[str, Any]] = {"shutterstock": self.images, "cgtrader": self.models}
        shelves += [own[shop]] if shop in own else []
        shelf = next((shelf for shelf in shelves if number in shelf), None)
        if shelf is None:
            return False
        shelf[number] = replace(shelf[number], **changes)
        if removed:
            del shelf[number]
        return True

    @cached_property
    def image_categories(self) -> dict[str, str]:
        """Number the image categories: name to id."""
        names = sorted({name for item in self.images.values() for name in item.categories})
        return {name: str(number) for number, name in enumerate(names, 1)}

    @cached_property
    def model_categories(self) -> dict[str, tuple[int, int | None]]:
        """Number the model categories: slug path to id and the parent's id."""
        numbers: dict[str, tuple[int, int | None]] = {}
        for path in sorted({item.category for item in self.models.values()}):
            parent = path.partition("/")[0]
            numbers.setdefault(parent, (len(numbers) + 1, None))
            numbers[path] = (len(numbers) + 1, numbers[parent][0])
        return numbers
