"""Write models as GLB, or as OBJ with its material file and textures."""

from __future__ import annotations

import json
import struct
from typing import Any

from .jpeg import encode_jpeg, encode_png
from .mesh import Material, Mesh
from .textures import make_texture

TEXTURE_PX = 512


def encode_glb(meshes: list[Mesh], name: str, *, texture_px: int = TEXTURE_PX) -> bytes:
    """Encode as glTF 2.0 binary: one node per mesh under a root, textures as embedded JPEG."""
    binary = bytearray()
    doc: dict[str, list[Any]] = {
        key: [] for key in ("bufferViews", "accessors", "materials", "textures", "images", "meshes", "nodes")
    }

    def view(data: bytes, target: int | None = None) -> int:
        binary.extend(b"\0" * (-len(binary) % 4))
        entry = {"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)}
        if target:
            entry["target"] = target
        binary.extend(data)
        doc["bufferViews"].append(entry)
        return len(doc["bufferViews"]) - 1

    def accessor(data: bytes, count: int, kind: str, component: int, target: int, **more: Any) -> int:
        entry = {
            "bufferView": view(data, target),
            "componentType": component,
            "count": count,
            "type": kind,
            **more,
        }
        doc["accessors"].append(entry)
        return len(doc["accessors"]) - 1

    materials: dict[str, int] = {}
    for mesh in meshes:
        if mesh.material.name not in materials:
            materials[mesh.material.name] = len(doc["materials"])
            doc["materials"].append(_gltf_material(mesh.material, doc, view, texture_px))
        flat = [value for point in mesh.points for value in point]
        bounds = {
            "min": [
                min(struct.unpack("f", struct.pack("f", p[k]))[0] for p in mesh.points) for k in range(3)
            ],
            "max": [
                max(struct.unpack("f", struct.pack("f", p[k]))[0] for p in mesh.points) for k in range(3)
            ],
        }
        count = len(mesh.points)
        normals = [value for normal in mesh.normals for value in normal]
        uvs = [value for u, v in mesh.uvs for value in (u, 1 - v)]
        corners = [corner for triangle in mesh.triangles for corner in triangle]
        attributes = {
            "POSITION": accessor(struct.pack(f"<{len(flat)}f", *flat), count, "VEC3", 5126, 34962, **bounds),
            "NORMAL": accessor(struct.pack(f"<{len(normals)}f", *normals), count, "VEC3", 5126, 34962),
            "TEXCOORD_0": accessor(struct.pack(f"<{len(uvs)}f", *uvs), count, "VEC2", 5126, 34962),
        }
        indices = accessor(struct.pack(f"<{len(corners)}I", *corners), len(corners), "SCALAR", 5125, 34963)
        primitive = {"attributes": attributes, "indices": indices, "material": materials[mesh.material.name]}
        doc["meshes"].append({"name": mesh.name, "primitives": [primitive]})
        doc["nodes"].append({"name": mesh.name, "mesh": len(doc["meshes"]) - 1})
    doc["nodes"].append({"name": name, "children": list(range(len(meshes)))})
    head = {
        "asset": {"version": "2.0", "generator": "Clearance sandbox"},
        "scene": 0,
        "scenes": [{"name": "Scene", "nodes": [len(meshes)]}],
        "buffers": [{"byteLength": len(binary)}],
        **{key: value for key, value in doc.items() if value},
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary.extend(b"\0" * (-len(binary) % 4))
    chunks = (
        struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def encode_obj(meshes: list[Mesh], name: str, *, texture_px: int = TEXTURE_PX) -> dict[str, bytes]:
    """Encode as OBJ: file names with contents, textures in their own folder."""
    files: dict[str, bytes] = {}
    lines = [f"mtllib {name}.mtl"]
    materials: dict[str, Material] = {}
    first = 1
    for mesh in meshes:
        label = mesh.material.name.replace(" ", "_")
        materials[label] = mesh.material
        lines += [f"o {mesh.name.replace(' ', '_')}"]
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in mesh.points]
        lines += [f"vt {u:.6f} {v:.6f}" for u, v in mesh.uvs]
        lines += [f"vn {x:.5f} {y:.5f} {z:.5f}" for x, y, z in mesh.normals]
        lines += [f"usemtl {label}", "s 1"]
        lines += [
            "f " + " ".join(f"{first + c}/{first + c}/{first + c}" for c in corners)
            for corners in mesh.triangles
        ]
        first += len(mesh.points)
    mtl: list[str] = []
    for label, material in materials.items():
        color = " ".join(f"{value:.4f}" for value in material.color)
        shine = round((1 - material.roughness) ** 2 * 900, 1)
        mtl += [f"newmtl {label}", f"Kd {color}", "Ks 0.3 0.3 0.3", f"Ns {shine}", "d 1.0", "illum 2"]
        if material.recipe:
            path = f"textures/{label.lower()}_color.png"
            files[path] = encode_png(
                make_texture(material.recipe, material.scheme, texture_px, texture_px, material.seed)
            )
            mtl.append(f"map_Kd {path}")
        mtl.append("")
    files[f"{name}.obj"] = ("\n".join(lines) + "\n").encode()
    files[f"{name}.mtl"] = "\n".join(mtl).encode()
    return files


def _gltf_material(
    material: Material, doc: dict[str, list[Any]], view: Any, texture_px: int
) -> dict[str, Any]:
    surface: dict[str, Any] = {"metallicFactor": material.metallic, "roughnessFactor": material.roughness}
    if material.recipe:
        picture = make_texture(material.recipe, material.scheme, texture_px, texture_px, material.seed)
        image = {"name": f"{material.name} color", "mimeType": "image/jpeg"}
        image["bufferView"] = view(encode_jpeg(picture, quality=85))
        doc["images"].append(image)
        doc["textures"].append({"source": len(doc["images"]) - 1})
        surface["baseColorTexture"] = {"index": len(doc["textures"]) - 1}
    else:
        surface["baseColorFactor"] = [*material.color, 1.0]
    return {"name": material.name, "pbrMetallicRoughness": surface}
