"""Unpack a .unitypackage: a tar, mostly gzipped, of ``<guid>/asset``, ``asset.meta`` and ``pathname``.

It is read twice, because a file's path may stand after its bytes: first the paths, then the files, so that
what is not wanted (scripts, programs, shaders) never touches the disk. Pictures and models keep their project
paths, so that they find each other. Nothing is executed; members that are not known are passed over.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ...errors import DownloadRefused, ImportRefused
from ...model.material import MaterialSpec
from ..archives.job import Job, Member
from ..archives.names import COLLISION, Names, refuse, show
from ..archives.tar import checked_members, member_reader, open_members
from ..image_size import is_absurd, measure
from .assign import PlacedMaterial
from .contents import Part, ending_of, part_of, why_left
from .dress import Prefab
from .header import StoreOrigin, read_origin
from .material import make_material, resolve_variant
from .material_text import MaterialText, read_material_text
from .meta import MAX_META_BYTES, AssetMeta, ModelSettings, is_height_map, read_meta
from .prefab_text import MAX_PREFAB_BYTES, PrefabText, read_prefab_text
from .yaml_text import MAX_BYTES

_MEMBER = re.compile(r"(?:\./)?([0-9a-fA-F]{32})/(asset|asset\.meta|pathname)")
_MAX_PATHNAME = 4096
ASIDE = "Same names"
"""Folder of the files whose place was taken by one with nearly the same name."""
NO_PATH = "its path is missing"
_MAX_MATERIALS = 2000
_MAX_YAML_TOTAL = 32 * 1024 * 1024
_MAX_PREFABS = 5000
_MAX_PREFAB_TOTAL = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAsset:
    """A model of a package. ``settings`` None: its ``.meta`` says nothing that is understood."""

    guid: str
    path: Path
    pathname: PurePosixPath
    settings: ModelSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that was left in the package, and why: the rest of a sentence."""

    pathname: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnityPackage:
    """What came out of a package. Paths are absolute, below ``folder``."""

    folder: Path
    entries: Mapping[str, Path]
    """GUID → file, of everything that was written out."""
    materials: tuple[PlacedMaterial, ...] = ()
    models: tuple[ModelAsset, ...] = ()
    prefabs: Mapping[str, Prefab] = field(default_factory=dict)
    """By GUID. Read for the materials that they give to models; never written out."""
    textures: tuple[Path, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    origin: StoreOrigin | None = None


@dataclass(slots=True)
class _Table:
    """What the first reading found. ``targets`` are our own, judged paths."""

    targets: dict[str, PurePosixPath] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(slots=True)
class _Texts:
    """What the second reading keeps in memory of the files that are read and not written."""

    materials: dict[str, MaterialText] = field(default_factory=dict)
    models: dict[str, AssetMeta] = field(default_factory=dict)
    heights: set[str] = field(default_factory=set)
    prefabs: dict[str, PrefabText] = field(default_factory=dict)
    read: int = 0
    prefabs_read: int = 0


def list_unity(path: Path, job: Job, *, gzipped: bool) -> tuple[Member, ...]:
    """Judge a package by its paths without writing anything; return its files under their project paths."""
    table = _read_table(path, job, gzipped=gzipped)
    return tuple(Member(raw_name=str(table.targets[guid]), size=table.sizes[guid]) for guid in table.targets)


def unpack_unity(path: Path, job: Job, *, gzipped: bool) -> UnityPackage:
    """Unpack a package into the job's folder; raise DownloadRefused for a hostile or damaged one."""
    table = _read_table(path, job, gzipped=gzipped)
    entries: dict[str, Path] = {}
    texts = _Texts()
    job.meter.expect(sum(size for guid, size in table.sizes.items() if _is_written(table.targets[guid])))
    with open_members(path, job, gzipped=gzipped) as archive:
        for info in checked_members(archive):
            guid, part = _known(info)
            target = table.targets.get(guid)
            if target is None:
                continue
            if part == "asset" and _is_written(target):
                entries[guid] = job.write(target, member_reader(archive, info), declared=info.size)
            elif part == "asset" and part_of(str(target)) is Part.MATERIAL:
                _keep_material(archive, info, guid, table, texts)
            elif part == "asset" and ending_of(str(target)) == "prefab":
                _keep_prefab(archive, info, guid, texts)
            elif part == "asset.meta" and part_of(str(target)) in (Part.MODEL, Part.TEXTURE):
                _keep_meta(archive, info, guid, table, texts)
    return _describe(path, job.folder, table, texts, entries)


def _read_table(path: Path, job: Job, *, gzipped: bool) -> _Table:
    paths: dict[str, str] = {}
    sizes: dict[str, int] = {}
    count = 0
    with open_members(path, job, gzipped=gzipped) as archive:
        for info in checked_members(archive):
            count += 1
            if count > job.meter.limits.entries:
                raise refuse(
                    f"it holds more than {job.meter.limits.entries:,} entries.", code="download.archive_bomb"
                )
            guid, part = _known(info)
            if part == "pathname":
                if guid in paths:
                    raise refuse(f"the same name is in it twice ({show(info.name)}).")
                paths[guid] = _first_line(member_reader(archive, info)(_MAX_PATHNAME))
            elif part == "asset":
                if guid in sizes:
                    raise refuse(f"the same name is in it twice ({show(info.name)}).")
                sizes[guid] = info.size
                job.meter.add_bytes(0, member=info.size, name=info.name)
    table = _Table()
    for guid, size in sizes.items():  # an asset without bytes is a folder: nothing to do
        if not paths.get(guid):
            table.skipped.append(Skipped(pathname=guid, reason=NO_PATH))
            continue
        target = _own_path(paths[guid], job.names, guid)
        table.targets[guid], table.sizes[guid] = target, size
        if part_of(str(target)) is Part.OTHER:
            table.skipped.append(Skipped(pathname=str(target), reason=why_left(str(target))))
    job.meter.add_members(sum(map(_is_written, table.targets.values())))
    return table


def _own_path(raw: str, names: Names, guid: str) -> PurePosixPath:
    """Judge a project path like any archive's name; colons, which other systems allow, are replaced.

    Of two that are one file on some system, the second goes into a folder of its own: a material finds its
    pictures by GUID, wherever they are.
    """
    plain = raw if re.match(r"[A-Za-z]:", raw) else raw.replace(":", "_")
    target = names.judge(plain)
    if not _is_written(target):
        return target
    try:
        return names.take(plain, is_folder=False) or target
    except DownloadRefused as error:
        if COLLISION not in error.context:
            raise
        return names.take(f"{ASIDE}/{guid}/{target.name}", is_folder=False) or target


def _first_line(data: bytes) -> str:
    """Return the path: the first line alone, since Unity may add a second one (``00``), and scripts a blank.

    Bytes that are no UTF-8 are written out (``%E4``), so that two names that are not the same stay so.
    """
    text = data.decode("utf-8-sig", "surrogateescape").split("\n", 1)[0].rstrip("\r\x00\t ")
    return "".join(f"%{ord(char) - 0xDC00:02X}" if "\udc80" <= char <= "\udcff" else char for char in text)


def _known(info: tarfile.TarInfo) -> tuple[str, str]:
    """Return GUID and part of a member; empty for what is no part of an asset."""
    found = _MEMBER.fullmatch(info.name)
    return ("", "") if found is None or not info.isreg() else (found[1].lower(), found[2])


def _is_written(target: PurePosixPath) -> bool:
    return part_of(str(target)) not in (Part.OTHER, Part.MATERIAL)


def _keep_material(
    archive: tarfile.TarFile, info: tarfile.TarInfo, guid: str, table: _Table, texts: _Texts
) -> None:
    pathname = str(table.targets[guid])
    if not _has_room(info, texts, MAX_BYTES) or len(texts.materials) >= _MAX_MATERIALS:
        table.skipped.append(Skipped(pathname=pathname, reason="too much text to read"))
        return
    try:
        texts.materials[guid] = read_material_text(member_reader(archive, info)(info.size))
    except ImportRefused as error:
        table.skipped.append(Skipped(pathname=pathname, reason=str(error.context.get("why", "no material"))))


def _keep_prefab(archive: tarfile.TarFile, info: tarfile.TarInfo, guid: str, texts: _Texts) -> None:
    """Keep what a prefab says of materials; too many or too long ones are only left in the package."""
    texts.prefabs_read += info.size
    is_small = info.size <= MAX_PREFAB_BYTES and texts.prefabs_read <= _MAX_PREFAB_TOTAL
    if is_small and len(texts.prefabs) < _MAX_PREFABS:
        text = read_prefab_text(member_reader(archive, info)(info.size))
        if text.shown or text.instances:
            texts.prefabs[guid] = text


def _keep_meta(
    archive: tarfile.TarFile, info: tarfile.TarInfo, guid: str, table: _Table, texts: _Texts
) -> None:
    pathname = str(table.targets[guid])
    is_model = part_of(pathname) is Part.MODEL
    if not _has_room(info, texts, MAX_META_BYTES):
        if is_model:
            table.skipped.append(Skipped(pathname=f"{pathname}.meta", reason="too much text to read"))
        return
    data = member_reader(archive, info)(info.size)
    if not is_model:
        if is_height_map(data):
            texts.heights.add(guid)
        return
    try:
        texts.models[guid] = read_meta(data)
    except ImportRefused as error:
        reason = str(error.context.get("why", "not understood"))
        table.skipped.append(Skipped(pathname=f"{pathname}.meta", reason=reason))


def _has_room(info: tarfile.TarInfo, texts: _Texts, limit: int) -> bool:
    if info.size > limit or texts.read + info.size > _MAX_YAML_TOTAL:
        return False
    texts.read += info.size
    return True


def _describe(
    path: Path, folder: Path, table: _Table, texts: _Texts, entries: Mapping[str, Path]
) -> UnityPackage:
    too_large = {guid: file for guid, file in entries.items() if _is_absurd_picture(file)}
    for guid, file in too_large.items():
        table.skipped.append(
            Skipped(pathname=str(table.targets[guid]), reason="a picture that claims an absurd size")
        )
        file.unlink()
    kept = {guid: file for guid, file in entries.items() if guid not in too_large}
    parts = {guid: part_of(str(table.targets[guid])) for guid in kept}
    materials = tuple(
        PlacedMaterial(spec=_make(guid, text, table, texts, kept), pathname=table.targets[guid])
        for guid, text in sorted(texts.materials.items(), key=lambda pair: str(table.targets[pair[0]]))
    )
    models = tuple(
        ModelAsset(
            guid=guid,
            path=kept[guid],
            pathname=table.targets[guid],
            settings=texts.models[guid].model if guid in texts.models else None,
        )
        for guid in sorted(parts, key=lambda one: str(table.targets[one]))
        if parts[guid] is Part.MODEL
    )
    return UnityPackage(
        folder=folder,
        entries=kept,
        materials=materials,
        models=models,
        prefabs={
            guid: Prefab(pathname=table.targets[guid], text=text) for guid, text in texts.prefabs.items()
        },
        textures=tuple(sorted(kept[guid] for guid, part in parts.items() if part is Part.TEXTURE)),
        skipped=tuple(sorted(table.skipped, key=lambda one: one.pathname)),
        origin=read_origin(path).origin,
    )


def _make(
    guid: str, text: MaterialText, table: _Table, texts: _Texts, kept: Mapping[str, Path]
) -> MaterialSpec:
    def find(picture: str) -> Path | None:
        """Give a picture that was written out; nothing else can be one."""
        path = kept.get(picture)
        return path if path is not None and part_of(str(table.targets[picture])) is Part.TEXTURE else None

    return make_material(
        resolve_variant(text, texts.materials),
        guid=guid,
        name=table.targets[guid].stem,
        find=find,
        is_height=texts.heights.__contains__,
    )


def _is_absurd_picture(path: Path) -> bool:
    if part_of(path.name) is not Part.TEXTURE:
        return False
    size = measure(path)
    return size is not None and is_absurd(size)
