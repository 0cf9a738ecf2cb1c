"""Which materials the parts of a model are shown with in a package's prefabs. Pure: opens nothing.

A prefab has its own list for a mesh, or takes a model or another prefab and changes single surfaces; a prefab
in a prefab, and a variant, are followed down to the model. Where prefabs differ, one is taken as a whole, and
that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from .prefab_text import PrefabText

MAX_NESTED = 12
_SIGN, _REST = 1 << 63, (1 << 63) - 1

Part = tuple[str, int]
"""A model's GUID, and the number of a mesh or renderer in it."""
Surfaces = dict[int, str]
"""Which surface → the GUID of its material."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefab:
    """A prefab of a package, and where it is in the project."""

    pathname: PurePosixPath
    text: PrefabText


@dataclass(frozen=True, slots=True, kw_only=True)
class Dressing:
    """``parts``: (node's name, GUIDs of its surfaces' materials; empty: as the file has it)."""

    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences for the user."""


def dress(
    model: str,
    pathname: PurePosixPath,
    names: Mapping[int, str],
    prefabs: Mapping[str, Prefab],
    known: set[str],
) -> Dressing:
    """Dress a model. ``names`` are the numbers of its parts, ``known`` the package's materials."""
    tracer = _Tracer(model, names, prefabs)
    ranked = []
    for guid, prefab in prefabs.items():
        worn = _by_name(tracer.worn(guid), names, known)
        if worn:
            # The one that is called like the model, or shows most of it, stands for what was sold.
            is_other = prefab.pathname.stem.casefold() != pathname.stem.casefold()
            ranked.append((is_other, -len(worn), str(prefab.pathname), worn))
    ranked.sort(key=lambda one: one[:3])
    taken: dict[str, tuple[str, ...]] = {}
    differing: set[str] = set()
    for _, _, place, worn in ranked:
        for name, listed in worn.items():
            if taken.setdefault(name, listed) != listed:
                differing.add(place)
    notes = []
    if differing:
        first = PurePosixPath(ranked[0][2]).name
        others = "another prefab" if len(differing) == 1 else f"{len(differing)} other prefabs"
        notes.append(
            f"“{pathname.name[:60]}” has other materials in {others} of the package; those of “{first[:60]}” "
            "were taken."
        )
    return Dressing(parts=tuple(sorted(taken.items())), notes=tuple(notes))


def _by_name(
    worn: Mapping[Part, Surfaces], names: Mapping[int, str], known: set[str]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for (_, number), surfaces in worn.items():
        listed = tuple(
            surfaces.get(place, "") if surfaces.get(place, "") in known else ""
            for place in range(max(surfaces, default=-1) + 1)
        )
        if any(listed) and number in names:
            found.setdefault(names[number], listed)
    return found


class _Tracer:
    """Follows prefabs down to one model; remembers what it found, and goes round in no circle."""

    def __init__(self, model: str, names: Mapping[int, str], prefabs: Mapping[str, Prefab]) -> None:
        self._model, self._names, self._prefabs = model, names, prefabs
        self._worn: dict[str, dict[Part, Surfaces]] = {}

    def worn(self, guid: str, depth: int = 0) -> Mapping[Part, Surfaces]:
        """Return what a prefab shows of the model, with what; of a part shown twice the first."""
        if guid in self._worn or guid not in self._prefabs or depth > MAX_NESTED:
            return self._worn.get(guid, {})
        self._worn[guid] = found = dict[Part, Surfaces]()  # a circle finds this, empty
        text = self._prefabs[guid].text
        for mesh, listed in text.shown.values():
            if mesh.guid == self._model:
                found.setdefault((mesh.guid, mesh.file_id), dict(enumerate(listed)))
        for instance in text.instances.values():
            inner = {part: dict(surfaces) for part, surfaces in self.worn(instance.source, depth + 1).items()}
            for target, place, material in instance.changes:
                for part in self._trace(target.guid or instance.source, target.file_id):
                    inner.setdefault(self._same(part, inner), {})[place] = material
            for part, surfaces in inner.items():
                found.setdefault(part, surfaces)
        return found

    def _same(self, part: Part, worn: Mapping[Part, Surfaces]) -> Part:
        """Return the part as it is named already: a mesh and its renderer have two numbers."""
        name = self._names.get(part[1])
        return next((one for one in worn if self._names.get(one[1]) == name), part)

    def _trace(self, guid: str, file_id: int, depth: int = 0) -> Sequence[Part]:
        """Return the part of the model that a number in a prefab or the model stands for; none or one."""
        if guid == self._model:
            return [(guid, file_id)] if file_id in self._names else []
        prefab = self._prefabs.get(guid)
        if prefab is None or depth > MAX_NESTED:
            return []
        if file_id in prefab.text.shown:
            mesh, _ = prefab.text.shown[file_id]
            return [(mesh.guid, mesh.file_id)] if mesh.guid == self._model else []
        if file_id in prefab.text.stood_for:
            origin = prefab.text.stood_for[file_id]
            return self._trace(origin.guid, origin.file_id, depth + 1)
        # Unity leaves out what stands for nothing else here; its number is then the source's own and the
        # instance's, laid over each other without their sign.
        for number, instance in prefab.text.instances.items():
            plain = (file_id ^ number) & _REST
            for source_id in (plain, plain - _SIGN):
                if found := self._trace(instance.source, source_id, depth + 1):
                    return found
        return []
