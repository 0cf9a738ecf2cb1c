"""Unpack an archive safely, whole or not at all, into a fresh folder. Its content says which format it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import DownloadError, DownloadRefused
from ..detect import Family, FileType, detect, ending_of
from ..disk import Cancelled, Progress, explain_disk_errors, ignore_progress, never_cancelled
from ..store import remove_tree
from ..unity.package import UnityPackage, list_unity, unpack_unity
from .job import Job, Limits, Member, Meter
from .names import Names, refuse
from .tar import unpack_gzip, unpack_tar
from .tools import Tools, can_unpack, unpack_with_tool
from .zip import METHODS, MethodUnknownError, read_listing, unpack_zip

__all__ = [
    "DEFAULT_LIMITS",
    "METHODS",
    "Limits",
    "Tools",
    "Unpacked",
    "inspect_archive",
    "is_archive",
    "unpack",
]

DEFAULT_LIMITS = Limits()
DEFAULT_TOOLS = Tools()
UNPACKED_TYPES = frozenset({"zip", "7z", "rar", "gz", "tar", "tar.gz", "unitypackage"})
_NESTED_ENDINGS = frozenset({"zip", "7z", "rar", "tar", "gz", "tgz", "tar.gz", "unitypackage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What came out. ``files`` are relative to ``folder``, sorted; ``size`` is the sum of bytes written."""

    folder: Path
    files: tuple[Path, ...]
    size: int
    packages: tuple[UnityPackage, ...] = ()
    """What the Unity packages among them describe: materials, and which file is whose."""


def is_archive(found: FileType) -> bool:
    """Say whether a file of this type is unpacked here (with a tool, for some)."""
    return found.family is Family.ARCHIVE and found.name in UNPACKED_TYPES


def unpack(
    path: Path,
    into: Path,
    *,
    name: str = "",
    limits: Limits = DEFAULT_LIMITS,
    tools: Tools = DEFAULT_TOOLS,
    cancelled: Cancelled = never_cancelled,
    progress: Progress = ignore_progress,
) -> Unpacked:
    """Unpack into ``into``, which must not exist or be empty, and is gone again when anything goes wrong.

    Archives inside are unpacked too, each into a folder with its name, ``limits.nesting`` deep. Raises
    DownloadRefused (hostile, damaged, locked, no tool), DownloadError (disk), CancelledError. ``name`` is the
    file's own where the path says another.
    """
    with explain_disk_errors("unpack an archive"):
        if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
            raise DownloadError(
                "Could not unpack: the folder for it is not empty.", code="download.folder_not_empty"
            )
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        meter = Meter(limits, packed=path.stat().st_size, progress=progress, cancelled=cancelled)
        try:
            packages: list[UnityPackage] = []
            _unpack_one(path, into, meter, tools, packages, name=name or path.name)
            files = sorted(file.relative_to(into) for file in into.rglob("*") if file.is_file())
        except BaseException:
            remove_tree(into)
            raise
    return Unpacked(folder=into, files=tuple(files), size=meter.written, packages=tuple(packages))


def inspect_archive(
    path: Path, *, name: str = "", limits: Limits = DEFAULT_LIMITS, cancelled: Cancelled = never_cancelled
) -> tuple[Member, ...] | None:
    """Judge an archive by its table of contents, without unpacking; None for formats that have none.

    Raises DownloadRefused like :func:`unpack`; what only shows while unpacking is not seen here. A Unity
    package is read through for it.
    """
    kind = _kind(path, name)
    if kind not in ("zip", "unitypackage"):
        return None
    meter = Meter(limits, packed=path.stat().st_size, progress=ignore_progress, cancelled=cancelled)
    job = Job(path.parent, meter)
    if kind == "unitypackage":
        return list_unity(path, job, gzipped=_is_gzip(path))
    members = read_listing(path, limits)
    job.plan(members)
    return tuple(members)


def has_tool(found: FileType, *, tools: Tools = DEFAULT_TOOLS) -> bool:
    """Say whether an archive of this type can be unpacked on this machine."""
    return found.name not in ("7z", "rar") or can_unpack(found.name, tools)


def _unpack_one(
    path: Path,
    folder: Path,
    meter: Meter,
    tools: Tools,
    packages: list[UnityPackage],
    *,
    name: str,
    depth: int = 0,
) -> None:
    job = Job(folder, meter)
    _unpack_by_type(path, job, tools, packages, name)
    for file in sorted(job.files):
        if ending_of(file.name) in _NESTED_ENDINGS and is_archive(detect(file)):
            if depth + 1 > meter.limits.nesting:
                raise refuse(
                    f"it holds archives inside archives, more than {meter.limits.nesting} deep.",
                    code="download.archive_bomb",
                )
            inner = _folder_for(file, job.names, folder)
            inner.mkdir(mode=0o700)
            _unpack_one(file, inner, meter, tools, packages, name=file.name, depth=depth + 1)
            file.unlink()


def _unpack_by_type(path: Path, job: Job, tools: Tools, packages: list[UnityPackage], name: str) -> None:
    kind = _kind(path, name)
    match kind:
        case "zip":
            try:
                unpack_zip(path, job)
            except MethodUnknownError:
                unpack_with_tool(path, job, kind="zip", tools=tools)
        case "tar":
            unpack_tar(path, job, gzipped=False)
        case "tar.gz":
            unpack_tar(path, job, gzipped=True)
        case "unitypackage":
            packages.append(unpack_unity(path, job, gzipped=_is_gzip(path)))
        case "gz":
            unpack_gzip(path, job, name=(name[:-3] if name.lower().endswith(".gz") else name) or "file")
        case "7z" | "rar":
            unpack_with_tool(path, job, kind=kind, tools=tools)
        case _:
            raise DownloadRefused(
                "This file is not an archive that can be unpacked.",
                code="download.not_an_archive",
                context={"type": kind},
            )


def _kind(path: Path, name: str) -> str:
    """Return the type by content; a tar that is called a Unity package is one, whatever comes first in it."""
    kind = detect(path).name
    if kind in ("tar", "tar.gz", "gz") and ending_of(name or path.name) == "unitypackage":
        return "unitypackage"
    return kind


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _folder_for(file: Path, names: Names, folder: Path) -> Path:
    """Return a folder name beside a nested archive that nothing else in this archive has."""
    stem = file.name[: -len(ending_of(file.name)) - 1] or file.name
    base = file.parent / (stem.rstrip(". ") or "archive")
    for number in range(1, 1000):
        place = base if number == 1 else base.with_name(f"{base.name}_{number}")
        if not place.exists():
            names.take(place.relative_to(folder).as_posix(), is_folder=True)
            return place
    raise refuse("names in it collide.")
