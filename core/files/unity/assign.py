"""Which material of a package belongs to which material name in a model file. Pure: opens nothing.

The model's own table (``externalObjects``) is certain. Without it Unity searches by name: near the model
first, then upwards, then everywhere. So is done here; what that does not decide is said and left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...model.material import MaterialSpec
from .meta import MaterialNaming, ModelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedMaterial:
    """A material and where its file is in the project."""

    spec: MaterialSpec
    pathname: PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """``slots``: (name in the model file, GUID of the material). ``notes``: sentences for the user."""

    slots: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def assign_materials(
    model: PurePosixPath,
    settings: ModelSettings | None,
    materials: Sequence[PlacedMaterial],
    *,
    names: Collection[str] | None = None,
    is_dressed: bool = False,
) -> Assignment:
    """Assign a package's materials to a model; ``model`` is its project path.

    ``names`` are the materials that the model file has, None where they are not known: then whatever is
    called the same later is meant. ``is_dressed``: prefabs say which materials the parts have, so
    that it is no wonder where the model does not.
    """
    known = {one.spec.guid for one in materials}
    table = settings.materials if settings else ()
    if names is not None:
        table = tuple((name, guid) for name, guid in table if name in names)
    slots = {name: guid for name, guid in table if guid in known}
    absent = sorted({name for name, guid in table if guid not in known})
    notes = []
    if absent:
        notes.append(f"The package lacks the materials for {_listed(absent)}; the model's own are kept.")
    doubtful = []
    naming = settings.naming if settings else MaterialNaming.TEXTURE
    for name, found in _by_slot_name(model, naming, materials).items():
        if name in slots or name in absent or (names is not None and name not in names):
            continue
        nearest = _nearest(model.parent, found)
        if len(nearest) == 1:
            slots[name] = nearest[0].spec.guid
        else:
            doubtful.append(name)
    if doubtful and not is_dressed:
        notes.append(f"Several materials are called {_listed(sorted(doubtful))}; none of them was chosen.")
    if materials and not slots and not notes and not is_dressed and (names is None or names):
        notes.append(
            "Which of the package's materials belongs to which part of the model is not said in it; "
            "the model's own are kept."
        )
    return Assignment(slots=tuple(sorted(slots.items())), notes=tuple(notes))


def _by_slot_name(
    model: PurePosixPath, naming: MaterialNaming, materials: Iterable[PlacedMaterial]
) -> dict[str, list[PlacedMaterial]]:
    found: dict[str, list[PlacedMaterial]] = {}
    prefix = f"{model.stem}-"
    for one in materials:
        # Unity names a material by its file; m_Name is the same unless somebody edited the text.
        for name in {one.pathname.stem, one.spec.name}:
            found.setdefault(name, []).append(one)
            if naming is MaterialNaming.MODEL_AND_MATERIAL and name.startswith(prefix):
                found.setdefault(name.removeprefix(prefix), []).append(one)
    return found


def _nearest(folder: PurePosixPath, found: Sequence[PlacedMaterial]) -> Sequence[PlacedMaterial]:
    """Return those that Unity's search meets first: ``Materials`` beside the model, and so on upwards."""
    for place in (folder, *folder.parents):
        for near in (place / "Materials", place):
            here = [one for one in found if one.pathname.parent == near]
            if here:
                return here
    return found


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:60]}”" for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
