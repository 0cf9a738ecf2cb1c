"""Unity packages made by hand, as the Editor, the Asset Store and attackers make them."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

STANDARD = "{fileID: 46, guid: 0000000000000000f000000000000000, type: 0}"
URP_LIT = "{fileID: 4800000, guid: 933532a4fcc9baf4fa0491de14d08ed7, type: 3}"
HDRP_LIT = "{fileID: 4800000, guid: 6e4ae4064600d784cac1e41a9e6f2e59, type: 3}"
OTHER_SHADER = "{fileID: 4800000, guid: 11111111111111111111111111111111, type: 3}"
STORE_JSON: dict[str, Any] = {
    "id": "12345",
    "title": "Oak Chairs",
    "version": "1.2",
    "version_id": "777",
    "upload_id": "888",
    "pubdate": "05 Mar 2024",
    "unity_version": "2021.3.1f1",
    "publisher": {"id": "42", "label": "Joiner & Söhne"},
    "category": {"id": "9", "label": "3D Models/Props"},
    "link": {"type": "content", "id": "12345"},
}


def guid_of(name: str) -> str:
    """A GUID that is always the same for a name."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def tar_of(
    members: Iterable[tuple[str | tarfile.TarInfo, bytes]], *, format_: int = tarfile.GNU_FORMAT
) -> bytes:
    """A tar of members in this order, names as they are given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as archive:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = 0 if info.isdir() or info.issym() or info.islnk() else len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def gzip_of(data: bytes, *, extra: bytes | None = None, name: str = "archtemp.tar") -> bytes:
    """A gzip file with the header that Unity writes: a file name, and perhaps an extra field."""
    flags = (4 if extra is not None else 0) | (8 if name else 0)
    header = b"\x1f\x8b\x08" + bytes([flags]) + b"\x00" * 6
    if extra is not None:
        header += struct.pack("<H", len(extra)) + extra
    if name:
        header += name.encode() + b"\x00"
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    return header + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def subfield(data: bytes, *, name: bytes = b"A$") -> bytes:
    """One subfield of a gzip header's extra field."""
    return name + struct.pack("<H", len(data)) + data


def store_field(changes: Mapping[str, Any] | None = None) -> bytes:
    """The subfield that the Asset Store writes; None takes a key out."""
    root = {key: value for key, value in {**STORE_JSON, **(changes or {})}.items() if value is not None}
    return subfield(json.dumps(root, ensure_ascii=False).encode())


def folder_meta(guid: str) -> bytes:
    """The ``.meta`` of a folder."""
    return f"fileFormatVersion: 2\nguid: {guid}\nfolderAsset: yes\nDefaultImporter:\n  userData: \n".encode()


def model_meta(
    guid: str, materials: Mapping[str, str] | None = None, *, naming: int = 1, scale: float = 1.0
) -> bytes:
    """A model's ``.meta``; ``materials`` maps names in the model to GUIDs."""
    lines = ["fileFormatVersion: 2", f"guid: {guid}", "ModelImporter:", "  serializedVersion: 21300"]
    if materials:
        lines.append("  externalObjects:")
        for name, material in materials.items():
            lines += [
                "  - first:",
                "      type: UnityEngine:Material",
                "      assembly: UnityEngine.CoreModule",
                f"      name: {name}",
                f"    second: {{fileID: 2100000, guid: {material}, type: 2}}",
            ]
    else:
        lines.append("  externalObjects: {}")
    lines += ["  materials:", "    materialImportMode: 2", f"    materialName: {naming}"]
    lines += ["  meshes:", f"    globalScale: {scale:g}", "    useFileScale: 1", "  userData: ", ""]
    return "\n".join(lines).encode()


def texture_meta(guid: str, *, height: bool = False) -> bytes:
    """A texture's ``.meta``."""
    return (
        f"fileFormatVersion: 2\nguid: {guid}\nTextureImporter:\n  bumpmap:\n"
        f"    convertToNormalMap: {int(height)}\n    externalNormalMap: 0\n  textureType: 1\n"
    ).encode()


def material_text(
    name: str,
    *,
    shader: str = STANDARD,
    textures: Mapping[str, str] | None = None,
    numbers: Mapping[str, float] | None = None,
    colors: Mapping[str, tuple[float, float, float, float]] | None = None,
    keywords: str | None = None,
    scale: tuple[float, float] = (1, 1),
    offset: tuple[float, float] = (0, 0),
    parent: str = "",
    queue: int = -1,
    render_type: str = "",
) -> bytes:
    """A ``.mat`` of today's form."""
    lines = ["%YAML 1.1", "%TAG !u! tag:unity3d.com,2011:", "--- !u!21 &2100000", "Material:"]
    lines += ["  serializedVersion: 8", "  m_ObjectHideFlags: 0", f"  m_Name: {name}"]
    lines.append(f"  m_Shader: {shader}")
    if parent:
        lines.append(f"  m_Parent: {{fileID: 2100000, guid: {parent}, type: 2}}")
    if keywords is not None:
        lines += ["  m_ValidKeywords:", *[f"  - {word}" for word in keywords.split()]]
        if not keywords:
            lines[-1] += " []"
        lines.append("  m_InvalidKeywords: []")
    lines += [f"  m_CustomRenderQueue: {queue}"]
    lines += [f"  stringTagMap:\n    RenderType: {render_type}" if render_type else "  stringTagMap: {}"]
    lines += ["  m_SavedProperties:", "    serializedVersion: 3"]
    lines.append("    m_TexEnvs:" if textures else "    m_TexEnvs: []")
    for key, guid in (textures or {}).items():
        picture = f"{{fileID: 2800000, guid: {guid}, type: 3}}" if guid else "{fileID: 0}"
        lines += [
            f"    - {key}:",
            f"        m_Texture: {picture}",
            f"        m_Scale: {{x: {scale[0]:g}, y: {scale[1]:g}}}",
            f"        m_Offset: {{x: {offset[0]:g}, y: {offset[1]:g}}}",
        ]
    lines += ["    m_Ints: []"]
    lines.append("    m_Floats:" if numbers else "    m_Floats: []")
    lines += [f"    - {key}: {value:g}" for key, value in (numbers or {}).items()]
    lines.append("    m_Colors:" if colors else "    m_Colors: []")
    for key, (red, green, blue, alpha) in (colors or {}).items():
        lines.append(f"    - {key}: {{r: {red:g}, g: {green:g}, b: {blue:g}, a: {alpha:g}}}")
    return ("\n".join(lines) + "\n").encode()


@dataclass
class PackageMaker:
    """Collects assets and packs them as the Editor does."""

    members: list[tuple[str | tarfile.TarInfo, bytes]] = field(default_factory=list)

    def add(
        self,
        path: str,
        data: bytes | None,
        *,
        meta: bytes | None = None,
        guid: str = "",
        pathname: bytes | None = None,
    ) -> str:
        """Add one asset and return its GUID; ``data`` None: a folder."""
        guid = guid or guid_of(path)
        folder = tarfile.TarInfo(guid)
        folder.type = tarfile.DIRTYPE
        self.members.append((folder, b""))
        if data is not None:
            self.members.append((f"{guid}/asset", data))
        self.members.append((f"{guid}/asset.meta", meta or folder_meta(guid)))
        self.members.append((f"{guid}/pathname", path.encode() if pathname is None else pathname))
        return guid

    def tar(self, *, format_: int = tarfile.GNU_FORMAT, prefix: str = "", reverse: bool = False) -> bytes:
        """Return the bare tar."""
        members = list(reversed(self.members)) if reverse else self.members
        if prefix:
            members = [(_prefixed(name, prefix), data) for name, data in members]
        return tar_of(members, format_=format_)

    def package(self, *, extra: bytes | None = None, **options: Any) -> bytes:
        """Return the gzipped package."""
        return gzip_of(self.tar(**options), extra=extra)


def _prefixed(name: str | tarfile.TarInfo, prefix: str) -> str | tarfile.TarInfo:
    if isinstance(name, str):
        return prefix + name
    changed = tarfile.TarInfo(prefix + name.name)
    changed.type = name.type
    return changed


def binary_fbx(*materials: str) -> bytes:
    """What looks like a binary FBX with materials of these names, and a texture called Material."""
    nodes = b""
    for number, name in enumerate((*materials, "")):
        text = (name.encode() + b"\x00\x01Material") if name else b"Material\x00\x01Texture"
        nodes += b"\x08MaterialL" + struct.pack("<Q", number) + b"S" + struct.pack("<I", len(text)) + text
        nodes += b"S\x00\x00\x00\x00"
    return b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7400) + nodes + b"\x00" * 40


def chair_package() -> PackageMaker:
    """A whole small product: a model, its materials and pictures, a scene, a script, a shader, a program."""
    from file_samples import make_png

    maker = PackageMaker()
    maker.add("Assets/Chairs", None)
    pictures = {}
    for name in ("albedo", "normal", "metallic", "occlusion", "emission"):
        path = f"Assets/Chairs/Textures/oak_{name}.png"
        pictures[name] = maker.add(path, make_png(4, 4), meta=texture_meta(guid_of(path)))
    oak = maker.add(
        "Assets/Chairs/Materials/Oak.mat",
        material_text(
            "Oak",
            textures={
                "_MainTex": pictures["albedo"],
                "_BumpMap": pictures["normal"],
                "_MetallicGlossMap": pictures["metallic"],
                "_OcclusionMap": pictures["occlusion"],
                "_EmissionMap": pictures["emission"],
            },
            colors={"_Color": (1, 1, 1, 1), "_EmissionColor": (2, 1, 0, 1)},
            keywords="_EMISSION _NORMALMAP",
            scale=(2, 3),
            offset=(0.5, 0.25),
        ),
    )
    maker.add(
        "Assets/Chairs/Materials/Seat.mat", material_text("Seat", colors={"_Color": (0.5, 0.5, 0.5, 1)})
    )
    model = "Assets/Chairs/Chair.fbx"
    maker.add(model, binary_fbx("wood", "Seat", "Screws"), meta=model_meta(guid_of(model), {"wood": oak}))
    maker.add("Assets/Chairs/Chair.prefab", b"%YAML 1.1\n")
    maker.add("Assets/Chairs/Spin.cs", b"public class Spin {}")
    maker.add("Assets/Chairs/Native.dll", b"MZ" + b"\x00" * 80)
    maker.add("Assets/Chairs/Wood.shader", b'Shader "Wood" {}')
    return maker


def tree_fbx(*nodes: tuple[str, str], meshes: Iterable[str] = (), wide: bool = True) -> bytes:
    """What looks like a binary FBX of version 7; node ("Seat", "Chair") is Seat below Chair, "" is no node.

    ``wide``: with records of 64 bits, as from version 7.5 on.
    """
    keys = {name: 1000 + number for number, (name, _) in enumerate(nodes)}
    models = []
    for name, _ in nodes:
        kind = b"Mesh" if name in set(meshes) else b"Null"
        models.append(("Model", [keys[name], f"{name}\x00\x01Model".encode(), kind], []))
    geometry = [("Geometry", [7, b"\x00\x01Geometry", b"Mesh"], [("Vertices", [b"x" * 5000], [])])]
    links = [("C", [b"OO", keys[name], keys.get(parent, 0)], []) for name, parent in nodes]
    roots = [
        ("FBXHeaderExtension", [], [("Creator", [b"test"], [])]),
        ("Objects", [], [*geometry, *models]),
        ("Connections", [], links),
    ]
    data = b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7700 if wide else 7400)
    for root in roots:
        data += _fbx_record(root, len(data), wide=wide)
    return data + b"\x00" * (25 if wide else 13)


def _fbx_record(record: tuple[str, list[int | bytes], list[Any]], start: int, *, wide: bool) -> bytes:
    name, values, inner = record
    told = b"".join(
        b"L" + struct.pack("<q", value)
        if isinstance(value, int)
        else b"S" + struct.pack("<I", len(value)) + value
        for value in values
    )
    form = "<QQQB" if wide else "<IIIB"
    head = struct.calcsize(form) + len(name)
    body = told
    for one in inner:
        body += _fbx_record(one, start + head + len(body), wide=wide)
    if inner:
        body += b"\x00" * struct.calcsize(form)
    return (
        struct.pack(form, start + head + len(body), len(values), len(told), len(name)) + name.encode() + body
    )


def prefab_text(*documents: str) -> bytes:
    """A prefab of documents, as :func:`shown_mesh` and :func:`instance` make them."""
    return ("%YAML 1.1\n%TAG !u! tag:unity3d.com,2011:\n" + "".join(documents)).encode()


def shown_mesh(number: int, mesh: int, model: str, *materials: str, skinned: bool = False) -> str:
    """A mesh with its renderer (its number is ``number``), and materials by GUID ("": Unity's own)."""
    listed = "".join(
        f"  - {{fileID: 2100000, guid: {guid}, type: 2}}\n" if guid else "  - {fileID: 0}\n"
        for guid in materials
    )
    owner, shape = number + 1, f"{{fileID: {mesh}, guid: {model},\n    type: 3}}"
    if skinned:
        return (
            f"--- !u!137 &{number}\nSkinnedMeshRenderer:\n  m_GameObject: {{fileID: {owner}}}\n"
            f"  m_Materials:\n{listed}  m_StaticBatchInfo:\n    firstSubMesh: 0\n  m_Mesh: {shape}\n"
        )
    return (
        f"--- !u!1 &{owner}\nGameObject:\n  m_Name: part\n"
        f"--- !u!33 &{number + 2}\nMeshFilter:\n  m_GameObject: {{fileID: {owner}}}\n  m_Mesh: {shape}\n"
        f"--- !u!23 &{number}\nMeshRenderer:\n  m_GameObject: {{fileID: {owner}}}\n  m_Enabled: 1\n"
        f"  m_Materials:\n{listed}  m_StaticBatchInfo:\n    firstSubMesh: 0\n"
    )


def instance(number: int, source: str, *changes: tuple[int, int, str], target: str = "") -> str:
    """A prefab or model that is used in another; a change is (renderer there, surface, material's GUID)."""
    lines = [f"--- !u!1001 &{number}", "PrefabInstance:", "  m_Modification:", "    m_Modifications:"]
    where = target or source
    lines += [
        f"    - target: {{fileID: 4, guid: {where}, type: 3}}",
        "      propertyPath: m_LocalPosition.x",
        "      value: 0",
        "      objectReference: {fileID: 0}",
    ]
    for renderer, place, material in changes:
        chosen = f"{{fileID: 2100000, guid: {material}, type: 2}}" if material else "{fileID: 0}"
        lines += [
            f"    - target: {{fileID: {renderer}, guid: {where},",
            "        type: 3}",
            f"      propertyPath: m_Materials.Array.data[{place}]",
            "      value: ",
            f"      objectReference: {chosen}",
        ]
    lines.append(f"  m_SourcePrefab: {{fileID: 100100000, guid: {source}, type: 3}}")
    return "\n".join(lines) + "\n"


def stands_for(number: int, source: str, origin: int, within: int, *, kind: int = 23) -> str:
    """A part of an instance's source that other parts here refer to."""
    return (
        f"--- !u!{kind} &{number} stripped\nMeshRenderer:\n"
        f"  m_CorrespondingSourceObject: {{fileID: {origin}, guid: {source}, type: 3}}\n"
        f"  m_PrefabInstance: {{fileID: {within}}}\n  m_PrefabAsset: {{fileID: 0}}\n"
    )
