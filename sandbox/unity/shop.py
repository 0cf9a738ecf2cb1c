"""What the Asset Store side sells, under which licenses, and the packages that the Editor would download."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ..library import SoldFile
from ..media.models import make_model
from ..media.sound import make_effect
from ..media.unitypackage import Asset, encode_package, model_assets, texture_pack
from ..shops import Shop, Thing, Tier
from ..world import World

HOST, PICTURES = "assetstore.unity.com", "assetstorev1-prd-cdn.unity3d.com"

_THINGS = (
    Thing(
        id="310001", title="Village Props: Oak Chair", slug="village-props-oak-chair", author="Hearth Works",
        price=Decimal("15.00"), category="3d/props/furniture", recipe="chair", scheme="oak", seed=51,
        description="A chair with materials for the Built-in pipeline.", tags=("chair", "props", "village"),
        version="1.2",
    ),
    Thing(
        id="310002", title="Cargo Crates", slug="cargo-crates", author="Dockside", price=Decimal("0.00"),
        category="3d/props/industrial", recipe="crate", scheme="ebony", seed=52, tags=("crate", "cargo"),
        description="A crate for docks and ships.",
    ),
    Thing(
        id="310003", title="Old Brick Textures", slug="old-brick-textures", author="Surface Lab",
        price=Decimal("7.50"), category="2d/textures-materials/brick", recipe="brick", scheme="redbrick",
        seed=53, tags=("brick", "texture", "wall"), description="A seamless wall with its material.",
        version="2.0.1",
    ),
    Thing(
        id="310004", title="Workshop Sounds", slug="workshop-sounds", author="Ear Candy",
        price=Decimal("5.00"), category="audio/sound-fx", recipe="sound", seed=54, tags=("sound", "workshop"),
        description="Strokes of a hammer.",
    ),
    Thing(
        id="310005", title="Grid Snapper", slug="grid-snapper", author="Toolsmith", price=Decimal("20.00"),
        category="tools/utilities", recipe="code", seed=55, tags=("editor", "grid"),
        description="Snaps things to a grid in the Editor.",
    ),
)  # fmt: skip

_TIERS = (
    Tier(id="single", label="Standard Unity Asset Store EULA, Single Entity"),
    Tier(id="multi", label="Standard Unity Asset Store EULA, Multi Entity", extra=Decimal("30.00")),
    Tier(id="seat", label="Standard Unity Asset Store EULA, Extension Asset"),
)


def _tiers_of(thing: Thing) -> Iterable[str]:
    return ("seat",) if thing.category.startswith("tools/") else ("single", "multi")


def store_facts(thing: Thing) -> dict[str, Any]:
    """Return what the store writes into the header of a package."""
    return {
        "link": {"type": "content", "id": thing.id},
        "unity_version": "2021.3.0f1",
        "pubdate": "21 Nov 2026",
        "version": thing.version,
        "upload_id": f"9{thing.id}",
        "version_id": f"8{thing.id}",
        "category": {"label": "/".join(part.title() for part in thing.category.split("/")), "id": "4"},
        "id": thing.id,
        "title": thing.title,
        "publisher": {"label": thing.author, "id": "77"},
        "description": thing.description,
    }


def _deliver(world: World, thing: Thing) -> SoldFile:
    name = f"{thing.title.replace(':', '')}.unitypackage"
    data = world.library.keep(
        f"shops/unity-{thing.id}.unitypackage", lambda: encode_package(_assets(thing), store_facts(thing))
    )
    return SoldFile(name=name, data=data)


def _assets(thing: Thing) -> list[Asset]:
    pack = thing.title.replace(":", "").replace(" ", "")
    match thing.recipe:
        case "sound":
            wav = make_effect(seconds=1.5, seed=thing.seed)
            found = [Asset(path=f"Assets/{pack}/Hammer.wav", data=wav, importer="AudioImporter")]
        case "code":
            found = [Asset(path=f"Assets/{pack}/Editor/Snap.cs", data=_CODE, importer="MonoImporter")]
        case "brick":
            found = texture_pack(pack, thing.recipe, thing.scheme, thing.seed)
        case _:
            meshes = make_model(thing.recipe, thing.scheme, thing.seed)
            found = model_assets(meshes, pack, thing.slug.replace("-", "_"))
            # Store packages bring scripts along; nothing that reads them here may run them.
            found.append(Asset(path=f"Assets/{pack}/Demo/Spin.cs", data=_CODE, importer="MonoImporter"))
    readme = f"{thing.title}\nby {thing.author}\n".encode()
    return [*found, Asset(path=f"Assets/{pack}/Readme.txt", data=readme, importer="TextScriptImporter")]


_CODE = b"using UnityEngine;\n\npublic class Spin : MonoBehaviour\n{\n    void Update() { }\n}\n"

SHOP = Shop(
    id="unity",
    name="Unity Asset Store",
    host=HOST,
    picture_host=PICTURES,
    picture_path="/key-image/{id}.jpg",
    page_path="/packages/{category}/{slug}-{id}",
    orders_path="/orders",
    things={thing.id: thing for thing in _THINGS},
    tiers=_TIERS,
    tiers_of=_tiers_of,
    deliver=_deliver,
    first_order=4_000_000_000_000,
    search_words=("q",),
)
