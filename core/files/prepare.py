"""From stored files to one importable file in a private folder: unpacked, chosen, made harmless."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DownloadError
from ..host import ImportPlan
from ..http.cancel import CancelToken
from ..http.names import safe_name
from ..model.grant import Grant, GrantFile
from .archives import is_archive, unpack
from .choose import Choice, choose_main
from .detect import detect
from .disk import Cancelled, explain_disk_errors
from .gltf import check_gltf
from .store import Store, remove_tree
from .wavefront import neutralize_obj

MAX_NAME_LENGTH = 60
"""Blender before 5.0 cuts names at 63 bytes; a little room is left for its own ``.001``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is to be imported, and what a person may want to know about it."""

    plan: ImportPlan
    warnings: tuple[str, ...] = ()


def prepare_import(
    store: Store,
    *,
    grant: Grant,
    files: Sequence[GrantFile],
    supported_formats: Sequence[str],
    newest_blend: tuple[int, int] | None,
    cancel: CancelToken | None = None,
) -> Prepared:
    """Lay a grant's files out in a fresh folder and plan the import of the best one.

    Raises DownloadError (a stored file is gone), DownloadRefused (hostile archive), ImportRefused (nothing
    usable, or a file that reaches outside), CancelledError. Leaves no folder behind when it fails.
    """
    folder = store.working_folder(grant.id)
    try:
        for number, file in enumerate(files):
            _lay_out(store, grant, file, folder, number, cancel)
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
        name=display_name(grant.title, fallback=grant.ref.id),
        folder=folder,
    )
    return Prepared(plan=plan, warnings=warnings)


def display_name(title: str, *, fallback: str) -> str:
    """Make a title fit for a data-block: no control characters, one line, at most 60 bytes."""
    text = " ".join("".join(c if c.isprintable() else " " for c in title).split()) or fallback
    while len(text.encode()) > MAX_NAME_LENGTH:
        text = text[:-1]
    return text.strip() or "asset"


def _lay_out(
    store: Store, grant: Grant, file: GrantFile, folder: Path, number: int, cancel: CancelToken | None
) -> None:
    place = store.path(file.sha256, size=file.size)
    if place is None:
        raise DownloadError(
            f"A file of “{grant.title}” is gone from the store; download it again.",
            code="download.gone",
            context={"sha256": file.sha256},
        )
    cancelled: Cancelled = (lambda: cancel.cancelled) if cancel is not None else (lambda: False)
    if is_archive(detect(place)):
        unpack(place, folder / f"{number:02d}-{safe_name(Path(file.name).stem)}", cancelled=cancelled)
        return
    with explain_disk_errors("prepare an import"):
        target = folder / safe_name(file.name)
        if target.exists():
            target = folder / f"{number:02d}-{safe_name(file.name)}"
        # A copy, not a link: importers and artists may write into this folder, never into the store.
        shutil.copyfile(place, target)


def _make_harmless(choice: Choice, folder: Path) -> tuple[str, ...]:
    match choice.format:
        case "glb" | "gltf":
            findings = check_gltf(choice.path)
            missing = tuple(f"A picture is missing: {name}." for name in findings.missing)
            return (*findings.warnings, *missing)
        case "obj":
            return neutralize_obj(choice.path, folder).warnings
        case _:
            return ()
