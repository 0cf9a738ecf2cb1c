"""Make stored files ready for an importer: a private folder, unpacked, made harmless, one file chosen.

The store itself is never handed to an importer, and nothing in it is changed. Worker threads only.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DownloadError, UserInputError
from ..host import ImportPlan
from ..http.cancel import CancelToken
from ..model.grant import Grant, GrantFile
from ..model.listing import MediaKind
from .archives.job import Limits
from .archives.unpack import DEFAULT_LIMITS, DEFAULT_TOOLS, Tools, is_archive, unpack
from .choose import BLENDER_FORMATS, Choice, choose_main
from .detect import Family, detect
from .disk import Cancelled, explain_disk_errors, never_cancelled, safe_name, stop_if
from .models.gltf import check_gltf
from .models.wavefront import neutralize_obj
from .store import Store, remove_tree
from .unity.describe import describe_materials, shown_pictures
from .unity.package import UnityPackage

_UNSHOWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_KINDS = {
    Family.MODEL: MediaKind.MODEL,
    Family.IMAGE: MediaKind.IMAGE,
    Family.VIDEO: MediaKind.VIDEO,
    Family.AUDIO: MediaKind.AUDIO,
}
MAX_NAME_BYTES = 60
"""Data-block names have 63 bytes in Blender before 5.0; three are left for a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyImport:
    """What an importer gets. ``folder`` is to be removed once the import is over."""

    plan: ImportPlan
    choice: Choice
    folder: Path
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    """Paths in the delivery of what could be imported instead, best first; for ``wanted``."""


def prepare_import(
    store: Store,
    *,
    grant: Grant,
    files: Sequence[GrantFile],
    supported_formats: Sequence[str] = BLENDER_FORMATS,
    newest_blend: tuple[int, int] | None = None,
    wanted: str = "",
    cancel: CancelToken | None = None,
    limits: Limits = DEFAULT_LIMITS,
    tools: Tools = DEFAULT_TOOLS,
) -> ReadyImport:
    """Unpack or copy a grant's files into a new folder, make them safe, and choose the main one.

    ``wanted`` takes another one: a path of an earlier ``ReadyImport.alternatives``. Raises DownloadError (not
    in the store, or damaged there), DownloadRefused (archive), ImportRefused (nothing usable, unsafe glTF),
    UserInputError (no such ``wanted``), CancelledError; then the folder is gone again.
    """
    cancelled: Cancelled = never_cancelled if cancel is None else lambda: cancel.cancelled
    folder = store.working_folder(grant.title)
    try:
        with explain_disk_errors("prepare the files for the import"):
            packages: list[UnityPackage] = []
            for file in files:
                packages += lay_out(store, file, folder, cancelled, limits=limits, tools=tools)
            choice = choose_main(
                folder,
                kind=grant.kind,
                supported_formats=supported_formats,
                newest_blend=newest_blend,
                preferred=shown_pictures(packages),
            )
            if wanted:
                choice = _take(wanted, choice, folder, supported_formats)
            described = describe_materials(choice.path, choice.format, packages)
            warnings = (*choice.warnings, *_make_harmless(choice, folder), *described.notes)
    except BaseException:
        remove_tree(folder)
        raise
    plan = ImportPlan(
        path=choice.path,
        format=choice.format,
        kind=_KINDS.get(choice.type.family, grant.kind),
        name=show_title(grant.title) or grant.ref.id,
        folder=folder,
        materials=described.materials,
        material_slots=dict(described.slots),
        part_materials=dict(described.parts),
    )
    return ReadyImport(
        plan=plan,
        choice=choice,
        folder=folder,
        warnings=warnings,
        alternatives=tuple(path.relative_to(folder).as_posix() for path in choice.alternatives),
    )


def show_title(title: str) -> str:
    """Make a data-block's name of a listing's title: one plain line of at most 60 bytes; it may be empty."""
    shown = "".join(" " if unicodedata.category(char) in _UNSHOWN else char for char in title)
    return " ".join(shown.split()).encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore").strip()


def lay_out(
    store: Store,
    file: GrantFile,
    folder: Path,
    cancelled: Cancelled,
    *,
    limits: Limits = DEFAULT_LIMITS,
    tools: Tools = DEFAULT_TOOLS,
) -> tuple[UnityPackage, ...]:
    """Bring one stored file into the working folder, an archive into a folder of its own."""
    stop_if(cancelled)
    place = store.path(file.sha256, size=file.size)
    if place is None or not store.check(file.sha256, cancelled=cancelled):
        raise DownloadError(
            f"{file.name} is missing in the store, or damaged there. Download it again; that is free.",
            code="download.not_in_store",
            retryable=True,
            context={"sha256": file.sha256},
        )
    name = safe_name(file.name)
    if is_archive(detect(place)):
        inside = _free(folder, name.rpartition(".")[0] or name)
        return unpack(place, inside, limits=limits, tools=tools, cancelled=cancelled, name=name).packages
    copy = _free(folder, name)
    shutil.copyfile(place, copy)  # not its mode: the store's files are read-only
    return ()


def _take(wanted: str, choice: Choice, folder: Path, supported_formats: Sequence[str]) -> Choice:
    """Return the choice with another main file: one of its alternatives."""
    offered = (choice.path, *choice.alternatives)
    path = next((one for one in offered if one.relative_to(folder).as_posix() == wanted), None)
    if path is None:
        raise UserInputError(
            "The file that was asked for is not in this delivery, or cannot be imported here.",
            code="import.no_such_file",
            context={"wanted": wanted[:200]},
        )
    alone = choose_main(path, kind=MediaKind.OTHER, supported_formats=supported_formats)
    return replace(alone, alternatives=tuple(one for one in offered if one != path), warnings=choice.warnings)


def _make_harmless(choice: Choice, folder: Path) -> tuple[str, ...]:
    match choice.format:
        case "glb" | "gltf":
            return check_gltf(choice.path).warnings
        case "obj":
            return neutralize_obj(choice.path, folder).warnings
        case _:
            return ()


def _free(folder: Path, name: str) -> Path:
    place = folder / name
    number = 1
    while place.exists():
        number += 1
        stem, dot, ending = name.rpartition(".")
        place = folder / (f"{stem}_{number}.{ending}" if dot else f"{name}_{number}")
    return place
