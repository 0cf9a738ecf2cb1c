"""What of a Unity package is of use outside Unity, by its project path. Pure: opens nothing.

Only what is named here is ever written to the disk; everything else is left in the package, with a reason.
"""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """What a file of a package is, by its ending."""

    MODEL = "model"
    TEXTURE = "texture"
    AUDIO = "audio"
    VIDEO = "video"
    COMPANION = "companion"
    """Comes with a model: ``.mtl``, a glTF's ``.bin``."""
    ARCHIVE = "archive"
    DOCUMENT = "document"
    MATERIAL = "material"
    """Read in the package; never written out."""
    OTHER = "other"


_ENDINGS: dict[Part, tuple[str, ...]] = {
    Part.MODEL: (
        "fbx", "obj", "gltf", "glb", "blend", "dae", "3ds", "usd", "usda", "usdc", "usdz", "abc", "stl",
        "ply", "max", "ma", "mb", "c4d", "lwo", "lxo", "dxf", "vrm",
    ),
    Part.TEXTURE: (
        "png", "jpg", "jpeg", "tga", "tif", "tiff", "psd", "psb", "exr", "hdr", "bmp", "gif", "webp", "dds",
        "iff", "pict", "svg",
    ),
    Part.AUDIO: ("wav", "mp3", "ogg", "flac", "aif", "aiff", "m4a"),
    Part.VIDEO: ("mp4", "mov", "m4v", "avi", "mkv", "webm"),
    Part.COMPANION: ("mtl", "bin"),
    Part.ARCHIVE: ("zip", "7z", "rar", "unitypackage"),
    Part.DOCUMENT: ("txt", "md", "pdf", "rtf"),
    Part.MATERIAL: ("mat",),
}  # fmt: skip
_PART_OF = {ending: part for part, endings in _ENDINGS.items() for ending in endings}
_SCRIPTS = frozenset(
    {"cs", "js", "boo", "py", "lua", "ts", "bat", "cmd", "sh", "ps1", "vbs", "asmdef", "asmref", "rsp"}
)
_PROGRAMS = frozenset(
    {"dll", "exe", "so", "dylib", "bundle", "a", "lib", "jar", "aar", "framework", "winmd", "pdb", "mdb",
     "xpc", "cpp", "c", "h", "mm", "m", "swift", "java"}
)  # fmt: skip
_SHADERS = frozenset(
    {"shader", "cginc", "hlsl", "glsl", "compute", "raytrace", "shadergraph", "shadersubgraph",
     "shadervariants", "surfshader"}
)  # fmt: skip
_SCENES = frozenset(
    {"unity", "prefab", "asset", "controller", "overridecontroller", "anim", "mask", "playable", "mixer",
     "physicmaterial", "physicsmaterial", "lighting", "preset", "rendertexture", "cubemap", "flare",
     "fontsettings", "terrainlayer", "spriteatlas", "signal", "guiskin", "scenetemplate", "vfx", "brush",
     "giparams", "unity3d"}
)  # fmt: skip


def ending_of(pathname: str) -> str:
    """Return the lower-case ending of a project path; trailing dots and blanks do not hide it."""
    name = pathname.replace("\\", "/").rpartition("/")[2].rstrip(". ").lower()
    return name.rpartition(".")[2] if "." in name else ""


def part_of(pathname: str) -> Part:
    """Say what a file of the package is."""
    return _PART_OF.get(ending_of(pathname), Part.OTHER)


def why_left(pathname: str) -> str:
    """Say why a file is left in the package; for those that :func:`part_of` calls OTHER."""
    ending = ending_of(pathname)
    if ending in _SCRIPTS:
        return "a script; scripts of a package are never written out or run"
    if ending in _PROGRAMS:
        return "part of a program; programs of a package are never written out or run"
    if ending in _SHADERS:
        return "a shader for Unity"
    if ending in _SCENES:
        return "in a form that only Unity reads"
    return "of no use here"
