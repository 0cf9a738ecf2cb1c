"""The fonts of a page: found in the packages of the extra ``invoices``, and cut down to what is written.

The same text gives the same fonts on every machine: what the machine itself has installed is not used.
"""

from __future__ import annotations

import importlib.util
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserInputError

NOTO = "manimgx_fonts"
SERIF = ("fontpkg_source_serif_4", "files/SourceSerif4[opsz,wght].ttf")
EAST_ASIA = ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf")
SCRIPTS = (
    "Symbols", "Arabic", "Hebrew", "Armenian", "Georgian", "Devanagari", "Bengali", "Gujarati", "Gurmukhi",
    "Kannada", "Malayalam", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai", "Lao", "Khmer", "Myanmar",
    "Ethiopic",
)  # fmt: skip
"""Scripts with a file of their own in the package, in the order in which they are asked."""
STAND_IN = "\N{REPLACEMENT CHARACTER}"
"""Shown for a character that none of the fonts has."""
_LATIN = ("ccmp", "kern", "mark", "mkmk")
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_JOINED_PICTURES = re.compile("[\ufe00-\ufe0f]|(?<=[\u2600-\u27bf\U0001f000-\U0001faff])\u200d")
_NEEDED = ("fpdf", "fontTools", "uharfbuzz", NOTO, SERIF[0], EAST_ASIA[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One font file as it goes into the document. ``family`` and ``style`` are what fpdf2 calls it."""

    family: str
    style: str
    data: bytes
    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FontSet:
    """What a text needs. ``lacking`` are the characters that no font has."""

    faces: tuple[Face, ...]
    lacking: frozenset[str]

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """The families that are asked when the first has no sign for a character."""
        return tuple(face.family for face in self.faces if face.family not in ("sans", "serif"))

    def fit(self, text: str) -> str:
        """Return a text as it can be shown: what no font has is stood in for, if it has a look."""
        text = join_marks(text)
        if self.lacking.isdisjoint(text):
            return text
        return "".join(
            char if char not in self.lacking else "" if has_no_look(char) else STAND_IN for char in text
        )

    def lacks(self, text: str) -> bool:
        """Say whether a stand-in is shown in a text."""
        return any(char in self.lacking and not has_no_look(char) for char in text)


def require_packages() -> None:
    """Raise UserInputError when a package of the extra is not installed. Imports none of them."""
    for name in _NEEDED:
        if importlib.util.find_spec(name) is None:
            raise missing(name)


def missing(name: str) -> UserInputError:
    """Return the error for a package that is not there."""
    return UserInputError(
        f"For a PDF a package is missing ({name}). Install Clearance with the extra “invoices” (`pip install "
        "clearance[invoices]`), outside Blender; a page to print comes with --format html.",
        code="invoice.no_package",
    )


def choose_fonts(text: Iterable[str], headlines: Iterable[str]) -> FontSet:
    """Return the fonts for texts and for headlines, cut down to their characters.

    Raises UserInputError when a package is missing.
    """
    wanted = set(join_marks("".join(text)))
    large = set(join_marks("".join(headlines)))
    every = wanted | large | {STAND_IN, "…"}
    faces: list[Face] = []
    left = set(every)
    sans = _find(NOTO, "NotoSans[wght].ttf")
    for style, weight in (("", 400), ("B", 600)):
        # Joiners belong to the fonts of the letters that they join.
        face, had = _cut(sans, "sans", style, every - JOINERS, {"wght": weight})
        faces += [face] if face else []
        left -= had
    face, _ = _cut(_find(*SERIF), "serif", "", large or {" "}, {"wght": 500, "opsz": 30})
    faces += [face] if face else []
    places = [(f"noto{name.lower()}", _find(NOTO, f"NotoSans{name}[wght].ttf")) for name in SCRIPTS]
    places += [("notoeastasia", _find(*EAST_ASIA)), ("notoemoji", _find(NOTO, "NotoEmoji[wght].ttf"))]
    for family, path in places:
        if not any(not has_no_look(char) for char in left):
            break
        # What joins and marks letters has to be in the font of the letters.
        face, had = _cut(path, family, "", left, {"wght": 400}, also={c for c in every if has_no_look(c)})
        faces += [face] if face else []
        left -= had
    return FontSet(faces=tuple(faces), lacking=frozenset(left))


def join_marks(text: str) -> str:
    """Return a text with letters and their marks as one where there is one, and without choices of look."""
    joined = unicodedata.normalize("NFC", text)
    if not JOINERS.isdisjoint(joined):
        # Pictures that are joined into one (a family) are shown side by side.
        joined = _JOINED_PICTURES.sub("", joined)
    return joined


def has_no_look(char: str) -> bool:
    """Say whether a character only changes others: joiners, variation selectors, combining marks."""
    return unicodedata.category(char) in ("Cf", "Mn", "Me")


def _find(package: str, name: str) -> Path:
    """Return a file of a package; nothing of it is run."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    for place in places:
        path = Path(place) / name
        if path.is_file():
            return path
    raise missing(package)


def _cut(
    path: Path,
    family: str,
    style: str,
    chars: set[str],
    axes: dict[str, float],
    *,
    also: set[str] | frozenset[str] = frozenset(),
) -> tuple[Face | None, set[str]]:
    """Return a font with these characters alone, at one weight, and which of them it has.

    No face when it has none. ``also`` come along where they are.
    """
    try:
        from fontTools.subset import Options, Subsetter
        from fontTools.ttLib import TTFont
        from fontTools.varLib.instancer import instantiateVariableFont
    except ImportError:
        raise missing("fonttools") from None
    # The time of making would be written into it.
    with TTFont(path, lazy=True, recalcTimestamp=False) as font:
        known: dict[int, str] = font.getBestCmap()
        had = {char for char in chars if ord(char) in known}
        if not any(not has_no_look(char) for char in had):
            return None, set()
        options = Options()
        # Latin needs few of them, and each costs time; other scripts cannot be read without theirs.
        options.layout_features = list(_LATIN) if family in ("sans", "serif") else ["*"]
        options.notdef_outline = True
        options.hinting = False
        cutter = Subsetter(options)
        cutter.populate(unicodes=[ord(char) for char in {*had, *also} if ord(char) in known])
        cutter.subset(font)
        made: Any = instantiateVariableFont(font, axes, inplace=True) if "fvar" in font else font
        out = io.BytesIO()
        made.save(out)
    return Face(family=family, style=style, data=out.getvalue(), suffix=path.suffix), had
