"""Find what to import in a delivery: one main file, the alternatives, and what to say when there is nothing.

Deterministic: the same files give the same choice on every machine. Opens files only to see what they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ImportRefused
from ..model.listing import MediaKind
from .detect import Family, FileType, describe, detect, ending_of
from .image_size import measure

MODEL_ORDER = ("blend", "glb", "gltf", "usdz", "usdc", "usda", "usd", "fbx", "obj", "abc", "stl", "ply")
"""Which format is taken when a delivery has several: what loses least comes first."""
IMAGE_FORMATS = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "exr", "hdr", "bmp")
VIDEO_FORMATS = ("mp4", "mov", "avi", "mkv", "m4v")
AUDIO_FORMATS = ("wav", "mp3", "flac", "ogg", "m4a", "aiff")
BLENDER_FORMATS = (*MODEL_ORDER, *IMAGE_FORMATS, *VIDEO_FORMATS, *AUDIO_FORMATS)
"""What Blender 4.2 to 5.2 imports or loads with what it comes with."""
JUNK_FOLDERS = frozenset({"__macosx", ".git", ".svn", "@eadir", "$recycle.bin"})
JUNK_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".directory"})
MAX_FILES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to import. ``format`` is the lower-case ending that decides the importer."""

    path: Path
    format: str
    type: FileType
    alternatives: tuple[Path, ...] = ()
    """Other files that could be imported instead, best first."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    path: Path
    format: str
    type: FileType
    depth: int
    weight: int
    """What is larger is taken first: bytes, for images pixels."""


def choose_main(
    path: Path,
    *,
    kind: MediaKind,
    supported_formats: Sequence[str],
    newest_blend: tuple[int, int] | None = None,
    preferred: Collection[Path] = (),
) -> Choice:
    """Choose from a folder or take a single file.

    ``supported_formats`` are endings that the host can read; ``newest_blend`` is the newest Blender whose
    files it reads; ``preferred`` pictures go before larger ones (those that a material shows, not its normal
    map). Raises ImportRefused with a sentence that names what was found.
    """
    files = _files(path)
    found = [(file, detect(file)) for file in files]
    supported = frozenset(name.lower().lstrip(".") for name in supported_formats)
    warnings: list[str] = []
    for family in _families(kind):
        candidates = [
            candidate
            for file, file_type in found
            if file_type.family is family
            and (candidate := _candidate(file, file_type, path, supported)) is not None
        ]
        readable = [one for one in candidates if not _is_too_new(one.type, newest_blend)]
        if candidates and not readable:
            newest = max(one.type.detail for one in candidates)
            raise ImportRefused(
                f"The file was made with Blender {newest}, which is newer than this one. Update Blender.",
                code="host.blend_too_new",
                context={"version": newest},
            )
        if len(readable) < len(candidates):
            warnings.append("A .blend from a newer Blender was passed over.")
        if readable:
            readable.sort(key=lambda one: (one.path not in preferred, *_rank(one)))
            main = readable[0]
            if family is not _families(kind)[0]:
                warnings.append(f"There is no {kind.value} in it; {main.path.name} is taken instead.")
            return Choice(
                path=main.path,
                format=main.format,
                type=main.type,
                alternatives=tuple(one.path for one in readable[1:]),
                warnings=tuple(warnings),
            )
    raise ImportRefused(
        _say_what_is_there(found), code="host.nothing_to_import", context={"files": len(found)}
    )


def is_junk(relative: Path) -> bool:
    """Say whether a file is what an operating system leaves behind."""
    parts = [part.lower() for part in relative.parts]
    return (
        parts[-1] in JUNK_FILES
        or parts[-1].startswith("._")
        or any(part in JUNK_FOLDERS for part in parts[:-1])
    )


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = []
    for file in path.rglob("*"):
        if file.is_file() and not file.is_symlink() and not is_junk(file.relative_to(path)):
            files.append(file)
            if len(files) > MAX_FILES:
                raise ImportRefused(
                    "The delivery has too many files to look at.", context={"limit": MAX_FILES}
                )
    return sorted(files, key=lambda file: file.relative_to(path).as_posix())


def _families(kind: MediaKind) -> tuple[Family, ...]:
    match kind:
        case MediaKind.MODEL | MediaKind.OTHER:
            return (Family.MODEL, Family.IMAGE, Family.VIDEO, Family.AUDIO)
        case MediaKind.IMAGE:
            return (Family.IMAGE,)
        case MediaKind.VIDEO:
            return (Family.VIDEO,)
        case MediaKind.AUDIO:
            return (Family.AUDIO,)


def _candidate(file: Path, file_type: FileType, root: Path, supported: frozenset[str]) -> _Candidate | None:
    format_name = _format(file, file_type)
    if format_name not in supported:
        return None
    depth = len(file.relative_to(root).parts) if root.is_dir() else 1
    weight = file.stat().st_size
    if file_type.family is Family.IMAGE:
        size = measure(file)
        weight = size[0] * size[1] if size else 0
    return _Candidate(path=file, format=format_name, type=file_type, depth=depth, weight=weight)


def _format(file: Path, file_type: FileType) -> str:
    """Return the importer's ending: the content's, but as the host spells it where the name agrees."""
    ending = ending_of(file.name)
    spellings = {
        "jpg": ("jpeg", "jpg"),
        "tiff": ("tif", "tiff"),
        "usdc": ("usd", "usdc"),
        "usda": ("usd", "usda"),
    }
    return ending if ending in spellings.get(file_type.name, ()) else file_type.name


def _rank(one: _Candidate) -> tuple[int, bool, int, int, str]:
    """Sort by format, then the least deep, then the largest, then by name. Images: the largest first.

    A model that is called ``figure@walk`` holds a movement of ``figure`` (Unity's custom): it comes after it.
    """
    name = one.path.as_posix().casefold()
    if one.type.family is not Family.MODEL:
        return (0, False, 0, -one.weight, name)
    place = MODEL_ORDER.index(one.format) if one.format in MODEL_ORDER else len(MODEL_ORDER)
    return (place, "@" in one.path.stem, one.depth, -one.weight, name)


def _is_too_new(file_type: FileType, newest: tuple[int, int] | None) -> bool:
    if newest is None or file_type.name != "blend":
        return False
    major, dot, minor = file_type.detail.partition(".")
    return bool(dot) and (int(major), int(minor)) > newest


def _say_what_is_there(found: list[tuple[Path, FileType]]) -> str:
    if not found:
        return "There is nothing to import: the delivery is empty."
    counts = Counter(describe(file_type).removeprefix("an ").removeprefix("a ") for _file, file_type in found)
    listed = ", ".join(
        f"{count} {name}" for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
    )
    return f"There is nothing in it that can be imported here. Found: {listed}."
