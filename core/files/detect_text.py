"""Tell text formats apart by their first lines: JSON, glTF, OBJ, MTL, ASCII FBX, STL, HTML … Bounded."""

from __future__ import annotations

import re

MAX_PROLOGUES = 50
_GLTF_ASSET = re.compile(r'"asset"\s*:\s*\{[^{}]*"version"\s*:')
_GLTF_HINT = re.compile(r'"(accessors|bufferViews|meshes|scenes|buffers)"\s*:\s*\[')
_HTML = re.compile(r"<\s*(!doctype\s+html|html|head|body|title|script|iframe|meta)\b", re.IGNORECASE)
_XML_ROOT = re.compile(r"<\s*([A-Za-z_][\w.:-]*)")
_XML_PROLOGUE = re.compile(
    r"\s*(<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(\[.*?\])?\s*>)", re.IGNORECASE | re.DOTALL
)
_OBJ_VERTEX = re.compile(r"^[ \t]*v\s+[-+.\d]", re.MULTILINE)
_OBJ_OTHER = re.compile(r"^[ \t]*(vn|vt|f|o|g|usemtl|mtllib|s|l|p)\s+\S", re.MULTILINE)
_MTL = re.compile(r"^[ \t]*newmtl\s+\S", re.MULTILINE)
_FBX = re.compile(r"^[ \t]*(;\s*FBX \d+\.\d+|FBXHeaderExtension\s*:)", re.MULTILINE)
_STL = re.compile(r"^[ \t]*(facet\s+normal|endsolid)\b", re.MULTILINE | re.IGNORECASE)


def detect_text(head: bytes, *, whole: bool) -> str:
    """Return the name of the type; "unknown" for what is no text.

    ``whole`` says that ``head`` is the whole file and not only its beginning.
    """
    text = decode(head, whole=whole)
    if text is None:
        return "unknown"
    return _name(text)


def decode(head: bytes, *, whole: bool) -> str | None:
    """Return text, or None for what holds NUL or many control characters, or is no known encoding."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").lstrip("\ufeff")
    if b"\x00" in head:
        return None
    if sum(byte < 32 and byte not in b"\t\n\r\f\x1b\x08" for byte in head[:4096]) > 0:
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = not whole and error.start >= len(head) - 4
        if cut:
            return head[: error.start].decode("utf-8-sig")
        high = sum(byte >= 0x80 for byte in head[:4096])
        # Exporters on Windows still write names in a local 8-bit encoding: a few such letters are text.
        return head.decode("latin-1") if high * 10 < min(len(head), 4096) else None


def _name(text: str) -> str:
    start = text.lstrip()
    if start.startswith("<"):
        return _markup(start)
    if start.startswith(("{", "[")):
        is_gltf = start.startswith("{") and (_GLTF_ASSET.search(text) or _GLTF_HINT.search(text))
        return "gltf" if is_gltf else "json"
    if _FBX.search(text[:4096]):
        return "fbx"
    if start[:5].lower() == "solid" and _STL.search(text):
        return "stl"
    if _MTL.search(text):
        return "mtl"
    if _OBJ_VERTEX.search(text) and _OBJ_OTHER.search(text):
        return "obj"
    if re.search(r"^[ \t]*(mtllib|usemtl)\s+\S", text, re.MULTILINE) or _only_vertices(start):
        return "obj"
    return "html" if _HTML.match(start) else "txt"


def _markup(start: str) -> str:
    if _HTML.match(start):
        return "html"
    rest = start
    for _ in range(MAX_PROLOGUES):
        prologue = _XML_PROLOGUE.match(rest)
        if prologue is None:
            break
        if _HTML.match(rest.lstrip()):
            return "html"
        rest = rest[prologue.end() :]
    root = _XML_ROOT.match(rest.lstrip())
    name = root[1].rpartition(":")[2].lower() if root else ""
    if name == "svg":
        return "svg"
    if name == "collada":
        return "dae"
    if name in ("html", "head", "body") or _HTML.search(rest[:2048]):
        return "html"
    return "xml"


def _only_vertices(start: str) -> bool:
    lines = [line.strip() for line in start.splitlines()[:50]]
    lines = [line for line in lines if line and not line.startswith("#")]
    return bool(lines) and all(re.match(r"(v|vn|vt|f)\s+[-+.\d]", line) for line in lines)
