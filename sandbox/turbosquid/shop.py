"""What the TurboSquid side sells, under which licenses, and how it is delivered: as a seller's .zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from decimal import Decimal

from ..library import SoldFile
from ..media.model_files import encode_glb, encode_obj
from ..media.models import make_model
from ..shops import Shop, Thing, Tier
from ..world import World

HOST, PICTURES = "www.turbosquid.com", "p.turbosquid.com"
_DATE = (2026, 1, 2, 0, 0, 0)

# How many polygons each has is what is delivered: what was bought is held against it.
_THINGS = (
    Thing(
        id="1189852", title="Carved Oak Armchair", slug="carved-oak-armchair-3d-model", author="studio_oak",
        price=Decimal("29.00"), category="3D Models > Furniture > Chair", recipe="chair", scheme="oak",
        seed=41, description="A dining armchair with a linen cushion, to scale.",
        tags=("chair", "oak", "dining"),
        formats=("glb", "obj"), polygons=748,
    ),
    Thing(
        id="1397960", title="Cast Iron Street Lantern", slug="cast-iron-street-lantern-3d", author="lumen3d",
        price=Decimal("19.00"), category="3D Models > Exterior > Lamp", recipe="lamp", scheme="steel",
        seed=42, description="A street lantern of the 1890s.", tags=("lamp", "street", "lantern"),
        formats=("obj",),
        polygons=1216, pbr=False,
    ),
    Thing(
        id="1502117", title="Weathered Garden Wall", slug="weathered-garden-wall-model", author="brickworks",
        price=Decimal("12.00"), category="3D Models > Exterior > Wall", recipe="arch", scheme="whitebrick",
        seed=43, description="A wall segment with posts and coping.", tags=("wall", "brick", "garden"),
        formats=("glb",), polygons=168,
    ),
    Thing(
        id="1611045", title="Desk Lamp of a Famous Maker", slug="desk-lamp-of-a-famous-maker-3d",
        author="lumen3d", price=Decimal("39.00"), category="3D Models > Interior > Lamp", recipe="lamp",
        scheme="brass", seed=44, description="With the maker's logo. Editorial Uses Only.",
        tags=("lamp", "desk", "editorial"), formats=("glb",), polygons=1216, editorial=True,
    ),
    Thing(
        id="1702288", title="Free Wooden Crate", slug="free-wooden-crate-model", author="poly.kita",
        price=Decimal("0.00"), category="3D Models > Industrial > Container", recipe="crate", scheme="pine",
        seed=45, description="A crate for games.", tags=("crate", "free", "game"), formats=("glb", "obj"),
        polygons=748,
    ),
    Thing(
        id="1888001", title="Withdrawn Marble Vase", slug="withdrawn-marble-vase-3d-model",
        author="poly.kita", price=Decimal("9.00"), category="3D Models > Interior > Decoration",
        recipe="vase", scheme="carrara",
        seed=46, tags=("vase",), formats=("glb",), polygons=1680, for_sale=False,
    ),
)  # fmt: skip

# The tiers are the vendor's, what they cost more is the sandbox's: no public page names it.
_TIERS = (
    Tier(id="standard", label="TurboSquid 3D Model License, Standard"),
    Tier(id="small_business", label="TurboSquid 3D Model License, Small Business", extra=Decimal("99.00")),
    Tier(id="enterprise", label="TurboSquid 3D Model License, Enterprise", extra=Decimal("399.00")),
    Tier(id="editorial", label="Editorial Uses Only"),
)


def _tiers_of(thing: Thing) -> Iterable[str]:
    return ("editorial",) if thing.editorial else ("standard", "small_business", "enterprise")


def _deliver(world: World, thing: Thing) -> SoldFile:
    name = f"{thing.slug.rsplit('-', 2)[0].replace('-', '_')}_{thing.id}"
    data = world.library.keep(f"shops/turbosquid-{thing.id}.zip", lambda: _pack(thing, name))
    return SoldFile(name=f"{name}.zip", data=data)


def _pack(thing: Thing, name: str) -> bytes:
    meshes = make_model(thing.recipe, thing.scheme, thing.seed)
    inside: dict[str, bytes] = {}
    if "glb" in thing.formats:
        inside[f"{name}.glb"] = encode_glb(meshes, name)
    if "obj" in thing.formats:
        inside.update(encode_obj(meshes, name))
    inside["readme.txt"] = f"{thing.title}\nby {thing.author}\nTurboSquid product {thing.id}\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(inside.items()):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()


SHOP = Shop(
    id="turbosquid",
    name="TurboSquid",
    host=HOST,
    picture_host=PICTURES,
    picture_path="/ts-thumb/{id}.jpg",
    page_path="/3d-models/{slug}-{id}",
    orders_path="/AssetManager/Order",
    things={thing.id: thing for thing in _THINGS},
    tiers=_TIERS,
    tiers_of=_tiers_of,
    deliver=_deliver,
    first_order=40_200_000,
)
