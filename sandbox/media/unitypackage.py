"""Unity packages by the standard library alone: a gzip with the store's ``A$`` field around a tar of assets.

FBX is written by programs that have it; models come as OBJ with its material file, textures as PNG, and Unity
materials as the YAML text that the Editor writes.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import Any

from .jpeg import encode_png
from .mesh import Material, Mesh
from .model_files import encode_obj
from .textures import make_texture

TEXTURE_PX = 256
_LIT = (
    "{fileID: 46, guid: 0000000000000000f000000000000000, type: 0}"  # the Built-in pipeline's Standard shader
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset of a package. ``data`` None: a folder."""

    path: str
    data: bytes | None = None
    importer: str = "DefaultImporter"
    settings: str = ""
    """Lines below the importer in the asset's ``.meta``."""
    preview: bytes | None = field(default=None, repr=False)

    @property
    def guid(self) -> str:
        """The asset's id inside the package, made of its path."""
        return guid_of(self.path)


def guid_of(path: str) -> str:
    """The id of an asset, always the same for a path."""
    return hashlib.md5(path.encode(), usedforsecurity=False).hexdigest()


def encode_package(assets: list[Asset], store: dict[str, Any] | None = None) -> bytes:
    """A package: with ``store`` its header names product, version and publisher, as the Asset Store's do."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for asset in [*_folders(assets), *assets]:
            _add(archive, f"{asset.guid}/", None)
            if asset.data is not None:
                _add(archive, f"{asset.guid}/asset", asset.data)
            _add(archive, f"{asset.guid}/asset.meta", _meta(asset).encode())
            _add(archive, f"{asset.guid}/pathname", f"{asset.path}\n00".encode())
            if asset.preview is not None:
                _add(archive, f"{asset.guid}/preview.png", asset.preview)
    return _gzip(out.getvalue(), store)


def model_assets(meshes: list[Mesh], pack: str, name: str, *, texture_px: int = TEXTURE_PX) -> list[Asset]:
    """A model with its textures, and a material for each surface that a model file names."""
    root = f"Assets/{pack}"
    assets, remap = [], []
    files = encode_obj(meshes, name, texture_px=texture_px)
    for path, data in files.items():
        place = f"{root}/Models/{path}"
        if path.endswith(".png"):
            assets.append(texture_asset(place, data))
        elif path.endswith(".mtl"):
            assets.append(Asset(path=place, data=data))
    materials = {mesh.material.name: mesh.material for mesh in meshes}
    for label, material in materials.items():
        plain = label.replace(" ", "_")
        picture = f"{root}/Models/textures/{plain.lower()}_color.png" if material.recipe else ""
        place = f"{root}/Materials/{plain}.mat"
        assets.append(material_asset(place, plain, material, picture))
        remap.append(
            "  - first:\n      type: UnityEngine:Material\n      assembly: UnityEngine.CoreModule\n"
            f"      name: {plain}\n    second: {{fileID: 2100000, guid: {guid_of(place)}, type: 2}}\n"
        )
    obj = files[f"{name}.obj"]
    settings = (
        "  serializedVersion: 22200\n  externalObjects:\n"
        + "".join(remap)
        + "  meshes:\n    globalScale: 1\n    useFileUnits: 1\n    useFileScale: 1\n"
    )
    model = Asset(path=f"{root}/Models/{name}.obj", data=obj, importer="ModelImporter", settings=settings)
    return [model, *assets]


def texture_asset(path: str, data: bytes) -> Asset:
    """A texture with the settings that the Editor writes."""
    settings = "  serializedVersion: 13\n  mipmaps:\n    sRGBTexture: 1\n  textureType: 0\n"
    return Asset(path=path, data=data, importer="TextureImporter", settings=settings)


def texture_pack(pack: str, recipe: str, scheme: str, seed: int, *, px: int = 512) -> list[Asset]:
    """A texture and a material that shows it."""
    name = f"{recipe}_{scheme}"
    place = f"Assets/{pack}/Textures/{name}_albedo.png"
    picture = texture_asset(place, encode_png(make_texture(recipe, scheme, px, px, seed)))
    surface = Material(name=name, recipe=recipe, scheme=scheme, seed=seed)
    return [picture, material_asset(f"Assets/{pack}/Materials/{name}.mat", name, surface, place)]


def material_asset(path: str, name: str, material: Material, picture: str) -> Asset:
    """A Unity material as YAML; its texture is named by the id that it has in the package."""
    red, green, blue = (1.0, 1.0, 1.0) if picture else material.color
    texture = f"{{fileID: 2800000, guid: {guid_of(picture)}, type: 3}}" if picture else "{fileID: 0}"
    text = f"""%YAML 1.1
%TAG !u! tag:unity3d.com,2011:
--- !u!21 &2100000
Material:
  serializedVersion: 8
  m_ObjectHideFlags: 0
  m_Name: {name}
  m_Shader: {_LIT}
  m_SavedProperties:
    serializedVersion: 3
    m_TexEnvs:
    - _BumpMap:
        m_Texture: {{fileID: 0}}
        m_Scale: {{x: 1, y: 1}}
        m_Offset: {{x: 0, y: 0}}
    - _MainTex:
        m_Texture: {texture}
        m_Scale: {{x: 1, y: 1}}
        m_Offset: {{x: 0, y: 0}}
    m_Ints: []
    m_Floats:
    - _Cutoff: 0.5
    - _Glossiness: {1 - material.roughness:.4g}
    - _Metallic: {material.metallic:.4g}
    - _Mode: 0
    m_Colors:
    - _Color: {{r: {red:.4g}, g: {green:.4g}, b: {blue:.4g}, a: 1}}
    - _EmissionColor: {{r: 0, g: 0, b: 0, a: 1}}
"""
    settings = "  externalObjects: {}\n  mainObjectFileID: 2100000\n"
    return Asset(path=path, data=text.encode(), importer="NativeFormatImporter", settings=settings)


def store_header(told: dict[str, Any]) -> bytes:
    """The gzip extra field of the Asset Store: the letters A$, a length, and JSON."""
    data = json.dumps(told, ensure_ascii=False).encode()
    return b"A$" + struct.pack("<H", len(data)) + data


def _folders(assets: list[Asset]) -> list[Asset]:
    found: dict[str, None] = {}
    for asset in assets:
        parts = asset.path.split("/")[:-1]
        for depth in range(2, len(parts) + 1):
            found.setdefault("/".join(parts[:depth]))
    return [Asset(path=path) for path in found]


def _meta(asset: Asset) -> str:
    head = f"fileFormatVersion: 2\nguid: {asset.guid}\n"
    folder = "folderAsset: yes\n" if asset.data is None else ""
    rest = asset.settings or "  externalObjects: {}\n"
    return f"{head}{folder}{asset.importer}:\n{rest}  userData: \n  assetBundleName: \n"


def _add(archive: tarfile.TarFile, name: str, data: bytes | None) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime = 0o644, 1_735_689_600
    if data is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
    else:
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))


def _gzip(data: bytes, store: dict[str, Any] | None) -> bytes:
    """A gzip as RFC 1952 has it, with the extra field that Python's own writer cannot make."""
    extra = store_header(store) if store is not None else b""
    flags = 0x04 if extra else 0
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\x00\xff"
    if extra:
        head += struct.pack("<H", len(extra)) + extra
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(data) + packer.flush()
    return head + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
