"""Tells apart what came out of a file again, and finds in the file's record what each part of it was. Pure.

Importers rename: ``Chair`` becomes ``Chair.001`` beside another one, spaces become underscores, an image is
called after its file. So names are compared without all that, and the number of faces and vertices decides
where a name alone does not. What stays open is left open: a license is never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .record import Part, RightsRecord, Run, join_runs, part_of, share_runs, spread_runs

Key = tuple[str, int]
"""Names a data-block for the caller: ``(id_type, session_uid)``."""

_NUMBER = re.compile(r"[._](\d{3,})$")
_NOT_LATIN = re.compile(r"[^a-z0-9]+")
_UNUSUAL = re.compile(r"[\W_]+")
_IMAGE_ENDING = re.compile(r"\.(png|jpe?g|webp|tiff?|tga|bmp|exr|hdr|dds|jp2|gif)$", re.IGNORECASE)
_SPLITS_VERTICES = frozenset({"glb", "gltf"})
"""Formats whose vertices are not those of the mesh that was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A data-block that came in."""

    key: Key
    id_type: str
    name: str
    faces: int = 0
    vertices: int = 0
    data: Key | None = None
    """For an object: its data."""
    owners: frozenset[Key] = frozenset()
    """For a material or an image: the objects that use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a data-block is to carry: the license of its stamp, and that of its faces.

    ``faces`` has ``(license, faces)`` from the first face on.

    Licenses are indexes in the record.
    """

    stamp: int | None
    faces: tuple[tuple[int, int], ...] = ()
    is_exact: bool = True
    """False where the faces could not be told apart, so that each license was given its share of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The result of matching."""

    rights: Mapping[Key, Rights] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """Names of what the record has and nothing that came in fits."""
    unclear: tuple[str, ...] = ()
    """Names of data-blocks that several entries with different licenses fit."""


def match(record: RightsRecord, found: Sequence[Found], *, strict: bool = False) -> Matched:
    """Find what each data-block was.

    ``strict``: only geometry with the same number of faces and vertices counts, and only what hangs on it.
    For scenes with other things in them, where a name alone proves nothing.
    """
    if record.is_merged:
        return _match_merged(record, found, strict=strict)
    return _Matching(record, found, strict=strict).run()


def plain_name(name: str, part: Part) -> tuple[str, int]:
    """Return what of a name importers keep, and the number that Blender put behind it (0: none)."""
    text = unicodedata.normalize("NFC", name)
    number = _NUMBER.search(text)
    if number is not None:
        text = text[: number.start()]
    if part is Part.IMAGE:
        text = _IMAGE_ENDING.sub("", text)
    kept = _UNUSUAL.sub("_", text).strip("_").casefold()
    # A name of nothing but dots and lines is only itself.
    return kept or f"={name}", int(number.group(1)[:9]) if number else 0


def ascii_name(plain: str) -> str:
    """Return what is left of a plain name where only the Latin alphabet is kept (USD before 5.0)."""
    return _NOT_LATIN.sub("_", plain).strip("_")


def _spread(runs: Sequence[Run], faces: int) -> tuple[tuple[tuple[int, int], ...], bool]:
    if not runs or faces <= 0:
        return (), True
    fitting = spread_runs(runs, faces)
    if fitting is not None:
        return fitting, True
    shares = share_runs(runs, faces)
    return shares, len(shares) == 1


def _match_merged(record: RightsRecord, found: Sequence[Found], *, strict: bool) -> Matched:
    """Give the one mesh that a format made of everything the licenses of everything."""
    contents = [content for content in record.contents if part_of(content.id_type) is Part.GEOMETRY]
    runs = join_runs(contents)
    stamps = {content.stamp for content in contents}
    # One stamp only where every part has the same; else the faces alone tell.
    stamp = next(iter(stamps)) if len(stamps) == 1 else None
    rights: dict[Key, Rights] = {}
    for one in found:
        if part_of(one.id_type) is Part.GEOMETRY and not (strict and spread_runs(runs, one.faces) is None):
            pairs, is_exact = _spread(runs, one.faces)
            rights[one.key] = Rights(stamp=stamp, faces=pairs, is_exact=is_exact)
    for one in found:
        if one.id_type == "OBJECT" and one.data in rights and stamp is not None:
            rights[one.key] = Rights(stamp=stamp)
    return Matched(rights=rights, missing=() if rights else tuple(content.name for content in contents))


class _Matching:
    """One run of the matcher: objects first, since they say which data is whose."""

    def __init__(self, record: RightsRecord, found: Sequence[Found], *, strict: bool) -> None:
        self._strict = strict
        self._counts_vertices = record.format not in _SPLITS_VERTICES
        self._contents = record.contents
        self._found = found
        self._found_by_key = {one.key: one for one in found}
        self._rights: dict[Key, Rights] = {}
        self._taken: dict[Key, int] = {}
        self._used: set[int] = set()
        self._unclear: dict[str, None] = {}
        self._by_name: dict[tuple[Part, str], list[int]] = defaultdict(list)
        self._by_latin: dict[tuple[Part, str], list[int]] = defaultdict(list)
        geometry: dict[str, int] = {}
        for index, content in enumerate(record.contents):
            part = part_of(content.id_type)
            for name in {plain_name(name, part)[0] for name in (content.name, content.alias) if name}:
                self._by_name[part, name].append(index)
                if (latin := ascii_name(name)) not in {"", name}:
                    self._by_latin[part, latin].append(index)
            if part is Part.GEOMETRY:
                geometry.setdefault(content.name, index)
        self._data_of = {
            index: geometry[content.data]
            for index, content in enumerate(record.contents)
            if content.id_type == "OBJECT" and content.data in geometry
        }

    def run(self) -> Matched:
        """Match everything."""
        for one, index in list(self._pairs(Part.OBJECT)):
            self._take(one, index)
            data = self._found_by_key.get(one.data) if one.data is not None else None
            inner = self._data_of.get(index)
            if data is not None and inner is not None and data.key not in self._rights:
                self._take(data, inner, runs=self._contents[index].runs)
        for part in (Part.GEOMETRY, Part.MATERIAL, Part.IMAGE, Part.ACTION, Part.OTHER):
            for one, index in list(self._pairs(part)):
                self._take(one, index)
        self._match_objects_by_data()
        missing = (content.name for index, content in enumerate(self._contents) if index not in self._used)
        return Matched(
            rights=self._rights, missing=tuple(dict.fromkeys(missing)), unclear=tuple(self._unclear)
        )

    def _match_objects_by_data(self) -> None:
        """Match objects whose name was lost (USD can call them after their data) by what they hold."""
        holders: dict[int, list[int]] = defaultdict(list)
        for index, inner in self._data_of.items():
            holders[inner].append(index)
        for one in self._found:
            if part_of(one.id_type) is not Part.OBJECT or one.key in self._rights or one.data is None:
                continue
            candidates = holders.get(self._taken.get(one.data, -1), [])
            if len({self._contents[index].stamp for index in candidates}) == 1:
                self._used.update(candidates)
                self._take(one, candidates[0])

    def _take(self, one: Found, index: int, *, runs: tuple[Run, ...] = ()) -> None:
        """Note what a data-block was; ``runs`` are its faces where modifiers of its object made others."""
        content = self._contents[index]
        pairs, is_exact = _spread(runs or content.runs, one.faces)
        self._used.add(index)
        self._taken[one.key] = index
        self._rights[one.key] = Rights(stamp=content.stamp, faces=pairs, is_exact=is_exact)

    def _pairs(self, part: Part) -> Iterator[tuple[Found, int]]:
        """Yield who is what, group by group of one plain name."""
        groups: dict[str, list[Found]] = defaultdict(list)
        for one in self._found:
            if part_of(one.id_type) is part and one.key not in self._rights and self._may_be_it(one):
                groups[plain_name(one.name, part)[0]].append(one)
        for name, arrived in groups.items():
            written = self._by_name.get((part, name)) or self._by_latin.get((part, ascii_name(name)))
            if written:
                yield from self._pair_group(part, arrived, written)

    def _pair_group(
        self, part: Part, arrived: Sequence[Found], written: Sequence[int]
    ) -> Iterator[tuple[Found, int]]:
        """Pair those of one plain name: in the order of their numbers where as many came as went."""
        arrived = sorted(arrived, key=lambda one: (plain_name(one.name, part)[1], one.name))
        ordered = sorted(
            written, key=lambda i: (plain_name(self._contents[i].name, part)[1], self._contents[i].name)
        )
        pairs = list(zip(arrived, ordered, strict=False))
        if len(arrived) == len(ordered) and all(self._fits(one, index) for one, index in pairs):
            yield from pairs
            return
        for one in arrived:
            fitting = [index for index in ordered if self._fits(one, index)]
            if not fitting and not self._strict:
                fitting = ordered
            same = [index for index in fitting if self._contents[index].name == one.name]
            candidates = same or fitting
            if len({self._meaning(index) for index in candidates}) == 1:
                self._used.update(candidates)
                yield one, candidates[0]
            elif candidates:
                self._unclear[one.name] = None

    def _meaning(self, index: int) -> tuple[object, ...]:
        """Return all that an entry says; between entries that say the same nothing has to be chosen."""
        content, inner = self._contents[index], self._data_of.get(index)
        data = self._contents[inner] if inner is not None else None
        return (content.stamp, content.runs, data and data.stamp, data and data.runs)

    def _may_be_it(self, one: Found) -> bool:
        """Say whether a data-block is in question at all: in a strange scene only what hangs on a match."""
        if not self._strict or part_of(one.id_type) in {Part.OBJECT, Part.GEOMETRY}:
            return True
        return any(owner in self._rights for owner in one.owners)

    def _fits(self, one: Found, index: int) -> bool:
        """Say whether faces and vertices agree. In a strange scene, what has no faces to compare does not."""
        content = self._contents[index]
        part = part_of(one.id_type)
        if part is Part.OBJECT:
            inner = self._data_of.get(index)
            data = self._found_by_key.get(one.data) if one.data is not None else None
            if inner is None or data is None:
                return not self._strict
            own = content.runs
            one, content, part = data, self._contents[inner], Part.GEOMETRY
            if own:
                return spread_runs(own, one.faces) is not None
        if part is not Part.GEOMETRY:
            return True
        if not content.runs:
            return not self._strict
        if spread_runs(content.runs, one.faces) is None:
            return False
        same = not content.vertices or one.vertices == content.vertices
        return same or not (self._strict and self._counts_vertices)
