"""Which uses fit which kind of file. No Blender here: the panels ask, too."""

from __future__ import annotations

from enum import StrEnum

from ...core.host import ImportPlan, ImportUse
from ...core.model.listing import MediaKind


class Family(StrEnum):
    """Kinds of files that become something different here."""

    MODEL = "model"
    PICTURE = "picture"
    MOVIE = "movie"
    SOUND = "sound"


MODELS = ("glb", "gltf", "obj", "fbx", "usd", "usda", "usdc", "usdz", "abc", "stl", "ply", "blend")
PICTURES = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "exr", "hdr", "bmp", "tga")
MOVIES = ("mp4", "mov", "avi", "mkv", "m4v", "webm")
SOUNDS = ("wav", "mp3", "flac", "ogg", "m4a", "aiff")
HDR = frozenset({"hdr", "exr"})
"""Pictures with more light in them than a screen shows: what a world needs to light a scene."""
FAMILIES = {
    **dict.fromkeys(MODELS, Family.MODEL),
    **dict.fromkeys(PICTURES, Family.PICTURE),
    **dict.fromkeys(MOVIES, Family.MOVIE),
    **dict.fromkeys(SOUNDS, Family.SOUND),
}
_USES = {
    Family.MODEL: (ImportUse.COLLECTION,),
    Family.PICTURE: (
        ImportUse.MATERIAL,
        ImportUse.REFERENCE,
        ImportUse.BACKGROUND,
        ImportUse.WORLD,
        ImportUse.DATA,
    ),
    Family.MOVIE: (ImportUse.MATERIAL, ImportUse.SEQUENCER, ImportUse.BACKGROUND, ImportUse.DATA),
    Family.SOUND: (ImportUse.SEQUENCER, ImportUse.DATA),
}
_KINDS = {
    MediaKind.MODEL: Family.MODEL,
    MediaKind.IMAGE: Family.PICTURE,
    MediaKind.VIDEO: Family.MOVIE,
    MediaKind.AUDIO: Family.SOUND,
}


def family_of(format_name: str) -> Family | None:
    """Return the family of a file ending; None for one that is not imported."""
    return FAMILIES.get(format_name.lower().lstrip("."))


def uses_of_plan(plan: ImportPlan) -> tuple[ImportUse, ...]:
    """Return what can be made of a file that is ready, the usual use first; AUTO is not among them."""
    family = family_of(plan.format)
    uses = () if family is None else _USES[family]
    if plan.format in HDR and plan.materials == ():
        return (ImportUse.WORLD, *(use for use in uses if use is not ImportUse.WORLD))
    return uses


def uses_of_kind(kind: MediaKind) -> tuple[ImportUse, ...]:
    """Return what can be made of a kind of asset whose files were not looked at yet."""
    family = _KINDS.get(kind)
    if family is not None:
        return _USES[family]
    return tuple(dict.fromkeys(use for uses in _USES.values() for use in uses))
