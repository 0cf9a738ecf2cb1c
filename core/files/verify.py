"""Judge a delivered file before it is kept: whole, of the promised kind, safe to look into.

Refuses what cannot be what was bought; differences that only surprise are warnings. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import ContextValue, DownloadRefused, ImportRefused
from ..model.listing import MediaKind
from .archives.job import Limits, Member
from .archives.unpack import DEFAULT_LIMITS, DEFAULT_TOOLS, Tools, has_tool, inspect_archive, is_archive
from .detect import KNOWN_ENDINGS, Family, FileType, check_name, describe, detect, ending_of
from .disk import Cancelled, explain_disk_errors, hash_file, never_cancelled, safe_name
from .image_size import is_absurd, measure
from .models.gltf import check_gltf

_ACCEPTED: dict[MediaKind, frozenset[Family]] = {
    MediaKind.MODEL: frozenset({Family.MODEL, Family.ARCHIVE, Family.IMAGE, Family.DOCUMENT, Family.UNKNOWN}),
    MediaKind.IMAGE: frozenset({Family.IMAGE, Family.ARCHIVE, Family.UNKNOWN}),
    MediaKind.VIDEO: frozenset({Family.VIDEO, Family.ARCHIVE, Family.UNKNOWN}),
    MediaKind.AUDIO: frozenset({Family.AUDIO, Family.VIDEO, Family.ARCHIVE, Family.UNKNOWN}),
    MediaKind.OTHER: frozenset(Family) - {Family.WEB_PAGE, Family.PROGRAM},
}
_SIDE_FILES = frozenset({"mtl", "json", "xml"})
"""Data files that come beside a model and are no error message in disguise when their name says so."""


class Quarantine(Protocol):
    """Moves a refused file aside, like :meth:`.store.Store.quarantine`."""

    def __call__(self, path: Path, *, reason: str, context: Mapping[str, ContextValue]) -> Path:
        """Return where it is now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFile:
    """A file that was judged. ``name`` is safe to use and to show; ``size`` in bytes."""

    path: Path
    name: str
    size: int
    sha256: str
    type: FileType
    warnings: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    """File endings found: in an archive those of its members (where its table of contents can be read)."""

    @property
    def media_type(self) -> str:
        """Return the media type of what it really is."""
        return self.type.media_type


def verify_delivery(
    path: Path,
    *,
    name: str,
    declared_size: int | None,
    declared_sha256: str | None,
    declared_formats: Sequence[str],
    kind: MediaKind,
    known_sha256: str | None = None,
    quarantine: Quarantine | None = None,
    limits: Limits = DEFAULT_LIMITS,
    tools: Tools = DEFAULT_TOOLS,
    cancelled: Cancelled = never_cancelled,
) -> VerifiedFile:
    """Judge a file. ``known_sha256`` saves reading it again when it was hashed while it came.

    ``quarantine`` (the store's) is given a refused file, to move it aside. Raises DownloadRefused,
    DownloadError for the disk, CancelledError. Worker threads only.
    """
    try:
        return _judge(
            path,
            name=name,
            declared_size=declared_size,
            declared_sha256=declared_sha256,
            declared_formats=declared_formats,
            kind=kind,
            known_sha256=known_sha256,
            limits=limits,
            tools=tools,
            cancelled=cancelled,
        )
    except DownloadRefused as error:
        if quarantine is not None:
            quarantine(path, reason=error.message, context={"code": error.code, **error.context})
        raise


def _judge(
    path: Path,
    *,
    name: str,
    declared_size: int | None,
    declared_sha256: str | None,
    declared_formats: Sequence[str],
    kind: MediaKind,
    known_sha256: str | None,
    limits: Limits,
    tools: Tools,
    cancelled: Cancelled,
) -> VerifiedFile:
    with explain_disk_errors("check a downloaded file"):
        found = detect(path)
        size = path.stat().st_size
        shown = safe_name(name)
        _refuse_wrong_content(found, size, shown, kind)
        if declared_size is not None and size != declared_size:
            raise DownloadRefused(
                f"{shown} is not whole: {size:,} of {declared_size:,} bytes came.",
                code="download.size_mismatch",
                retryable=True,
                context={"size": size, "declared_size": declared_size},
            )
        sha256 = known_sha256 or hash_file(path, cancelled=cancelled)
        if declared_sha256 and sha256 != declared_sha256.lower():
            raise DownloadRefused(
                f"{shown} is not the file that was promised: its checksum differs.",
                code="download.hash_mismatch",
                context={"found_sha256": sha256, "declared_sha256": declared_sha256},
            )
        warnings = [sentence for sentence in (check_name(name, found),) if sentence]
        members = _look_inside(path, found, shown, warnings, limits=limits, tools=tools, cancelled=cancelled)
    formats = _formats(name, found, members)
    warnings.extend(_compare(declared_formats, formats))
    if found.note:
        warnings.append(found.note)
    return VerifiedFile(
        path=path, name=shown, size=size, sha256=sha256, type=found, warnings=tuple(warnings), formats=formats
    )


def _refuse_wrong_content(found: FileType, size: int, name: str, kind: MediaKind) -> None:
    context: dict[str, ContextValue] = {"type": found.name, "size": size, "kind": kind.value}
    if size == 0:
        raise DownloadRefused(f"{name} is empty.", code="download.empty", retryable=True, context=context)
    if found.family is Family.WEB_PAGE:
        raise DownloadRefused(
            f"A web page came instead of {name}. The link may have expired, or a sign-in is asked for.",
            code="download.web_page",
            retryable=True,
            context=context,
        )
    ending = ending_of(name)
    promised = KNOWN_ENDINGS.get(ending)
    if found.family is Family.DATA and promised != found.name and ending not in _SIDE_FILES:
        raise DownloadRefused(
            f"A {found.name.upper()} text came instead of {name}; it may be an error message.",
            code="download.wrong_type",
            context=context,
        )
    accepted = _ACCEPTED[kind] | ({Family.DATA} if ending in _SIDE_FILES else set())
    damaged = found.family is Family.UNKNOWN and promised is not None
    if found.family not in accepted or damaged:
        raise DownloadRefused(
            f"{name} cannot be what was bought ({kind.value}): it holds {describe(found)}.",
            code="download.wrong_type",
            context=context,
        )


def _look_inside(
    path: Path,
    found: FileType,
    name: str,
    warnings: list[str],
    *,
    limits: Limits,
    tools: Tools,
    cancelled: Cancelled,
) -> tuple[Member, ...]:
    if found.family is Family.IMAGE:
        size = measure(path)
        if size is not None and is_absurd(size):
            raise DownloadRefused(
                f"{name} claims {size[0]:,} by {size[1]:,} pixels; it is not opened.",
                code="download.image_too_large",
                context={"width": size[0], "height": size[1]},
            )
        if size is None and found.name in ("png", "jpg", "webp", "exr", "hdr", "gif", "bmp", "psd"):
            raise DownloadRefused(
                f"{name} is damaged.", code="download.damaged", context={"type": found.name}
            )
    elif found.name == "glb":
        try:
            warnings.extend(check_gltf(path).warnings)
        except ImportRefused as error:
            raise DownloadRefused(
                error.message, code="download.gltf_refused", context=error.context
            ) from None
    elif is_archive(found):
        if not has_tool(found, tools=tools):
            warnings.append(
                f"To import it, a tool that unpacks {found.name.upper()} is needed (7-Zip or bsdtar)."
            )
        return inspect_archive(path, name=name, limits=limits, cancelled=cancelled) or ()
    return ()


def _formats(name: str, found: FileType, members: tuple[Member, ...]) -> tuple[str, ...]:
    if members:
        return tuple(
            sorted({ending for one in members if not one.is_folder and (ending := ending_of(one.raw_name))})
        )
    return (ending_of(name) if found.family is Family.UNKNOWN else found.name,)


def _compare(declared: Sequence[str], formats: tuple[str, ...]) -> list[str]:
    """Say which promised formats were not found, where archives can be looked into."""
    present = {KNOWN_ENDINGS.get(name, name) for name in formats}
    if not declared or present & {"7z", "rar", "tar", "tar.gz", "gz", "zip", "unitypackage"}:
        return []
    missing = sorted({name.lower() for name in declared} - set(formats))
    missing = [name for name in missing if KNOWN_ENDINGS.get(name, name) not in present]
    if not missing:
        return []
    return [f"The listing named {', '.join(missing)}; found: {', '.join(formats) or 'nothing'}."]
