"""List the packages that the Unity Editor keeps after downloading them. Reads the folder, never changes it.

``<root>/Asset Store-5.x/<publisher>/<category>/<name>.unitypackage``. The variable is documented; of the
default roots only Windows' was seen in use, the other two are what the Editor's other data suggests (not
confirmed).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import ClearanceError
from ..arrivals import walk_files
from ..pickup import FoundArchive, describe

VARIABLE = "ASSETSTORE_CACHE_PATH"
FOLDER = "Asset Store-5.x"
ENDING = ".unitypackage"
_DEPTH = 4
"""Publisher and category are two; a category's slash may make a third."""
MAX_PACKAGES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheScan:
    """What the cache has. ``problems`` are sentences: folders that are not there or cannot be read."""

    found: tuple[FoundArchive, ...] = ()
    problems: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    """Where was looked."""


def cache_folders(environ: Mapping[str, str], *, home: Path, platform: str) -> tuple[Path, ...]:
    """Return the folders in which the Editor may keep packages, the chosen one first."""
    roots = [Path(chosen)] if (chosen := environ.get(VARIABLE, "").strip()) else []
    match platform:
        case "win32":
            roots.append(Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "Unity")
        case "darwin":
            roots.append(home / "Library" / "Unity")
        case _:
            roots.append(Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "unity3d")
    # The variable may name the folder itself, or the one that it lies in.
    return tuple(root if root.name == FOLDER else root / FOLDER for root in roots)


def scan_cache(environ: Mapping[str, str], *, home: Path, platform: str) -> CacheScan:
    """List the cached packages, newest first, with the origin in their headers. Never raises for the disk."""
    folders = cache_folders(environ, home=home, platform=platform)
    problems: list[str] = []
    found: list[FoundArchive] = []
    there = [folder for folder in folders if folder.is_dir()]
    for folder in there:
        for facts in walk_files(folder, ending=ENDING, depth=_DEPTH, problems=problems):
            if len(found) >= MAX_PACKAGES:
                problems.append(
                    f"The Editor's cache has more than {MAX_PACKAGES:,} packages; not all are listed."
                )
                break
            try:
                found.append(describe(facts.path))
            except ClearanceError as error:
                problems.append(error.message)
    if environ.get(VARIABLE) and folders[0] not in there:
        problems.insert(0, f"{VARIABLE} names {folders[0].parent}, but there is no folder “{FOLDER}” in it.")
    if not there:
        places = ", ".join(str(folder) for folder in folders)
        problems.append(
            f"The Unity Editor's cache was not found ({places}). Download the asset in the Editor's Package "
            "Manager first, or choose the file yourself."
        )
    found.sort(key=lambda one: (-one.modified_at.timestamp(), one.path.name))
    return CacheScan(found=tuple(found), problems=tuple(dict.fromkeys(problems)), folders=folders)
