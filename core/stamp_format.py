"""What is written on data-blocks: a short JSON text that holds only what a customer may see.

Never a price, an order number, a name or a key: a stamp travels with the file wherever it leaks.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .errors import UserInputError
from .model.declaration import DECLARED, Declaration, is_declaration_id
from .model.scene import IdType

if TYPE_CHECKING:
    from .model.grant import Grant

PROPERTY = "clearance"
"""Name of the custom property on data-blocks."""
REGISTER_PROPERTY = "clearance_register"
"""Name of the scene's custom property: a JSON list of stamp texts ever put into this scene."""
FACE_ATTRIBUTE = "clearance_grant"
"""INT face attribute of meshes: :func:`core.ids.hash_grant_id` of the grant. No leading underscore, so
that the glTF exporter does not carry it by accident."""
PARTS_PROPERTY = "clearance_parts"
"""Name of the custom property on data without faces to mark: how many parts it had when it was stamped. On
meshes: how many loose edges and points. On pictures: how many bytes its files have, :data:`NOT_KNOWN` for one
that was painted on and not saved. On what else is kept in a file (``FILED_TYPES``): the bytes and the name of
that file, as ``4711 rain.wav``."""
NOT_KNOWN = -1
FILED_TYPES = frozenset(
    {IdType.SOUND, IdType.FONT, IdType.MOVIECLIP, IdType.VOLUME, IdType.CACHEFILE, IdType.STRIP}
)
"""Kinds whose content is a file that Blender itself never writes into, as it does with pictures."""
LINKED_PROPERTY = "clearance_linked"
"""Name of the custom property on libraries: :class:`LinkedStamps` as JSON."""
QUIET_PROPERTY = "clearance_quiet"
"""Name of the scene's custom property: grant ids, and which of ``QUIET_TYPES`` ever carried their stamp."""
QUIET_TYPES = frozenset({IdType.ACTION, IdType.KEY, IdType.MESH})
"""Kinds whose loss could go unnoticed, so it is kept of which licenses there were some: actions and shape
keys, which every scene makes by itself too (without a stamp they are not undeclared), and meshes without a
single face, which leave no mark in a mesh that they are joined into."""
NAMED_TYPES = frozenset(
    {
        IdType.ACTION, IdType.KEY, IdType.WORLD, IdType.PARTICLE, IdType.LIGHT, IdType.CAMERA,
        IdType.COLLECTION, IdType.OBJECT, "BRUSH", "LIGHT_PROBE", "LINESTYLE", "MASK", "PAINTCURVE",
        "PALETTE", "SPEAKER", "TEXT",
    }
)  # fmt: skip
"""Kinds that every scene makes by itself too: those that carry a stamp are noted by name (``LIGHT/Lamp``)
beside the quiet kinds, since nobody would miss a stamp on one. Of objects only those without content of their
own, such as empties."""
SCHEMA = 1
MAX_CREDIT_LENGTH = 300
MAX_FIELD_LENGTH = 200
MAX_TEXT_LENGTH = 16_384
"""Characters of a stamp; ours have some 300 to 600. What is longer was not written by us."""
MAX_REGISTER_LENGTH = 4_000_000
MAX_DIGITS = 20
_FIELDS = ("grant_id", "marketplace", "listing_id", "license_id", "terms_sha256")
_NOT_DECLARED = ("listing_id", "terms_sha256")
"""What declared content does not have: its stamp leaves these empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A data-block's license, in public words; for declared content, its declaration."""

    grant_id: str
    marketplace: str
    listing_id: str
    license_id: str
    terms_sha256: str
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedStamps:
    """What a scene file notes of the data-blocks that it links from one library.

    Keys are ``OBJECT/Seat``, values raw stamp texts: nothing of them is judged here.
    """

    here: Mapping[str, str] = field(default_factory=dict)
    """Stamps that were put on linked data-blocks in this scene; such a block itself cannot keep one."""
    seen: Mapping[str, str] = field(default_factory=dict)
    """What the blocks themselves carried when the scene was last saved: known even if the library is gone."""


def make_stamp(grant: Grant) -> Stamp:
    """Take from a grant what may be public."""
    return Stamp(
        grant_id=grant.id,
        marketplace=grant.ref.marketplace,
        listing_id=grant.ref.id,
        license_id=grant.license_id,
        terms_sha256=grant.terms_sha256,
        credit=_clean(grant.credit)[:MAX_CREDIT_LENGTH],
    )


def make_declared_stamp(declaration: Declaration, *, credit: str = "") -> Stamp:
    """Take from a declaration what may be public: nobody's name but the one in the credit line."""
    return Stamp(
        grant_id=declaration.id,
        marketplace=DECLARED,
        listing_id="",
        license_id=declaration.license_id,
        terms_sha256="",
        credit=_clean(credit or declaration.credit)[:MAX_CREDIT_LENGTH],
    )


def encode(stamp: Stamp) -> str:
    """Write a stamp as compact JSON with keys in a fixed order.

    Raises ValueError for a stamp that :func:`decode` would not take back: a fault of the program.
    """
    needed = _needed(stamp.grant_id, stamp.marketplace)
    for name in _FIELDS:
        value = getattr(stamp, name)
        if not (_is_field(value) if name in needed else value == ""):
            raise ValueError(f"a stamp's {name} is empty, too long or has control characters")
    return json.dumps(
        {
            "v": SCHEMA,
            **{name: getattr(stamp, name) for name in _FIELDS},
            "credit": _clean(stamp.credit)[:MAX_CREDIT_LENGTH],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


@lru_cache(maxsize=1024)  # the files of a production carry the same stamps again and again
def decode(text: str) -> Stamp:
    """Read a stamp of this or an earlier schema; raise UserInputError when it is not one.

    Anybody can edit a custom property, so nothing of it is believed: not its length, not its shape.
    """
    data = _parse(text, limit=MAX_TEXT_LENGTH)
    version = data.get("v") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _damaged()
    if version > SCHEMA:
        raise UserInputError(
            "A license stamp in this file was written by a newer Clearance; update the extension.",
            code="stamp.newer",
            context={"schema": min(version, 2**31)},
        )
    needed = _needed(data.get("grant_id"), data.get("marketplace"))
    if not all(_is_field(data.get(name)) for name in needed):
        raise _damaged()
    if any(data.get(name) != "" for name in _FIELDS if name not in needed):
        raise _damaged()
    credit = data.get("credit", "")
    return Stamp(
        **{name: data[name] for name in _FIELDS},
        credit=_clean(credit)[:MAX_CREDIT_LENGTH] if isinstance(credit, str) else "",
    )


def encode_register(texts: Iterable[str]) -> str:
    """Write the scene's register: a JSON list of stamp texts, each once, in the order given."""
    return json.dumps(list(dict.fromkeys(texts)), ensure_ascii=False, separators=(",", ":"))


def decode_register(text: str) -> tuple[str, ...]:
    """Read the scene's register; raise UserInputError when it is not a list of texts.

    The texts themselves are not judged: a damaged stamp in it is for the report to name.
    """
    data = _parse(text, limit=MAX_REGISTER_LENGTH)
    if not isinstance(data, list) or not all(isinstance(item, str) and _is_text(item) for item in data):
        raise _damaged()
    return tuple(dict.fromkeys(data))


def extend_register(text: str | None, stamp: Stamp) -> str:
    """Add a stamp to a register (None: there is none yet) and return the new text.

    A register that is damaged is kept as one entry, so that the damage stays visible in the report.
    """
    return encode_register((*read_register(text), encode(stamp)))


def read_register(text: str | None) -> tuple[str, ...]:
    """Read a register for a scan: nothing when there is none, its own text as one entry when damaged."""
    if not text:
        return ()
    try:
        return decode_register(text)
    except UserInputError:
        return (text,)


def encode_linked(linked: LinkedStamps) -> str:
    """Write what is noted of one library; every stamp text is written once."""
    texts = dict.fromkeys((*linked.here.values(), *linked.seen.values()))
    number = {text: index for index, text in enumerate(texts)}
    return json.dumps(
        {
            "v": SCHEMA,
            "stamps": list(texts),
            "here": {key: number[text] for key, text in linked.here.items()},
            "seen": {key: number[text] for key, text in linked.seen.items()},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read_linked(text: str | None) -> LinkedStamps:
    """Read what is noted of one library; what is damaged in it is left out, since anybody can edit it."""
    if not text:
        return LinkedStamps()
    try:
        data = _parse(text, limit=MAX_REGISTER_LENGTH)
    except UserInputError:
        return LinkedStamps()
    if not isinstance(data, dict):
        return LinkedStamps()
    stamps = data.get("stamps")
    texts = stamps if isinstance(stamps, list) else []
    return LinkedStamps(here=_pick(data.get("here"), texts), seen=_pick(data.get("seen"), texts))


def encode_quiet(quiet: Mapping[str, Iterable[str]]) -> str:
    """Write which quiet kinds carried whose stamp."""
    return json.dumps({key: sorted(quiet[key]) for key in sorted(quiet)}, separators=(",", ":"))


def read_quiet(text: str | None) -> dict[str, frozenset[str]]:
    """Read which quiet kinds carried whose stamp; what is damaged is left out."""
    try:
        data = _parse(text, limit=MAX_REGISTER_LENGTH) if text else None
    except UserInputError:
        return {}
    if not isinstance(data, dict):
        return {}
    return {
        key: found
        for key, kinds in data.items()
        if isinstance(kinds, list)
        and _is_text(key)
        and (found := frozenset(one for one in _texts(kinds) if one in QUIET_TYPES or is_name(one)))
    }


def is_name(entry: str) -> bool:
    """Say whether a note on quiet kinds names one data-block, and not all of a kind."""
    kind, _, name = entry.partition("/")
    return bool(name) and kind in NAMED_TYPES and _is_text(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneNotes:
    """What a scene's notes ask of a scan: which bare data-blocks to tell of, which meshes to look through."""

    names: frozenset[str]
    """Data-blocks that carried a stamp by that name: they are told of without one, too."""
    has_wires: bool
    """A licensed mesh without a face is or was here: it leaves no mark in what it is joined into."""
    has_bought: bool
    """Something that was not declared is or was here."""

    @classmethod
    def of(cls, quiet: Mapping[str, Iterable[str]], register: Iterable[str]) -> SceneNotes:
        """Take what counts from the notes and the register of a file."""
        entries = {entry for kinds in quiet.values() for entry in kinds}
        return cls(
            names=frozenset(entry for entry in entries if is_name(entry)),
            has_wires=IdType.MESH in entries,
            has_bought=not all(map(is_declared, register)),
        )

    def ask_loose(self, stamp: str | None) -> bool:
        """Say whether a mesh with that stamp may have loose edges and points that are another's.

        Faces carry marks; what has no face, only what is known of the whole file can make suspicious.
        """
        return stamp is not None and (self.has_wires or self.ask_image(stamp))

    def ask_image(self, stamp: str | None) -> bool:
        """Say whether a picture, or another file, with that stamp may be what was bought: a declared one."""
        return stamp is not None and self.has_bought and is_declared(stamp)


def note_file(size: int, path: str) -> str:
    """Write what is noted of the file that something declared shows: bytes, and name without folders."""
    return f"{size} {_name_of(path)}"


def is_other_file(noted: str, size: int, path: str) -> bool:
    """Say whether a file is another one than was noted: by its name and by its size.

    One that was only written again, or only moved or renamed, is the same one.
    """
    then, _, name = noted.partition(" ")
    return (count := read_count(then)) is not None and count != size and name != _name_of(path)


def read_count(noted: str | None) -> int | None:
    """Read a number that was noted; None for what is none, since anybody can edit it."""
    return int(noted) if noted is not None and noted.isdecimal() and len(noted) <= MAX_DIGITS else None


def _name_of(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def find_foreign(stamp: str | None, within: str | None) -> str | None:
    """Return the grant that the nodes of a material carry, if it is not the material's own.

    Both are stamp texts. Pasting a material puts its nodes, with what is written on them, into another one.
    """
    if stamp is None or within is None or within == stamp:
        return None
    try:
        foreign = decode(within).grant_id
    except UserInputError:
        return None
    try:
        return None if decode(stamp).grant_id == foreign else foreign
    except UserInputError:
        return foreign


def is_declared(text: str) -> bool:
    """Say whether a stamp's text is a declaration's. Quick: nothing of it is checked."""
    return f'"marketplace":"{DECLARED}"' in text


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))


def _pick(numbers: object, texts: list[Any]) -> dict[str, str]:
    if not isinstance(numbers, dict):
        return {}
    return {
        key: texts[number]
        for key, number in numbers.items()
        if isinstance(number, int)
        and not isinstance(number, bool)
        and 0 <= number < len(texts)
        and isinstance(texts[number], str)
        and _is_text(key)
        and _is_text(texts[number])
    }


def _parse(text: str, *, limit: int) -> Any:
    if len(text) > limit:
        raise _damaged()
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _damaged() from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _needed(grant_id: object, marketplace: object) -> tuple[str, ...]:
    """Return the fields that must not be empty: declared content names no listing and no terms."""
    if marketplace == DECLARED and isinstance(grant_id, str) and is_declaration_id(grant_id):
        return tuple(name for name in _FIELDS if name not in _NOT_DECLARED)
    return _FIELDS


def _is_field(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_FIELD_LENGTH or value != value.strip():
        return False
    # What is printable is none of these: nearly every field, and much faster to tell.
    return value.isprintable() or not any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in value
    )


def _is_text(value: str) -> bool:
    """Say whether a text can be written to a file: JSON can spell half a character."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def _clean(text: str) -> str:
    """Return one line without control characters, as a credit line is shown and printed."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    kept = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in text)
    return " ".join(kept.split())


def _damaged() -> UserInputError:
    return UserInputError("A license stamp in this file is damaged.", code="stamp.damaged")
