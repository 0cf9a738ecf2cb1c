"""Recognize what somebody downloaded from a marketplace's website, and say what it may belong to.

Pure matching over facts; reads files' first bytes, never moves or changes one. Nothing is certain but the
product's id in a package's own store header; everything else is a proposal that a person confirms.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..errors import DownloadError, DownloadRefused
from ..model.listing import ListingRef
from .archives.unpack import is_archive
from .arrivals import SETTLE_S, FileFacts, file_facts, list_arrivals
from .detect import KNOWN_ENDINGS, Family, check_name, detect, ending_of
from .disk import CHUNK, Cancelled, Progress, explain_disk_errors, ignore_progress, never_cancelled, stop_if
from .unity.header import StoreOrigin, read_origin

STORE_HEADER_MARKETPLACE = "unity"
"""The marketplace whose packages carry the header that names their product."""
MAX_AGE = timedelta(days=30)
MAX_DESCRIBED = 300
_WANTED = {"zip", "7z", "rar", "unitypackage", "tar", "tar.gz", "gz"}
_WANTED_ENDINGS = _WANTED | {"tgz"}
_COPY_NUMBER = re.compile(r"\s*(\(\d{1,3}\)|- Copy)$")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_SMALL_WORDS = frozenset(
    {"a", "an", "the", "and", "or", "of", "for", "with", "in", "on", "to", "by", "d", "model", "models",
     "pack", "package", "asset", "assets", "low", "high", "poly", "pbr", "free", "vol"}
)  # fmt: skip
"""Words that half of all titles have: they tell nothing apart."""
_SHORTEST_ID = 4
SCORE_CERTAIN, SCORE_ID, SCORE_TITLE, SCORE_RECENT = 1.0, 0.8, 0.6, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArchive:
    """A downloaded file. ``kind`` is its real type, such as ``zip``, ``unitypackage`` or ``fbx``."""

    path: Path
    size: int
    modified_at: datetime
    kind: str
    origin: StoreOrigin | None = None
    origin_trouble: str = ""
    """Why a store header that is there is not believed, as a sentence."""
    name_tokens: tuple[str, ...] = ()
    """Words and numbers of its name, lower-case, in order."""
    note: str = ""
    """A sentence where name and content disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderScan:
    """What a folder has. ``problem`` says why it could not be looked into; empty when it could."""

    folder: Path
    found: tuple[FoundArchive, ...] = ()
    arriving: tuple[str, ...] = ()
    """Names of files that are still being downloaded."""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What waits for a file: a license without files, or an order that is open on a website."""

    ref: ListingRef
    title: str
    order_id: str = ""
    grant_id: str = ""
    """Empty: nobody has confirmed the purchase yet, so that no file can be taken for it."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A file may belong to a candidate. ``score`` 0 to 1; only a certain one needs no person to confirm."""

    candidate: Candidate
    score: float
    is_certain: bool
    reasons: tuple[str, ...]


def scan_folder(
    folder: Path, *, now: datetime, settle_s: float = SETTLE_S, max_age: timedelta = MAX_AGE
) -> FolderScan:
    """Find the archives and models that came into a folder lately, newest first. Its problems are told."""
    try:
        arrivals = list_arrivals(folder, now=now, settle_s=settle_s)
    except OSError as error:
        why = (
            "it is not there" if isinstance(error, FileNotFoundError) else error.strerror or "no reason given"
        )
        return FolderScan(folder=folder, problem=f"{folder} cannot be looked into: {why}.")
    found: list[FoundArchive] = []
    arriving = list(arrivals.arriving)
    for facts in arrivals.whole:
        if now - facts.modified_at > max_age or len(found) >= MAX_DESCRIBED:
            break
        if not _may_be_wanted(facts.path.name):
            continue
        one = _describe(facts)
        if not facts.is_unchanged():
            arriving.append(facts.path.name)
        elif one is not None:
            found.append(one)
    problem = f"{folder} has more files than are looked at." if arrivals.is_cut else ""
    return FolderScan(folder=folder, found=tuple(found), arriving=tuple(sorted(arriving)), problem=problem)


def describe(path: Path) -> FoundArchive:
    """Describe one file that the user chose: an archive, a model, or a picture, film or sound.

    Raises DownloadRefused when it is none of these, or no plain file.
    """
    facts = file_facts(path)
    if facts is None:
        raise DownloadRefused(
            f"“{path.name or path}” is not a file that can be picked up. Choose the downloaded file itself.",
            code="pickup.no_file",
        )
    with explain_disk_errors("read the file"):
        found = _describe(facts, careful=False)
    if found is None:
        raise DownloadRefused(
            f"“{path.name}” is neither an archive nor a model, picture, film or sound that is known here. "
            "Choose the file that the marketplace handed out.",
            code="pickup.wrong_type",
            context={"type": detect(path).name},
        )
    return found


def match(found: FoundArchive, candidates: Iterable[Candidate]) -> tuple[Match, ...]:
    """Say what a file may belong to, best first. Pure."""
    matches = [one for candidate in candidates if (one := _match(found, candidate)) is not None]
    return tuple(sorted(matches, key=lambda one: (-one.score, one.candidate.title, str(one.candidate.ref))))


def tokenize(name: str) -> tuple[str, ...]:
    """Return the words and numbers of a name, lower-case, accents folded, ``CamelCase`` taken apart."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return tuple(word.casefold() for word in _WORD.findall(spaced))


def copy_in(
    source: Path,
    folder: Path,
    *,
    cancelled: Cancelled = never_cancelled,
    progress: Progress = ignore_progress,
) -> tuple[Path, str, int]:
    """Copy a file into a folder of ours, hashing while it is read; return copy, SHA-256 and size in bytes.

    The original is only read. Raises DownloadError (disk, or it changed meanwhile), CancelledError.
    """
    before = file_facts(source)
    if before is None:
        raise DownloadRefused(
            f"{source.name} is not there, or no plain file. Choose it again.", code="pickup.no_file"
        )
    digest = hashlib.sha256()
    done = 0
    with explain_disk_errors(f"copy {source.name}"):
        number, name = tempfile.mkstemp(prefix="pickup-", dir=folder)
        copy = Path(name)
        try:
            with os.fdopen(number, "wb") as target, source.open("rb") as file:
                while done <= before.size and (chunk := file.read(CHUNK)):  # else it may grow for ever
                    stop_if(cancelled)
                    digest.update(chunk)
                    target.write(chunk)
                    done += len(chunk)
                    progress(done, before.size)
            if done != before.size or not before.is_unchanged():
                raise DownloadError(
                    f"{source.name} changed while it was copied: its download may not be over. Try again.",
                    code="pickup.still_changing",
                    retryable=True,
                )
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
    return copy, digest.hexdigest(), done


def _describe(facts: FileFacts, *, careful: bool = True) -> FoundArchive | None:
    """Describe a file; None when it is of no use.

    ``careful``: nobody chose it, so that an unreadable one is of no use either, nor a picture.
    """
    try:
        kind = detect(facts.path)
        reading = read_origin(facts.path)
    except OSError:
        if careful:
            return None
        raise
    if not is_archive(kind) and kind.family not in (_SEEN if careful else _CHOSEN):
        return None
    is_package = kind.name in ("tar", "tar.gz", "gz") and ending_of(facts.path.name) == "unitypackage"
    return FoundArchive(
        path=facts.path,
        size=facts.size,
        modified_at=facts.modified_at,
        kind="unitypackage" if is_package else kind.name,
        origin=reading.origin,
        origin_trouble=reading.trouble,
        name_tokens=tokenize(_stem(facts.path.name)),
        note=check_name(facts.path.name, kind),
    )


def _may_be_wanted(name: str) -> bool:
    """Say by a file's ending whether it is worth opening: thousands of others may lie beside it."""
    ending = ending_of(name)
    return ending in _WANTED_ENDINGS or KNOWN_ENDINGS.get(ending, "") in _MODELS


_SEEN = frozenset({Family.MODEL})
_CHOSEN = _SEEN | {Family.IMAGE, Family.VIDEO, Family.AUDIO}
_MODELS = frozenset(
    {"blend", "glb", "gltf", "obj", "fbx", "usda", "usdc", "usdz", "abc", "stl", "ply", "dae"}
)


def _stem(name: str) -> str:
    ending = ending_of(name)
    stem = name[: -len(ending) - 1] if ending in _WANTED_ENDINGS or ending in KNOWN_ENDINGS else name
    return _COPY_NUMBER.sub("", stem)


def _match(found: FoundArchive, candidate: Candidate) -> Match | None:
    reasons: list[str] = []
    score, is_certain = 0.0, False
    if found.origin is not None:
        if candidate.ref.marketplace != STORE_HEADER_MARKETPLACE:
            return None
        if found.origin.product_id != candidate.ref.id:
            return None
        score, is_certain = SCORE_CERTAIN, True
        reasons.append(f"It says itself that it is product {candidate.ref.id} of the Asset Store.")
    if candidate.ref.id in found.name_tokens and _is_telling_id(candidate.ref.id):
        score = max(score, SCORE_ID)
        reasons.append(f"Its name has the product's number, {candidate.ref.id}.")
    common, share = _shared_words(candidate.title, found.name_tokens)
    if share >= 0.5:
        score = max(score, SCORE_TITLE * share)
        reasons.append(f"Its name has words of the title: {', '.join(common[:6])}.")
    if not reasons:
        return None
    if candidate.since is not None and found.modified_at >= candidate.since and not is_certain:
        score += SCORE_RECENT
        reasons.append("It came after the order.")
    return Match(candidate=candidate, score=round(score, 3), is_certain=is_certain, reasons=tuple(reasons))


def _is_telling_id(listing_id: str) -> bool:
    return listing_id.isdigit() and len(listing_id) >= _SHORTEST_ID


def _shared_words(title: str, tokens: Sequence[str]) -> tuple[tuple[str, ...], float]:
    """Return a title's telling words that are in a name, and which share of them that is."""
    words = tuple(dict.fromkeys(tokenize(title)))
    telling = [word for word in words if word not in _SMALL_WORDS and len(word) > 1]
    telling = telling or list(words)
    common = tuple(word for word in telling if word in tokens)
    return common, len(common) / len(telling) if telling else 0.0
