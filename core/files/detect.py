"""Say what a file really is, by its content. Reads a bounded part of it and never believes its name.

Signatures are from the formats' own documents; the two .blend headers were read from files that Blender
4.2 and 5.2 wrote (12 bytes ``BLENDER-v402``; 17 bytes ``BLENDER17-01v0502``).
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .blend.zstd import MAGIC as ZSTD_MAGIC
from .detect_text import detect_text
from .unity.header import has_extra_field, has_store_field

HEAD_SIZE = 64 * 1024


class Family(StrEnum):
    """What a file is good for."""

    MODEL = "model"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    ARCHIVE = "archive"
    DOCUMENT = "document"
    DATA = "data"
    WEB_PAGE = "web_page"
    PROGRAM = "program"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """A real file type. ``name`` is the usual file ending; ``detail`` a version or the like, may be empty."""

    name: str
    media_type: str
    family: Family
    detail: str = ""
    note: str = ""
    """Something a person should know of this kind of file; empty mostly."""


_BLEND_NOTE = "A .blend file can carry scripts and drivers. They are not run on import: auto-run is off."
_TYPES: dict[str, tuple[str, Family]] = {
    "zip": ("application/zip", Family.ARCHIVE),
    "7z": ("application/x-7z-compressed", Family.ARCHIVE),
    "rar": ("application/vnd.rar", Family.ARCHIVE),
    "gz": ("application/gzip", Family.ARCHIVE),
    "tar": ("application/x-tar", Family.ARCHIVE),
    "tar.gz": ("application/gzip", Family.ARCHIVE),
    "zst": ("application/zstd", Family.ARCHIVE),
    "unitypackage": ("application/gzip", Family.ARCHIVE),
    "blend": ("application/x-blender", Family.MODEL),
    "glb": ("model/gltf-binary", Family.MODEL),
    "gltf": ("model/gltf+json", Family.MODEL),
    "obj": ("model/obj", Family.MODEL),
    "mtl": ("model/mtl", Family.DATA),
    "fbx": ("application/octet-stream", Family.MODEL),
    "usda": ("model/vnd.usda", Family.MODEL),
    "usdc": ("application/octet-stream", Family.MODEL),
    "usdz": ("model/vnd.usdz+zip", Family.MODEL),
    "abc": ("application/octet-stream", Family.MODEL),
    "stl": ("model/stl", Family.MODEL),
    "ply": ("application/octet-stream", Family.MODEL),
    "dae": ("model/vnd.collada+xml", Family.MODEL),
    "png": ("image/png", Family.IMAGE),
    "jpg": ("image/jpeg", Family.IMAGE),
    "webp": ("image/webp", Family.IMAGE),
    "gif": ("image/gif", Family.IMAGE),
    "bmp": ("image/bmp", Family.IMAGE),
    "tiff": ("image/tiff", Family.IMAGE),
    "exr": ("image/x-exr", Family.IMAGE),
    "hdr": ("image/vnd.radiance", Family.IMAGE),
    "psd": ("image/vnd.adobe.photoshop", Family.IMAGE),
    "heic": ("image/heic", Family.IMAGE),
    "avif": ("image/avif", Family.IMAGE),
    "svg": ("image/svg+xml", Family.IMAGE),
    "eps": ("application/postscript", Family.IMAGE),
    "mp4": ("video/mp4", Family.VIDEO),
    "mov": ("video/quicktime", Family.VIDEO),
    "avi": ("video/x-msvideo", Family.VIDEO),
    "mkv": ("video/x-matroska", Family.VIDEO),
    "m4a": ("audio/mp4", Family.AUDIO),
    "wav": ("audio/wav", Family.AUDIO),
    "aiff": ("audio/aiff", Family.AUDIO),
    "mp3": ("audio/mpeg", Family.AUDIO),
    "flac": ("audio/flac", Family.AUDIO),
    "ogg": ("audio/ogg", Family.AUDIO),
    "pdf": ("application/pdf", Family.DOCUMENT),
    "html": ("text/html", Family.WEB_PAGE),
    "json": ("application/json", Family.DATA),
    "xml": ("application/xml", Family.DATA),
    "txt": ("text/plain", Family.DOCUMENT),
    "exe": ("application/octet-stream", Family.PROGRAM),
    "script": ("text/plain", Family.PROGRAM),
    "empty": ("application/octet-stream", Family.UNKNOWN),
    "unknown": ("application/octet-stream", Family.UNKNOWN),
}
_NO_ENDINGS = ("empty", "unknown", "script")
KNOWN_ENDINGS: dict[str, str] = {name: name for name in _TYPES if name not in _NO_ENDINGS} | {
    "usd": "usdc", "jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "htm": "html", "gzip": "gz", "tgz": "tar.gz",
    "m4v": "mp4", "qt": "mov", "oga": "ogg", "aif": "aiff", "dll": "exe", "heif": "heic", "wave": "wav",
    "pic": "hdr", "sh": "script", "bat": "script", "cmd": "script",
}  # fmt: skip
"""File endings that promise a type which is told here by content, and the name of that type."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"PXR-USDC", "usdc"),
    (b"#usda ", "usda"),
    (b"Ogawa", "abc"),
    (b"\x89HDF\r\n\x1a\n", "abc"),
    (b"Kaydara FBX Binary  \x00", "fbx"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"\x76\x2f\x31\x01", "exr"),
    (b"#?RADIANCE", "hdr"),
    (b"#?RGBE", "hdr"),
    (b"8BPS", "psd"),
    (b"%!PS", "eps"),
    (b"\xc5\xd0\xd3\xc6", "eps"),
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"%PDF-", "pdf"),
    (b"\x1a\x45\xdf\xa3", "mkv"),
    (b"ply\n", "ply"),
    (b"ply\r\n", "ply"),
    (b"ply\r", "ply"),
    (b"\x7fELF", "exe"),
    (b"\xcf\xfa\xed\xfe", "exe"),
    (b"\xca\xfe\xba\xbe", "exe"),
    (b"#!", "script"),
)
_RIFF = {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}
_BRANDS = {b"qt  ": "mov", b"M4A ": "m4a", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"avif": "avif"}
_UNITY_MEMBER = re.compile(rb"(\./)?[0-9a-f]{32}/")


def file_type(name: str, *, detail: str = "") -> FileType:
    """Return the type of a known name."""
    media_type, family = _TYPES[name]
    return FileType(
        name=name,
        media_type=media_type,
        family=family,
        detail=detail,
        note=_BLEND_NOTE if name == "blend" else "",
    )


def detect(path: Path) -> FileType:
    """Say what a file is. Raises OSError when it cannot be read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_SIZE)
        if has_extra_field(head):  # it may be as long as the whole head: what counts comes after it
            head += file.read(int.from_bytes(head[10:12], "little"))
    return detect_bytes(head, size=size)


def detect_bytes(head: bytes, *, size: int | None = None) -> FileType:
    """Say what a file is by its first bytes (64 KiB are plenty); ``size`` is that of the whole file."""
    whole = len(head) if size is None else size
    if not head:
        return file_type("empty")
    if head.startswith(b"BLENDER"):
        return _blend(head)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return file_type("usdz" if _is_usdz(head) else "zip")
    if head.startswith(b"\x1f\x8b"):
        return _look_into_gzip(head)
    if head.startswith(ZSTD_MAGIC) or _is_skippable_frame(head):
        return _look_into_zstd(head)
    if head.startswith(b"glTF"):
        return _glb(head)
    for start, name in _STARTS:
        if head.startswith(start):
            return file_type(name)
    return _by_structure(head, whole) or file_type(detect_text(head, whole=len(head) >= whole))


def check_name(name: str, found: FileType) -> str:
    """Return a sentence when a file's ending promises something else than its content; else nothing."""
    ending = ending_of(name)
    promised = KNOWN_ENDINGS.get(ending)
    if promised is None or promised == found.name:
        return ""
    alike = ({"usda", "usdc"}, {"gz", "tar.gz", "unitypackage"}, {"mp4", "mov", "m4a"}, {"obj", "mtl", "txt"})
    if any(promised in group and found.name in group for group in alike):
        return ""
    what = "is empty" if found.name == "empty" else f"holds {describe(found)}"
    return f"The file's name ends with .{ending}, but it {what}."


def ending_of(name: str) -> str:
    """Return the lower-case file ending without its dot; ``tar.gz`` counts as one."""
    lower = name.lower()
    return "tar.gz" if lower.endswith(".tar.gz") else lower.rpartition(".")[2] if "." in lower else ""


def describe(found: FileType) -> str:
    """Name a type in words for a sentence."""
    match found.family:
        case Family.WEB_PAGE:
            return "a web page"
        case Family.PROGRAM:
            return "a program"
        case Family.UNKNOWN:
            return "data of an unknown kind"
        case _:
            article = "an" if found.name[0] in "aefhimorx8" and found.name not in ("hdr", "html") else "a"
            return f"{article} {found.name.upper()} file"


def _by_structure(head: bytes, whole: int) -> FileType | None:
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return file_type(_RIFF[head[8:12]])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return file_type("aiff")
    if head[4:8] == b"ftyp":
        return file_type(_BRANDS.get(head[8:12], "mp4"))
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free") and not head[:1].isalpha():
        return file_type("mov")  # QuickTime files from before "ftyp"
    if head[:2] == b"MZ" and len(head) > 64 and head[:64].count(0) > 8:
        return file_type("exe")
    if (
        head[:2] == b"BM"
        and len(head) >= 18
        and struct.unpack_from("<I", head, 14)[0] in (12, 40, 52, 56, 108, 124)
    ):
        return file_type("bmp")
    if len(head) >= 84 and whole == 84 + 50 * struct.unpack_from("<I", head, 80)[0]:
        return file_type("stl", detail="binary")
    if is_tar_header(head):
        return file_type("unitypackage" if _is_unity_tar(head) else "tar")
    if len(head) > 3 and head[0] == 0xFF and _is_mpeg_audio(head):
        return file_type("mp3")
    return None


def _blend(head: bytes) -> FileType:
    """Read the version: ``BLENDER-v402`` and ``BLENDER17-01v0502`` mean 4.2 and 5.2."""
    match = re.match(rb"BLENDER(?:[-_][vV](\d{3})|(\d\d)-(\d\d)[vV](\d{4}))", head)
    if match is None:
        return file_type("blend", detail="unknown header")
    digits = int(match[1] or match[4])
    return file_type("blend", detail=f"{digits // 100}.{digits % 100}")


def _glb(head: bytes) -> FileType:
    version = struct.unpack_from("<I", head, 4)[0] if len(head) >= 8 else 0
    return file_type("glb", detail=f"{version}")


def _is_usdz(head: bytes) -> bool:
    """Say whether a zip is a USDZ: its first member is a stored USD layer."""
    if len(head) < 30:
        return False
    method, length = struct.unpack_from("<H", head, 8)[0], struct.unpack_from("<H", head, 26)[0]
    name = head[30 : 30 + length].lower()
    return method == 0 and name.endswith((b".usd", b".usda", b".usdc"))


def _look_into_gzip(head: bytes) -> FileType:
    try:
        inside = zlib.decompressobj(wbits=31).decompress(head, HEAD_SIZE)
    except zlib.error:
        return file_type("gz", detail="damaged")
    if inside.startswith(b"BLENDER"):
        return _blend(inside)
    if not is_tar_header(inside):
        return file_type("gz")
    # The store marks its packages in the gzip header; those that the Editor wrote are known by their members.
    if has_store_field(head) or _is_unity_tar(inside):
        return file_type("unitypackage")
    return file_type("tar.gz")


def _is_unity_tar(head: bytes) -> bool:
    """Say whether the first asset in a tar is Unity's: a folder named by 32 hex digits.

    What may come before it is stepped over: a folder ``.``, files beside the folders, extended headers.
    """
    at = 0
    while is_tar_header(block := head[at : at + 512]):
        name = block[:100].rstrip(b"\x00")
        if _UNITY_MEMBER.match(name):
            return True
        kind, size = block[156:157], block[124:136].rstrip(b" \x00")
        if b"/" in name.removeprefix(b"./") and kind not in b"xgLK":
            return False
        at += 512 + (-(-int(size, 8) // 512) * 512 if re.fullmatch(rb"[0-7]+", size) else 0)
    return False


def _look_into_zstd(head: bytes) -> FileType:
    from .blend.zstd import decompress_head

    inside = decompress_head(head, limit=256)
    if inside is None:
        return file_type("zst", detail="not looked into: the module zstandard is not there")
    return _blend(inside) if inside.startswith(b"BLENDER") else file_type("zst")


def _is_skippable_frame(head: bytes) -> bool:
    return len(head) >= 4 and head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50


def is_tar_header(head: bytes) -> bool:
    """Say whether 512 bytes are a tar header, by its own checksum."""
    if len(head) < 512 or head[0] == 0:
        return False
    try:
        told = int(head[148:156].rstrip(b" \x00").lstrip(b" ") or b"x", 8)
    except ValueError:
        return False
    return told == sum(head[:148]) + 8 * 0x20 + sum(head[156:512])


def _is_mpeg_audio(head: bytes) -> bool:
    """Say whether there is an MPEG audio frame header with no reserved value in it (ISO 11172-3, 2.4.2.3)."""
    second, third = head[1], head[2]
    return (
        second & 0xE0 == 0xE0
        and second & 0x18 != 0x08
        and second & 0x06 == 0x02
        and third & 0xF0 not in (0xF0, 0x00)
        and third & 0x0C != 0x0C
    )
