"""Check a .glb or .gltf before any importer sees it: bounds, counts, references. Decodes no geometry.

An importer trusts offsets and counts, and follows every ``uri``; here each is held against what is really
there. Numbers and names are from the glTF 2.0 specification (Khronos, ISO/IEC 12113).
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ImportRefused
from ..image_size import is_absurd, measure, measure_bytes
from ..references import resolve_uri, why_outside
from .gltf_data import Buffers, DataCheck

MAX_JSON = 256 * 1024 * 1024
MAX_DATA_URI = 192 * 1024 * 1024
MAX_IMAGES = 2048
MAX_ITEMS = 2_000_000
_JSON_CHUNK, _BIN_CHUNK = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True, slots=True, kw_only=True)
class GltfFindings:
    """What a checked file needs and what a person may want to know."""

    images: int = 0
    files: tuple[Path, ...] = ()
    """Files beside it that it refers to and that are there."""
    missing: tuple[str, ...] = ()
    """Pictures that it refers to and that are not there."""
    extensions_required: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class GltfDocument:
    """A file that was opened and found sound: its description, and its data."""

    path: Path
    root: dict[str, Any]
    binary: memoryview | None
    files: list[Path] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def image_bytes(self, image: dict[str, Any], buffers: Buffers) -> bytes | None:
        """Return a picture that is in the file itself; None for one in a file of its own."""
        uri, view = image.get("uri"), image.get("bufferView")
        if isinstance(uri, str):
            return _decode_data_uri(uri) if uri[:5].lower() == "data:" else None
        data = None if view is None else buffers.view_bytes(view)
        return None if data is None else bytes(data)


def refuse_gltf(message: str, **context: str | int) -> ImportRefused:
    """Return the error for a glTF that is not imported."""
    return ImportRefused(f"The glTF file was refused: {message}", code="host.gltf_refused", context=context)


def check_gltf(path: Path) -> GltfFindings:
    """Check a file; what it refers to has to lie in its own folder or below.

    Raises ImportRefused for what is unsafe or damaged, OSError when it cannot be read.
    """
    document, buffers = open_gltf(path)
    root = document.root
    images = items(root, "images")
    if len(images) > MAX_IMAGES:
        raise refuse_gltf(f"it holds {len(images)} pictures.", images=len(images))
    for index, image in enumerate(images):
        _check_image(document, buffers, index, image)
    required = root.get("extensionsRequired", [])
    names = tuple(name for name in required if isinstance(name, str)) if isinstance(required, list) else ()
    return GltfFindings(
        images=len(images),
        files=tuple(dict.fromkeys(document.files)),
        missing=tuple(dict.fromkeys(document.missing)),
        extensions_required=names,
        warnings=tuple(dict.fromkeys(document.warnings)),
    )


def open_gltf(path: Path) -> tuple[GltfDocument, Buffers]:
    """Open a file and check it but for its pictures; raise as :func:`check_gltf` does."""
    with path.open("rb") as file:
        is_binary = file.read(4) == b"glTF"
    root, binary = _read_binary(path) if is_binary else (_read_text(path), None)
    document = GltfDocument(path=path, root=root, binary=binary)
    _check_version(root)
    _check_every_uri(document)
    buffers = Buffers(root, _load_buffers(document))
    DataCheck(root, buffers, file_size=path.stat().st_size, refuse=refuse_gltf).check()
    _check_nodes(items(root, "nodes"))
    return document, buffers


def items(root: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a top-level array of objects; refuse any other shape."""
    found = root.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise refuse_gltf(f"its “{key}” are not a list of objects.")
    if len(found) > MAX_ITEMS:
        raise refuse_gltf(f"it has {len(found):,} {key}.")
    return found


def _read_binary(path: Path) -> tuple[dict[str, Any], memoryview | None]:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(20)
        if len(head) < 20:
            raise refuse_gltf("it was cut off.")
        _magic, version, length, json_size, kind = struct.unpack("<IIIII", head)
        if version != 2:
            raise refuse_gltf(f"it is of version {version}; only version 2 is read.", version=version)
        if length > size:
            raise refuse_gltf("it was cut off: it is shorter than it says.", says=length, size=size)
        if kind != _JSON_CHUNK or json_size > min(MAX_JSON, length - 20):
            raise refuse_gltf("its first part is not the description that has to be there.", size=json_size)
        root = _parse(file.read(json_size))
        rest = length - 20 - json_size
        binary = None
        if rest >= 8:
            bin_size, kind = struct.unpack("<II", file.read(8))
            if kind == _BIN_CHUNK:
                if bin_size > rest - 8:
                    raise refuse_gltf(
                        "its binary part is longer than the file.", says=bin_size, size=rest - 8
                    )
                binary = memoryview(file.read(bin_size))
    return root, binary


def _read_text(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    if size > MAX_JSON:
        raise refuse_gltf(f"its description is {size // 2**20} MB large.", size=size)
    return _parse(path.read_bytes())


def _parse(data: bytes) -> dict[str, Any]:
    try:
        root = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise refuse_gltf("its description is damaged: it is not valid JSON.") from None
    if not isinstance(root, dict):
        raise refuse_gltf("its description is not an object.")
    return root


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _check_version(root: dict[str, Any]) -> None:
    asset = root.get("asset")
    version = asset.get("version") if isinstance(asset, dict) else None
    if not isinstance(version, str) or not version.startswith("2."):
        raise refuse_gltf("it does not say that it is glTF 2.", version=str(version)[:20])


def _check_every_uri(document: GltfDocument) -> None:
    """Judge every value named ``uri`` anywhere, extensions included: an importer may follow any of them."""
    for uri in _uris(document.root):
        if not isinstance(uri, str):
            raise refuse_gltf("a reference in it is not text.")
        if uri[:5].lower() == "data:":
            if len(uri) > MAX_DATA_URI:
                raise refuse_gltf("data inside it is too large.", size=len(uri))
            continue
        why = why_outside(uri)
        if not why and resolve_uri(uri, document.path.parent) is None:
            why = "it leads out of its folder"
        if why:
            raise refuse_gltf(f"it refers to something outside of its folder: {why} ({_show(uri)}).")


def _uris(root: Any) -> Iterator[Any]:
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "uri" and not isinstance(inner, dict):
                    yield inner
                else:
                    waiting.append(inner)
        elif isinstance(value, list):
            waiting.extend(inner for inner in value if isinstance(inner, dict | list))


def _load_buffers(document: GltfDocument) -> list[tuple[int, memoryview | None]]:
    """Return for each buffer its length and, where cheap, its bytes; refuse what is shorter than it says."""
    found: list[tuple[int, memoryview | None]] = []
    for index, buffer in enumerate(items(document.root, "buffers")):
        length = buffer.get("byteLength")
        if not isinstance(length, int) or isinstance(length, bool) or length < 0:
            raise refuse_gltf(f"buffer {index} does not say how long it is.")
        uri = buffer.get("uri")
        if uri is None:
            found.append((length, _embedded(document, index, buffer, length)))
        elif uri[:5].lower() == "data:":
            found.append((length, _enough(memoryview(_decode_data_uri(uri)), index, length)))
        else:
            found.append((length, _external(document, index, uri, length)))
    return found


def _embedded(document: GltfDocument, index: int, buffer: dict[str, Any], length: int) -> memoryview | None:
    if index == 0 and document.binary is not None:
        return _enough(document.binary, index, length)
    extensions = buffer.get("extensions")
    # EXT_meshopt_compression: a fallback buffer has no bytes, and decoders make none up for it.
    if not isinstance(extensions, dict) or not extensions:
        raise refuse_gltf(f"the bytes of buffer {index} are not there.")
    return None


def _external(document: GltfDocument, index: int, uri: str, length: int) -> memoryview | None:
    file = resolve_uri(uri, document.path.parent)
    if file is None or not file.is_file():
        raise refuse_gltf(f"its data file {_show(uri)} is not there. Get the whole package.", buffer=index)
    document.files.append(file)
    if file.stat().st_size < length:
        raise refuse_gltf(f"its data file {_show(uri)} was cut off.", buffer=index)
    return memoryview(file.read_bytes())


def _enough(data: memoryview, index: int, length: int) -> memoryview:
    if len(data) < length:
        raise refuse_gltf(f"buffer {index} is shorter than it says.", says=length, size=len(data))
    return data


def _decode_data_uri(uri: str) -> bytes:
    head, comma, body = uri.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise refuse_gltf("data inside it is not written in base64.")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise refuse_gltf("data inside it is damaged.") from None


def _check_nodes(nodes: list[dict[str, Any]]) -> None:
    """Refuse children that do not exist and circles, on which a recursive importer never ends."""
    parents = [0] * len(nodes)
    for node in nodes:
        children = node.get("children", [])
        if not isinstance(children, list):
            raise refuse_gltf("the children of a node are not a list.")
        for child in children:
            if not isinstance(child, int) or isinstance(child, bool) or not 0 <= child < len(nodes):
                raise refuse_gltf("a node has a child that does not exist.")
            parents[child] += 1
            if parents[child] > 1:
                raise refuse_gltf("a node has two parents.")
    waiting = [index for index, count in enumerate(parents) if count == 0]
    seen = 0
    while waiting:
        seen += 1
        waiting.extend(nodes[waiting.pop()].get("children", []))
    if seen != len(nodes):
        raise refuse_gltf("its nodes go round in a circle.")


def _check_image(document: GltfDocument, buffers: Buffers, index: int, image: dict[str, Any]) -> None:
    uri, view = image.get("uri"), image.get("bufferView")
    size = None
    if isinstance(uri, str) and uri[:5].lower() == "data:":
        size = measure_bytes(_decode_data_uri(uri))
    elif isinstance(uri, str):
        file = resolve_uri(uri, document.path.parent)
        if file is None or not file.is_file():
            document.missing.append(_show(uri))
            document.warnings.append(f"A picture that it uses is not there: {_show(uri)}.")
            return
        document.files.append(file)
        size = measure(file)
    elif view is not None:
        data = buffers.view_bytes(view)
        if data is None:
            raise refuse_gltf(f"picture {index} refers to data that is not there.")
        size = measure_bytes(bytes(data[: 2**20]))
    if size is not None and is_absurd(size):
        raise refuse_gltf(
            f"picture {index} is {size[0]:,} by {size[1]:,} pixels large.", width=size[0], height=size[1]
        )


def _show(uri: str) -> str:
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in uri[:80])
    return f"“{clean}”"
