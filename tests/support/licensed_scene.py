"""A scene with licenses of two sellers, for exports: unicode names, a merged mesh, textures, own work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import blender_files as files
import bpy
from session_states import States

Load = Callable[[str], Any]

SECRETS = (
    "4711-SECRET-ORDER", "Berta Buyer", "Studio Licensee GmbH", "Secret Project", "1234567", "ACCOUNT-99",
    "vendor-license-55",
    "Secret Client AG", "Secret Lookbook 9", "918273",
)  # fmt: skip
"""What stands in the ledger and may never be in a file that leaves."""
CREDITS = {1: "Stuhl „Eiche“ by Anna Ängström, CGTrader", 2: "椅子 © 木村, TurboSquid"}


def add_grants(app: Any, load: Load) -> dict[int, Any]:
    """Put two bought assets into the ledger, with everything secret that belongs to them; by number."""
    made, orders = States(load), load("core.model.order")
    grants = {
        1: made.grant(1, credit=CREDITS[1], author="Anna Ängström", title="Stuhl „Eiche“"),
        2: made.grant(
            2,
            ref=made.ref(42, "turbosquid"),
            license_id="turbosquid.standard",
            license_label="Standard",
            credit=CREDITS[2],
            author="木村",
            title="椅子",
        ),
    }
    with app.ledger.transaction() as work:
        for number, grant in grants.items():
            grants[number] = replace(
                grant,
                order_id=f"order_{SECRETS[0]}_{number}",
                licensee=SECRETS[2],
                project=SECRETS[3],
                marketplace_license_id=SECRETS[6],
            )
            work.add_order(
                orders.Order(
                    id=grants[number].order_id,
                    key=f"00000000-0000-4000-8000-00000000000{number}",
                    quote_id="",
                    approval_id="",
                    ref=grant.ref,
                    title=grant.title,
                    variant="",
                    license_label=grant.license_label,
                    license_id=grant.license_id,
                    terms_sha256=grant.terms_sha256,
                    account_id=SECRETS[5],
                    cost=made.money.Money(minor=int(SECRETS[4]), currency="USD"),
                    project=SECRETS[3],
                    buyer=SECRETS[1],
                    state=orders.OrderState.PAID,
                    created_at=grant.granted_at,
                    updated_at=grant.granted_at,
                )
            )
            work.add_grant(grants[number])
    return grants


def build(folder: Path, load: Load, grants: dict[int, Any]) -> dict[str, Any]:
    """Build the scene and stamp what is bought; return objects by a short name."""
    files.clear()
    folder.mkdir(parents=True, exist_ok=True)
    stamp_io, stamps = load("addon.stamp_io"), load("core.stamp_format")
    by_number = {number: stamps.make_stamp(grant) for number, grant in grants.items()}
    wood = _material("Holz „Eiche“", files.make_image(folder / "wood.png"))
    steel = _material("鋼", files.make_image(folder / "steel.png"))
    chair = _grid("Stuhl rot.001", 6, 0.0, [wood, steel])
    table = _grid("木 椅子", 3, 1.0, [steel])
    own = _grid("Own plinth", 2, 2.0, [])
    first = _grid("Merged", 5, 3.0, [wood, steel])
    second = _grid("Other", 4, 4.0, [steel, wood])
    image_of = {material: _image_of(material) for material in (wood, steel)}
    stamp_io.write([chair, chair.data, wood, image_of[wood], first, first.data], by_number[1])
    stamp_io.write([table, table.data, steel, image_of[steel], second, second.data], by_number[2])
    scene: Any = bpy.context.scene
    for stamp in by_number.values():
        stamp_io.register(scene, stamp)
    merged = join(first, second)
    use: Any = scene.clearance_use
    use.client, use.name = SECRETS[7], SECRETS[8]
    use.budget = use.print_run = int(SECRETS[9])
    return {"chair": chair, "table": table, "own": own, "merged": merged}


def join(target: Any, other: Any) -> Any:
    """Join one object into another."""
    bpy.ops.object.select_all(action="DESELECT")
    for item in (target, other):
        item.select_set(True)
    view_layer: Any = bpy.context.view_layer
    view_layer.objects.active = target
    bpy.ops.object.join()
    target.select_set(False)
    return target


def faces_by_grant(mesh: Any, load: Load, grants: dict[int, Any]) -> dict[int, set[float]]:
    """Return at which heights the faces of each grant are, by number (0: no license)."""
    number_of = {load("core.ids").hash_grant_id(grant.id): number for number, grant in grants.items()}
    attribute = mesh.attributes.get("clearance_grant")
    found: dict[int, set[float]] = {}
    for polygon in mesh.polygons:
        value = attribute.data[polygon.index].value if attribute is not None else 0
        found.setdefault(number_of.get(value, 0), set()).add(height(polygon))
    return found


def height(polygon: Any) -> float:
    """Return in which layer of the scene a face lies, whatever axis the importer calls up."""
    return round(max(abs(polygon.center.y), abs(polygon.center.z)) / 10) * 1.0


def _grid(name: str, count: int, z: float, materials: list[Any]) -> Any:
    """Make a row of squares, ten times as high as ``z``, whose materials alternate."""
    mesh: Any = bpy.data.meshes.new(f"{name} mesh")
    corners, faces = [], []
    for index in range(count):
        base = len(corners)
        corners += [
            (index, 0, z * 10),
            (index + 0.9, 0, z * 10),
            (index + 0.9, 0.9, z * 10),
            (index, 0.9, z * 10),
        ]
        faces.append((base, base + 1, base + 2, base + 3))
    mesh.from_pydata(corners, [], faces)
    mesh.uv_layers.new(name="UVMap")
    for material in materials:
        mesh.materials.append(material)
    for polygon in mesh.polygons:
        polygon.material_index = polygon.index % max(len(materials), 1)
    item: Any = bpy.data.objects.new(name, mesh)
    scene: Any = bpy.context.scene
    scene.collection.objects.link(item)
    return item


def _material(name: str, picture: Path) -> Any:
    material: Any = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(picture))
    shader = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    return material


def _image_of(material: Any) -> Any:
    return next(node.image for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeTexImage")
