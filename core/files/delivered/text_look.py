"""Read from text .fbx and .usda files what a buyer was promised: faces, UVs, textures, bones, size.

Only what the text says plainly is counted. What stands in other files, or is scaled where it is used, is not
known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...errors import ImportRefused
from ...model.delivery import ModelFacts

MAX_BYTES = 256 * 1024**2
MAX_MEASURED = 1_500_000
"""Up to so many numbers, the size is worked out as well."""
MAX_NAMES = 10_000
_STRING = re.compile(rb'"(?:[^"\\\r\n]|\\.)*"')

# Autodesk's text form: "Name: values {"; arrays stand behind the name (FBX 6) or as "*count { a: … }" (7).
_FBX_ARRAY = rb":\s*(?:\*\d+\s*\{\s*a:)?\s*([-+0-9.eE,\s]+)"
_FBX_FACES = re.compile(rb"\bPolygonVertexIndex" + _FBX_ARRAY)
_FBX_POINTS = re.compile(rb"\bVertices" + _FBX_ARRAY)
_FBX_PICTURE = re.compile(rb'\b(?:RelativeFilename|FileName|Filename):\s*"([^"\r\n]{1,1000})"')
_FBX_CONTENT = re.compile(rb'\bContent:\s*,?\s*"[^"]')
_FBX_UNIT = re.compile(rb'"UnitScaleFactor"[^\r\n]{0,200},\s*([0-9.eE+-]+)\s*(?:[\r\n]|$)')
_FBX_SCALE = re.compile(
    rb'"(?:Lcl|Geometric) ?Scaling"[^\r\n]{0,200}?,\s*([-0-9.eE+]+),\s*([-0-9.eE+]+),\s*([-0-9.eE+]+)'
)

# The text form of USD's layers, with the attributes of UsdGeomMesh.
_USD_FACES = re.compile(rb"\bint\[\]\s+faceVertexCounts\s*=\s*\[([0-9,\s]*)\]")
_USD_POINTS = re.compile(rb"\bpoint3f\[\]\s+points\s*=\s*\[([-+0-9.eE,()\s]*)\]")
_USD_UVS = re.compile(rb"\b(?:texCoord2[fhd]|float2)\[\]\s+primvars:")
_USD_ASSET = re.compile(rb"\basset\s+[\w:.]+\s*=\s*@@?@?([^@\r\n]{1,1000})@")
_USD_OUTSIDE = re.compile(rb"\b(?:references|payload|subLayers)\s*=\s*\[?\s*@")
_USD_UNIT = re.compile(rb"\bmetersPerUnit\s*=\s*([0-9.eE+-]+)")
_USD_SCALED = re.compile(rb"\b(?:xformOp:(?:scale|transform)|instances|prototypes|variantSet)\b")


def read_fbx_text(path: Path, name: str) -> tuple[ModelFacts, tuple[str, ...]]:
    """Return what a text .fbx holds, and the pictures it refers to that are not inside it.

    Raises ImportRefused for a damaged one, OSError.
    """
    text = _read(path, "FBX")
    _check_whole(text, "FBX", pairs=(b"{}",))
    faces = [found[1].count(b"-") for found in _FBX_FACES.finditer(text)]
    points = [found[1] for found in _FBX_POINTS.finditer(text)]
    pictures = _names(_FBX_PICTURE.findall(text))
    embedded = len(_FBX_CONTENT.findall(text))
    scaled = any(float(value) != 1.0 for found in _FBX_SCALE.findall(text) for value in found)
    unit = _FBX_UNIT.search(text)
    centimeters = float(unit[1]) if unit else 1.0
    extent = None if scaled else _largest(points)
    facts = ModelFacts(
        name=name,
        format="fbx",
        polygons=sum(faces),
        vertices=sum(one.count(b",") + 1 for one in points) // 3,
        textures=pictures,
        embedded=embedded,
        has_uvs=b"LayerElementUV:" in text if faces else None,
        rigged=b'"LimbNode"' in text or b'"Limb"' in text,
        animated=b"AnimationCurve:" in text or b"KeyCount:" in text,
        size_m=extent * centimeters / 100.0 if extent is not None else None,
    )
    # With pictures inside, which of the names stand for them is not said in one way by all programs.
    return facts, () if embedded else pictures


def read_usda(path: Path, name: str) -> tuple[ModelFacts, tuple[str, ...]]:
    """Return what a text layer of USD holds by itself, and the pictures it refers to.

    Where it takes in other layers, counts are not known: they would be of a part only. Raises ImportRefused,
    OSError.
    """
    text = _read(path, "USD")
    _check_whole(text, "USD", pairs=(b"{}", b"[]", b"()"))
    partly = _USD_OUTSIDE.search(text) is not None
    faces = [len(found[1].split(b",")) if found[1].strip() else 0 for found in _USD_FACES.finditer(text)]
    points = [found[1] for found in _USD_POINTS.finditer(text)]
    pictures = tuple(one for one in _names(_USD_ASSET.findall(text)) if not _is_layer(one))
    unit = _USD_UNIT.search(text)
    meters = float(unit[1]) if unit else 0.01  # UsdGeom's fallback: centimeters
    extent = None if partly or _USD_SCALED.search(text) else _largest(points)
    facts = ModelFacts(
        name=name,
        format="usda",
        polygons=None if partly else sum(faces),
        vertices=None if partly else sum(one.count(b"(") for one in points),
        textures=pictures,
        has_uvs=True if _USD_UVS.search(text) else None if partly or not faces else False,
        rigged=True if re.search(rb"\bdef\s+Skeleton\b", text) else None if partly else False,
        animated=True if b".timeSamples" in text else None if partly else False,
        size_m=extent * meters if extent is not None else None,
    )
    return facts, pictures


def _read(path: Path, what: str) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise _refuse(what, "it is too large to be looked into.")
    data = path.read_bytes()
    if b"\x00" in data:
        raise _refuse(what, "it is no text.")
    return data


def _check_whole(text: bytes, what: str, *, pairs: tuple[bytes, ...]) -> None:
    """Refuse a file that was cut: its brackets do not close. Those in names and texts do not count."""
    if any(text.count(pair[:1]) != text.count(pair[1:]) for pair in pairs):
        text = _STRING.sub(b"", text)
        if any(text.count(pair[:1]) != text.count(pair[1:]) for pair in pairs):
            raise _refuse(what, "it is damaged or was cut off.")


def _refuse(what: str, why: str) -> ImportRefused:
    return ImportRefused(f"The {what} file cannot be read: {why}", code=f"host.{what.lower()}_refused")


def _names(found: list[bytes]) -> tuple[str, ...]:
    names = dict.fromkeys(one.decode("utf-8", "replace").replace("\\", "/") for one in found[:MAX_NAMES])
    last = dict.fromkeys(name.rpartition("/")[2] for name in names)
    # One picture is often named twice: with the folder of who made it, and relative to the file.
    return tuple(name for name in last if name)


def _is_layer(name: str) -> bool:
    return name.lower().endswith((".usd", ".usda", ".usdc", ".usdz", ".abc", ".mdl", ".mtlx"))


def _largest(arrays: list[bytes]) -> float | None:
    """Return the largest extent of several arrays of corners; None without any, or with too many."""
    if not arrays or sum(one.count(b",") for one in arrays) > MAX_MEASURED:
        return None
    sizes = [size for one in arrays for size in _extents(one)]
    largest = max(sizes, default=None)
    return largest if largest is not None and 0 <= largest < 1e30 else None


def _extents(numbers: bytes) -> Iterator[float]:
    found = [float(one) for one in numbers.translate(None, b"()").split(b",") if one.strip()]
    for axis in range(3):
        along = found[axis::3]
        if along:
            yield max(along) - min(along)
