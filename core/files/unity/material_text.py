"""Read a ``.mat`` as Unity wrote it: names and values, with nothing made of them yet.

Three shapes of the same lists are known: ``- _MainTex: {…}`` (today's), ``- first: {name: …} second: {…}``
and, before that, ``data: {first: …, second: …}`` with the key again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...errors import ImportRefused
from .meta import GUID, read_number
from .yaml_text import Block, Value, read_documents

MATERIAL_CLASS = 21
NO_GUID = "0" * 32
_NUMBERS = ("m_Floats", "m_Ints")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextureSlot:
    """A picture that a material names, and how it is laid. ``guid`` is empty where no picture is set."""

    guid: str = ""
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialText:
    """A material's own words."""

    name: str
    shader_guid: str = ""
    shader_file_id: str = ""
    parent_guid: str = ""
    """With material variants: the material that it takes everything else from."""
    keywords: frozenset[str] | None = None
    """None: the file does not list them."""
    render_queue: int = -1
    render_type: str = ""
    textures: Mapping[str, TextureSlot] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    colors: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)

    def over(self, parent: MaterialText) -> MaterialText:
        """Return this variant with what it takes from its parent."""
        return replace(
            self,
            shader_guid=self.shader_guid or parent.shader_guid,
            shader_file_id=self.shader_file_id or parent.shader_file_id,
            parent_guid=parent.parent_guid,
            keywords=self.keywords or parent.keywords,
            render_queue=self.render_queue if self.render_queue >= 0 else parent.render_queue,
            render_type=self.render_type or parent.render_type,
            textures={**parent.textures, **self.textures},
            numbers={**parent.numbers, **self.numbers},
            colors={**parent.colors, **self.colors},
        )


def read_material_text(data: bytes) -> MaterialText:
    """Read the material in a ``.mat``; raise ImportRefused when there is none."""
    bodies = [one.body.block("Material") for one in read_documents(data, class_id=MATERIAL_CLASS)]
    # What only stands for a material of another file ("stripped") has no properties of its own.
    whole = [body for body in bodies if body.pairs]
    for body in sorted(whole, key=lambda one: one.find("m_SavedProperties") is None):
        return _material(body)
    why = "it holds no material as text"
    raise ImportRefused(
        f"A Unity file was not read: {why}.", code="host.unity_unreadable", context={"why": why}
    )


def _material(body: Block) -> MaterialText:
    saved = body.block("m_SavedProperties")
    queue = read_number(body.text("m_CustomRenderQueue"), -1.0)
    return MaterialText(
        name=body.text("m_Name"),
        shader_guid=_guid(body.block("m_Shader")),
        shader_file_id=body.text("m_Shader", "fileID"),
        parent_guid=_guid(body.block("m_Parent")),
        keywords=_keywords(body),
        render_queue=int(queue),
        render_type=body.text("stringTagMap", "RenderType"),
        textures={name: _texture(value) for name, value in _named(saved.find("m_TexEnvs"))},
        numbers={
            name: read_number(value, 0.0)
            for group in _NUMBERS
            for name, value in _named(saved.find(group))
            if isinstance(value, str)
        },
        colors={
            name: _color(value) for name, value in _named(saved.find("m_Colors")) if isinstance(value, Block)
        },
    )


def _keywords(body: Block) -> frozenset[str] | None:
    """Return the keywords that are on: one line of them in old files, two lists from 2021.2 on."""
    valid = body.find("m_ValidKeywords")
    if valid is not None:
        return frozenset(word for word in body.items("m_ValidKeywords") if isinstance(word, str))
    line = body.find("m_ShaderKeywords")
    return frozenset(line.split()) if isinstance(line, str) else None


def _named(value: Value | None) -> list[tuple[str, Value]]:
    """Return (name, value) pairs of any of the three shapes."""
    if isinstance(value, Block):
        pairs = [pair for key, one in value.pairs if key == "data" and (pair := _pair(one)) is not None]
        return pairs or [(key, one) for key, one in value.pairs if key.startswith("_")]
    found = []
    for item in value if isinstance(value, tuple) else ():
        pair = _pair(item)
        if pair is not None:
            found.append(pair)
        elif isinstance(item, Block):
            found.extend(item.pairs)
    return found


def _pair(value: Value) -> tuple[str, Value] | None:
    if not isinstance(value, Block):
        return None
    first, second = value.find("first"), value.find("second")
    name = first.text("name") if isinstance(first, Block) else first
    return (name, second) if isinstance(name, str) and name and second is not None else None


def _texture(value: Value) -> TextureSlot:
    if not isinstance(value, Block):
        return TextureSlot()
    scale, offset = value.block("m_Scale"), value.block("m_Offset")
    return TextureSlot(
        guid=_guid(value.block("m_Texture")),
        scale=(read_number(scale.text("x"), 1.0), read_number(scale.text("y"), 1.0)),
        offset=(read_number(offset.text("x"), 0.0), read_number(offset.text("y"), 0.0)),
    )


def _color(value: Block) -> tuple[float, float, float, float]:
    red, green, blue = (read_number(value.text(channel), 0.0) for channel in "rgb")
    return (red, green, blue, read_number(value.text("a"), 1.0))


def _guid(reference: Block) -> str:
    guid = reference.text("guid").lower()
    return guid if GUID.fullmatch(guid) and guid != NO_GUID else ""
