"""What was offered and what was delivered, as plain facts; None where nobody said, or could look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .listing import MediaKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a listing said when it was quoted, kept beside the quote; ``id`` is the quote's.

    ``facts`` is the JSON text of :func:`core.quality.offer.encode_offer`.
    """

    id: str
    facts: str
    noted_at: datetime


class OfferSource(StrEnum):
    """How it is known what was offered."""

    QUOTE = "quote"
    """Noted when the quote was made, before it was bought."""
    FEED = "feed"
    """What the product feed on this machine says today; the seller may have changed it since."""
    NOBODY = "nobody"
    """Not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFacts:
    """What a listing promised. ``width`` and ``height`` in pixels, of the largest size that is sold."""

    source: OfferSource = OfferSource.NOBODY
    as_of: str = ""
    """Day (ISO 8601) on which the listing said so."""
    kind: MediaKind | None = None
    formats: tuple[str, ...] = ()
    """Lower-case file endings without the dot."""
    polygons: int | None = None
    rigged: bool | None = None
    animated: bool | None = None
    pbr: bool | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    variant: str = ""
    """The size or version that was bought, in the marketplace's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What one model file holds. Paths are relative to the delivery, with forward slashes."""

    name: str
    format: str
    polygons: int | None = None
    vertices: int | None = None
    only_triangles: bool = False
    """The format knows triangles only, so that a model of quads has twice as many faces in it."""
    textures: tuple[str, ...] = ()
    """Pictures that it refers to, by file name."""
    missing: tuple[str, ...] = ()
    """Those of them that did not come."""
    embedded: int = 0
    """Pictures inside the file itself."""
    has_uvs: bool | None = None
    rigged: bool | None = None
    animated: bool | None = None
    size_m: float | None = None
    """Largest extent in meters."""
    size_units: float | None = None
    """Largest extent in units that the file does not name."""
    problem: str = ""
    """Why it could not be read, as a sentence; empty when it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """One picture. Sizes in pixels; None: not read here."""

    name: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """One film or sound. ``duration_s`` None: it cannot be read without a decoder."""

    name: str
    kind: MediaKind
    duration_s: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFacts:
    """All files of a delivery, archives unpacked."""

    files: int = 0
    formats: tuple[str, ...] = ()
    """Lower-case file endings, sorted; of files in archives too."""
    models: tuple[ModelFacts, ...] = ()
    pictures: tuple[PictureFacts, ...] = ()
    media: tuple[MediaFacts, ...] = ()
    unread_models: tuple[str, ...] = ()
    """Endings of models that are not looked into here (``max``, ``ma`` …)."""
    missing: tuple[str, ...] = ()
    """Pictures that materials beside the models name (Unity packages) and that did not come."""
    closed_archives: tuple[str, ...] = ()
    """Archives that could not be unpacked on this machine, by name."""
    left_out: int = 0
    """Files that were not looked at because there were too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """Where the files came from. Empty and None: not known, as with files that were picked up."""

    host: str = ""
    secured: bool | None = None
    """The connection was encrypted and the server's certificate was verified."""
    certificate_sha256: str = ""
    """Of the certificate (DER) that the server showed; empty when it was not seen."""
    checksum_promised: bool | None = None
    """The marketplace named a checksum, which held; False: it named none."""
