"""Lay a delivery out in a private folder and note what is in it. Changes nothing stored. Workers only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import ClearanceError, DownloadRefused
from ...http.cancel import CancelToken
from ...model.delivery import DeliveredFacts, MediaFacts, ModelFacts, PictureFacts
from ...model.grant import GrantFile
from ...model.listing import MediaKind
from ..detect import Family, FileType, detect, ending_of
from ..disk import Cancelled, explain_disk_errors, never_cancelled, stop_if
from ..image_size import measure
from ..prepare import lay_out
from ..store import Store, remove_tree
from ..unity.package import UnityPackage
from .blend_look import read_blend
from .fbx import is_text_fbx, read_fbx
from .gltf_look import read_gltf
from .media import measure_media
from .plain_look import read_obj, read_ply, read_stl
from .text_look import read_fbx_text, read_usda

MAX_FILES = 20_000
MAX_MODELS = 200
MAX_PICTURES = 5_000
UNREAD_MODELS = frozenset(
    {
        "max", "ma", "mb", "c4d", "lwo", "lws", "lxo", "3ds", "dae", "usd", "usda", "usdc", "usdz", "abc",
        "stl", "ply", "fbx", "dxf", "dwg", "skp", "ztl", "zpr", "3dm", "stp", "step", "igs", "iges", "x3d",
        "wrl", "uasset", "prefab", "unity", "hip", "hipnc", "xsi", "vrm", "sldprt", "rfa", "rvt", "spp",
    }
)  # fmt: skip
"""Endings of models that are not looked into here, or only some of whose kinds are."""
_NO_TOOL = "download.no_archive_tool"


def gather(
    store: Store, files: Sequence[GrantFile], *, title: str, cancel: CancelToken | None = None
) -> DeliveredFacts:
    """Unpack the files of a grant and note what they hold; the folder is gone again afterwards.

    Raises DownloadError (not in the store, or damaged there; disk), DownloadRefused (hostile or damaged
    archive), CancelledError. A single model that cannot be read is noted with the reason.
    """
    cancelled: Cancelled = never_cancelled if cancel is None else lambda: cancel.cancelled
    folder = store.working_folder(title)
    try:
        with explain_disk_errors("look at the delivered files"):
            closed: list[str] = []
            packages: list[UnityPackage] = []
            for file in files:
                try:
                    packages += lay_out(store, file, folder, cancelled)
                except DownloadRefused as error:
                    if error.code != _NO_TOOL:
                        raise
                    closed.append(file.name)
            facts = _look(folder, files, closed, cancelled)
            lost = (name for one in packages for placed in one.materials for name in placed.spec.missing)
            return replace(facts, missing=tuple(dict.fromkeys(lost)))
    finally:
        remove_tree(folder)


def _look(
    folder: Path, files: Sequence[GrantFile], closed: list[str], cancelled: Cancelled
) -> DeliveredFacts:
    places = sorted(one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    present = _Present(folder, places)
    formats = {ending_of(one.name) for one in places} | {ending_of(one.name) for one in files}
    models: list[ModelFacts] = []
    pictures: list[PictureFacts] = []
    media: list[MediaFacts] = []
    unread: set[str] = set()
    left_out = max(len(places) - MAX_FILES, 0)
    for place in places[:MAX_FILES]:
        stop_if(cancelled)
        found = detect(place)
        name = place.relative_to(folder).as_posix()
        ending = ending_of(place.name)
        if found.family is Family.IMAGE:
            if len(pictures) < MAX_PICTURES:
                width, height = measure(place) or (None, None)
                pictures.append(PictureFacts(name=name, width=width, height=height))
            else:
                left_out += 1
        elif found.family in (Family.VIDEO, Family.AUDIO):
            media.append(_read_media(place, name, found))
        elif found.family is Family.MODEL or ending in UNREAD_MODELS:
            if len(models) >= MAX_MODELS:
                left_out += 1
                continue
            model = _read_model(place, name, found, present)
            if model is None:
                unread.add(ending or found.name)
            else:
                models.append(model)
    return DeliveredFacts(
        files=len(places) + len(closed),
        formats=tuple(sorted(one for one in formats if one)),
        models=tuple(models),
        pictures=tuple(pictures),
        media=tuple(media),
        unread_models=tuple(sorted(unread)),
        closed_archives=tuple(closed),
        left_out=left_out,
    )


class _Present:
    """Says which of the pictures that a model names came with it."""

    def __init__(self, folder: Path, places: Iterable[Path]) -> None:
        self._folder = folder
        self._names = {_last(one.name) for one in places}

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of which no file of that name came, wherever it lies; sequences are not judged."""
        return tuple(one for one in names if _last(one) not in self._names and not _is_pattern(one))


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].casefold()


def _is_pattern(name: str) -> bool:
    return "<UDIM>" in name or "<UVTILE>" in name or "#" in name or "%0" in name


def _read_media(place: Path, name: str, found: FileType) -> MediaFacts:
    length = measure_media(place, found)
    kind = MediaKind.VIDEO if found.family is Family.VIDEO else MediaKind.AUDIO
    return MediaFacts(
        name=name, kind=kind, duration_s=length.duration_s, width=length.width, height=length.height
    )


def _read_model(place: Path, name: str, found: FileType, present: _Present) -> ModelFacts | None:
    """Return what is in one model; None for a format that is not looked into."""
    outside: tuple[str, ...] = ()
    try:
        match found.name:
            case "glb" | "gltf":
                facts, outside = read_gltf(place, name, found.name)
                outside = tuple(_decode(one) for one in outside)
            case "fbx" if is_text_fbx(place):
                facts, outside = read_fbx_text(place, name)
            case "fbx":
                facts, outside = read_fbx(place, name)
            case "usda":
                facts, outside = read_usda(place, name)
            case "obj":
                facts, outside = read_obj(place, name)
            case "blend":
                facts, outside = read_blend(place, name)
            case "stl" | "ply":
                read = read_stl if found.name == "stl" else read_ply
                found_facts = read(place, name)
                if found_facts is None:
                    return None
                facts = found_facts
            case _:
                return None
    except ClearanceError as error:
        return ModelFacts(name=name, format=found.name, problem=error.message)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        # Whatever a damaged or hostile file makes of a reader, the other files are still looked at.
        return ModelFacts(name=name, format=found.name, problem="It is damaged, or made in an unusual way.")
    return replace(facts, missing=present.missing(outside))


def _decode(uri: str) -> str:
    from urllib.parse import unquote

    return unquote(uri, errors="replace")
