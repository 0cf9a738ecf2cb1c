"""Make stored files ready for an importer: a private folder, unpacked, made harmless, one file chosen.

The store itself is never handed to an importer, and nothing in it is changed. Worker threads only.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DownloadError
from ..host import ImportPlan
from ..http.cancel import CancelToken
from ..model.grant import Grant, GrantFile
from .archive_job import Limits
from .archives import DEFAULT_LIMITS, DEFAULT_TOOLS, Tools, is_archive, unpack
from .choose import BLENDER_FORMATS, Choice, choose_main
from .detect import detect
from .disk import Cancelled, explain_disk_errors, never_cancelled, safe_name, stop_if
from .gltf import check_gltf
from .store import Store, remove_tree
from .wavefront import neutralize_obj

_UNSHOWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
MAX_NAME_BYTES = 60
"""Data-block names have 63 bytes in Blender before 5.0; three are left for a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyImport:
    """What an importer gets. ``folder`` is to be removed once the import is over."""

    plan: ImportPlan
    choice: Choice
    folder: Path
    warnings: tuple[str, ...] = ()


def prepare_import(
    store: Store,
    *,
    grant: Grant,
    files: Sequence[GrantFile],
    supported_formats: Sequence[str] = BLENDER_FORMATS,
    newest_blend: tuple[int, int] | None = None,
    cancel: CancelToken | None = None,
    limits: Limits = DEFAULT_LIMITS,
    tools: Tools = DEFAULT_TOOLS,
) -> ReadyImport:
    """Unpack or copy a grant's files into a new folder, make them safe, and choose the main one.

    Raises DownloadError (not in the store, or damaged there), DownloadRefused (archive), ImportRefused
    (nothing usable, unsafe glTF), CancelledError; then the folder is gone again.
    """
    cancelled: Cancelled = never_cancelled if cancel is None else lambda: cancel.cancelled
    folder = store.working_folder(grant.title)
    try:
        with explain_disk_errors("prepare the files for the import"):
            for file in files:
                _lay_out(store, file, folder, cancelled, limits=limits, tools=tools)
            choice = choose_main(
                folder, kind=grant.kind, supported_formats=supported_formats, newest_blend=newest_blend
            )
            warnings = (*choice.warnings, *_make_harmless(choice, folder))
    except BaseException:
        remove_tree(folder)
        raise
    plan = ImportPlan(
        path=choice.path,
        format=choice.format,
        kind=grant.kind,
        name=show_title(grant.title) or grant.ref.id,
        folder=folder,
    )
    return ReadyImport(plan=plan, choice=choice, folder=folder, warnings=warnings)


def show_title(title: str) -> str:
    """Make a data-block's name of a listing's title: one plain line of at most 60 bytes; it may be empty."""
    shown = "".join(" " if unicodedata.category(char) in _UNSHOWN else char for char in title)
    return " ".join(shown.split()).encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore").strip()


def _lay_out(
    store: Store, file: GrantFile, folder: Path, cancelled: Cancelled, *, limits: Limits, tools: Tools
) -> None:
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
        unpack(place, inside, limits=limits, tools=tools, cancelled=cancelled, name=name)
    else:
        copy = _free(folder, name)
        shutil.copyfile(place, copy)  # not its mode: the store's files are read-only


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
