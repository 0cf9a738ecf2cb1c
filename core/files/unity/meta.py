"""Read an asset's ``.meta``: its importer, and a model's table of materials. Knows nothing of other files."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import IntEnum

from .yaml_text import Block, read_documents

GUID = re.compile(r"[0-9a-f]{32}")
_MATERIAL_TYPE = "UnityEngine:Material"
MAX_META_BYTES = 4 * 1024 * 1024
# Movements, skeletons and tables of ids: long, and of no use here.
_LONG_PARTS = re.compile(
    rb"^  (?:animations|humanDescription|fileIDToRecycleName|internalIDToNameTable):[^\n]*\n"
    rb"(?:(?:   |  -)[^\n]*\n)*",
    re.MULTILINE,
)
# Class and a number of six digits: MeshRenderer, Mesh, SkinnedMeshRenderer.
_NUMBER = rb"(?P<number>(?:23|43|137)\d{5})"
_PART = re.compile(rb"^    " + _NUMBER + rb": (?P<name>[^\n]{1,255})$", re.MULTILINE)
_NEWER_PART = re.compile(
    rb"^  - first:\n      (?:23|43|137): " + _NUMBER + rb"\n    second: (?P<name>[^\n]{1,255})$", re.MULTILINE
)
MAX_PARTS = 20_000
_HEIGHT = re.compile(rb"^\s+convertToNormalMap: 1\s*$", re.MULTILINE)


class MaterialNaming(IntEnum):
    """How Unity named the materials that it made for a model (``materialName``)."""

    TEXTURE = 0
    MATERIAL = 1
    MODEL_AND_MATERIAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """What a ModelImporter says. ``materials``: (name in the model, GUID of the material)."""

    materials: tuple[tuple[str, str], ...] = ()
    naming: MaterialNaming = MaterialNaming.TEXTURE
    scale: float = 1.0
    """Unity's factor on the model's own size (``globalScale``)."""
    parts: tuple[tuple[int, str], ...] = ()
    """(number, node's name) of meshes and renderers, where Unity lists them; else they are computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetMeta:
    """One ``.meta``. ``importer`` is its block's name, such as ``ModelImporter``; empty without one."""

    guid: str
    importer: str = ""
    is_folder: bool = False
    model: ModelSettings | None = None


def read_meta(data: bytes) -> AssetMeta:
    """Read a ``.meta``; raise ImportRefused when it is none."""
    data = data.replace(b"\r\n", b"\n")
    documents = read_documents(_LONG_PARTS.sub(b"", data))
    body = documents[0].body if documents else Block()
    guid = body.text("guid").lower()
    importer = next((key for key, _value in body.pairs if key.endswith("Importer")), "")
    return AssetMeta(
        guid=guid if GUID.fullmatch(guid) else "",
        importer=importer,
        is_folder=body.text("folderAsset") == "yes",
        model=_model(body.block(importer), _parts(data)) if importer == "ModelImporter" else None,
    )


def is_height_map(data: bytes) -> bool:
    """Say whether a texture's ``.meta`` makes Unity compute a normal map from its grey values.

    A search for one line, since a package may have thousands of these files.
    """
    return _HEIGHT.search(data) is not None


def read_number(text: str, default: float) -> float:
    """Read a number; a missing, odd or infinite one is the default."""
    try:
        number = float(text)
    except ValueError:
        return default
    return number if math.isfinite(number) else default


def _parts(data: bytes) -> tuple[tuple[int, str], ...]:
    """Read the numbers of meshes and renderers: today's list, or that of Unity before 2019."""
    found = [*_PART.finditer(data), *_NEWER_PART.finditer(data)]
    return tuple((int(one["number"]), _plain(one["name"])) for one in found[:MAX_PARTS])


def _plain(name: bytes) -> str:
    text = name.decode("utf-8", "replace").strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _model(settings: Block, parts: tuple[tuple[int, str], ...]) -> ModelSettings:
    found = []
    for item in settings.items("externalObjects"):
        if not isinstance(item, Block) or item.text("first", "type") != _MATERIAL_TYPE:
            continue
        name, guid = item.text("first", "name"), item.text("second", "guid").lower()
        if name and GUID.fullmatch(guid):
            found.append((name, guid))
    naming = settings.text("materials", "materialName") or settings.text("materialName")
    return ModelSettings(
        materials=tuple(found),
        naming=MaterialNaming(int(naming)) if naming in ("0", "1", "2") else MaterialNaming.TEXTURE,
        scale=read_number(settings.text("meshes", "globalScale"), 1.0),
        parts=parts,
    )
