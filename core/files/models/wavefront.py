r"""Make .obj and .mtl files refer to nothing outside of their folder. Changes only our unpacked copies.

Absolute texture paths are the rule in .mtl files (exporters write the artist's own disk), so they are
neutralized, not refused: a reference that leads out becomes the file of the same name inside the folder
when there is exactly one, else its line becomes a comment. A reference to a network share
(``\\server\share``) would send the user's login to that server; it never reaches an importer.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from pathlib import Path

from ...errors import ImportRefused
from ..disk import is_inside

MAX_MTL = 64 * 1024 * 1024
MAX_LIBRARIES = 1000
MAX_WORDS = 60
"""Of a texture line; a longer one is left out."""
# Importers take every character up to the space for white space, so all of them are here, but for line ends.
_LIBRARY = re.compile(
    rb"(?:^|(?<=[\r\n]))[\x00-\t\x0b\x0c\x0e-\x20]*(mtllib)"
    rb"(?:[\x00-\t\x0b\x0c\x0e-\x20]|\\\r?\n)+((?:[^\r\n\\]|\\(?!\r?\n)|\\\r?\n)*)",
    re.IGNORECASE,
)
_CONTINUED = re.compile(rb"\\\r?\n")
_TEXTURE = re.compile(
    r"^[\x00-\x20]*(map_\w+|bump|disp|decal|refl|norm|tex\w*)[\x00-\x20]+(.+)$", re.IGNORECASE | re.DOTALL
)
_WHITE = "".join(map(chr, range(33)))
_DRIVE = re.compile(r"^[A-Za-z]:")
# Options before the file name, and how many values each takes at most (Wavefront MTL, 1995).
_OPTIONS = {
    "-blendu": 1, "-blendv": 1, "-boost": 1, "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1, "-clamp": 1,
    "-bm": 1, "-imfchan": 1, "-type": 1, "-cc": 1,
}  # fmt: skip
_VALUE = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neutralized:
    """What was changed, in sentences for a person; empty when nothing was."""

    warnings: tuple[str, ...] = ()


def neutralize_obj(path: Path, folder: Path) -> Neutralized:
    """Neutralize an .obj and every material file that it, or Blender by its name, may load.

    ``folder`` is the private folder that everything has to stay in. Raises ImportRefused for what cannot
    be made safe.
    """
    warnings: list[str] = []
    materials = {file.resolve(): file for file in _material_files(folder)}
    for name in _neutralize_libraries(path, folder, warnings):
        file = path.parent / name
        if file.is_file():
            materials.setdefault(file.resolve(), file)
    by_name = _files_by_name(folder)
    for file in sorted(materials.values()):
        warnings.extend(neutralize_mtl(file, folder, by_name=by_name).warnings)
    return Neutralized(warnings=tuple(warnings))


def neutralize_mtl(path: Path, folder: Path, *, by_name: dict[str, list[Path]] | None = None) -> Neutralized:
    """Neutralize the texture references of one material file."""
    if path.stat().st_size > MAX_MTL:
        raise ImportRefused(
            f"{path.name} is too large for a material file.", context={"size": path.stat().st_size}
        )
    known = _files_by_name(folder) if by_name is None else by_name
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    warnings: list[str] = []
    lines = [_safe_line(line, path, folder, known, warnings) for line in _joined(text)]
    if warnings:
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    return Neutralized(warnings=tuple(warnings))


def texture_names(path: Path) -> list[str]:
    """Return the pictures that a material file refers to, as it names them, each once."""
    if path.stat().st_size > MAX_MTL:
        return []
    text = path.read_bytes().decode("utf-8", "replace")
    matches = (_TEXTURE.match(line) for line in _joined(text))
    names = (_split_options(match[2])[1].strip('"').strip() for match in matches if match)
    return list(dict.fromkeys(name for name in names if name))


def _joined(text: str) -> list[str]:
    """Split into lines as importers do: a backslash at the end continues a line."""
    return re.sub(r"\\\r?\n", " ", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _safe_line(line: str, path: Path, folder: Path, known: dict[str, list[Path]], warnings: list[str]) -> str:
    match = _TEXTURE.match(line)
    if match is None:
        return line
    before, reference = _split_options(match[2])
    if not any(_leads_out(text, path.parent, folder) for text in _readings(match[2])):
        return line
    name = reference.replace("\\", "/").rpartition("/")[2].strip().strip('"')
    found = known.get(name.casefold(), [])
    if len(found) == 1:
        inside = _relative(found[0], path.parent, folder)
        if inside is not None:
            warnings.append(
                f"{path.name} looked for {_show(name)} outside of its folder; the one inside is used."
            )
            return f"{match[1]} {before}{inside}"
    warnings.append(f"{path.name} looked for {_show(name)} outside of its folder; it is left out.")
    return "# " + line.strip()


def _split_options(rest: str) -> tuple[str, str]:
    """Divide what follows ``map_Kd`` into options with their values, and the file name."""
    words = re.findall(r"[^\x00-\x20]+", rest)
    used = 0
    while used < len(words) and words[used].lower() in _OPTIONS:
        allowed = _OPTIONS[words[used].lower()]
        used += 1
        taken = 0
        while used < len(words) - 1 and taken < allowed and (taken == 0 or _VALUE.match(words[used])):
            used += 1
            taken += 1
    before = " ".join(words[:used])
    reference = rest
    for word in words[:used]:
        reference = reference[reference.index(word) + len(word) :]
    return (f"{before} " if before else ""), reference.strip(_WHITE)


def _readings(rest: str) -> list[str]:
    """Return all that an importer may take for the file name: it may know other options than we do."""
    starts = [word.start() for word in re.finditer(r"[^\x00-\x20]+", rest)]
    return [rest[start:] for start in starts[:MAX_WORDS]] + (["/"] if len(starts) > MAX_WORDS else [])


def _leads_out(reference: str, base: Path, folder: Path) -> bool:
    """Say whether a path, read with either kind of slash, may lie outside of the folder."""
    text = reference.strip(_WHITE).strip('"').strip(_WHITE)
    slashed = text.replace("\\", "/")
    if slashed.startswith(("/", "~")) or _DRIVE.match(slashed) or "://" in slashed or "\x00" in text:
        return True
    return not (is_inside(base / slashed, folder) and (slashed == text or is_inside(base / text, folder)))


def _neutralize_libraries(path: Path, folder: Path, warnings: list[str]) -> list[str]:
    """Comment out ``mtllib`` lines that lead out, by one byte in place; return the names of the others."""
    if path.stat().st_size == 0:
        return []
    names: list[str] = []
    hostile: list[int] = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for count, match in enumerate(_LIBRARY.finditer(data)):
            if count >= MAX_LIBRARIES:
                raise ImportRefused(f"{path.name} names too many material files.")
            text = _CONTINUED.sub(b" ", match[2]).decode("utf-8", "replace").strip()
            candidates = [text, *text.split()]  # importers differ on whether a name may have spaces
            if any(_leads_out(name, path.parent, folder) for name in candidates):
                hostile.append(match.start(1))
                warnings.append(f"{path.name} named a material file outside of its folder; it is left out.")
            else:
                names.extend(candidates)
    if hostile:
        with path.open("r+b") as target:
            for at in hostile:
                target.seek(at)
                target.write(b"#")
    return names


def _material_files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.suffix.lower() == ".mtl" and file.is_file()]


def _files_by_name(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            found.setdefault(file.name.casefold(), []).append(file)
    return found


def _relative(file: Path, base: Path, folder: Path) -> str | None:
    """Return a path from one file's folder to another file, where both are in the private folder."""
    if not (is_inside(file, folder) and is_inside(base, folder)):
        return None
    up = 0
    while not file.is_relative_to(base):
        base = base.parent
        up += 1
    return "../" * up + file.relative_to(base).as_posix()


def _show(name: str) -> str:
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name[:80])
    return f"“{clean}”"
