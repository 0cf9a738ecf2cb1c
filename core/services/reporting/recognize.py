"""Recognize unstamped content: images and meshes that the ledger knows, though nothing on them says so.

It proposes and notes what people decided. It stamps nothing and clears nothing: what is recognized stays
undeclared until somebody stamps it. Worker threads only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...clock import Clock
from ...errors import ClearanceError, UserInputError
from ...files.disk import Cancelled, Progress, ignore_progress, never_cancelled, stop_if
from ...fingerprints import (
    FileFingerprint,
    Likeness,
    Match,
    fingerprint_arrays,
    fingerprint_file,
    fingerprint_pixels,
    to_rgba,
)
from ...ledger.port import Ledger
from ...model.audit import AuditEvent
from ...model.content import Candidate
from ...model.declaration import DECLARED, is_declaration_id
from ...model.recognition import Passed, Recognized, Suggestion
from ...model.scene import DataBlock, Handle, IdType, SceneScan
from ...policy.declared import make_credit
from ...stamp_format import encode, make_declared_stamp, make_stamp
from .known_content import KeptIndex, Key, KnownIndex

MAX_IMAGE_BYTES = 512 * 1024 * 1024
RECOGNIZED_TYPES = frozenset({IdType.MESH, IdType.IMAGE})
_SURENESS = {Likeness.EXACT: 0, Likeness.STRETCHED: 2}
"""All others are 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a look found: recognized content, what could not be looked at, and how many were."""

    found: tuple[Recognized, ...] = ()
    passed: tuple[Passed, ...] = ()
    looked_at: int = 0
    known: int = 0
    """How many images and meshes the ledger knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognize:
    """Compares content with what the ledger knows."""

    ledger: Ledger
    clock: Clock
    index: KeptIndex
    name_of: Callable[[str], str]
    """A marketplace's name for people."""

    def find(
        self,
        candidates: Iterable[Candidate],
        *,
        total: int = 0,
        progress: Progress = ignore_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Recognition:
        """Look at candidates one by one; what is wrong with one becomes a sentence. CancelledError."""
        index = self.index.get()
        matches: list[tuple[str, list[Match[Key]]]] = []
        passed: list[Passed] = []
        count = 0
        for candidate in candidates:
            stop_if(cancelled)
            count += 1
            if candidate.why_not:
                passed.append(Passed(subject=candidate.subject, why=candidate.why_not))
                continue
            try:
                found = self._match(index, candidate)
            except (ClearanceError, OSError, MemoryError) as error:
                why = error.message if isinstance(error, ClearanceError) else str(error)
                passed.append(Passed(subject=candidate.subject, why=why))
            else:
                if found:
                    matches.append((candidate.subject, found))
            progress(count, max(total, count))
        named = self._name({key[0] for _, found in matches for key in (one.key for one in found)})
        recognized = (
            Recognized(subject=subject, suggestions=_suggest(found, named)) for subject, found in matches
        )
        return Recognition(
            found=tuple(one for one in recognized if one.suggestions),
            passed=tuple(passed),
            looked_at=count,
            known=len(index.images) + len(index.meshes) + len(index.files),
        )

    def note_stamped(self, stamped: Sequence[tuple[str, str]], *, scene: str, actor: str) -> None:
        """Note in the audit what somebody stamped because it was recognized: subjects with grant ids."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            for grant_id in dict.fromkeys(grant_id for _, grant_id in stamped):
                subjects = [subject for subject, of in stamped if of == grant_id]
                work.record(
                    AuditEvent(
                        action="content.stamped",
                        subject=grant_id,
                        actor=actor,
                        at=now,
                        details=(
                            ("scene", scene or "unsaved scene"),
                            ("count", str(len(subjects))),
                            ("data_blocks", ", ".join(subjects)[:1000]),
                            ("because", "recognized by its content"),
                        ),
                    )
                )

    @staticmethod
    def _match(index: KnownIndex, candidate: Candidate) -> list[Match[Key]]:
        if candidate.mesh is not None:
            shape = fingerprint_arrays(candidate.mesh)
            return [] if shape is None else index.meshes.find(shape)
        if candidate.pixels is not None:
            pixels = candidate.pixels
            return index.images.find(fingerprint_pixels(pixels.width, pixels.height, to_rgba(pixels)))
        data = candidate.image
        if candidate.image_path is not None:
            data = _read(candidate.image_path)
        if data is None:
            return []
        exact = index.find_file(FileFingerprint.of(data))
        return exact or index.images.find(fingerprint_file(data))

    def _name(self, ids: set[str]) -> dict[str, Suggestion]:
        """Return what the ledger says of grants and declarations, without a likeness yet."""
        named: dict[str, Suggestion] = {}
        for grant in self.ledger.grants_by_id(one for one in ids if not is_declaration_id(one)).values():
            named[grant.id] = Suggestion(
                grant_id=grant.id,
                marketplace=self.name_of(grant.ref.marketplace),
                listing_id=grant.ref.id,
                title=grant.title,
                since=grant.granted_at,
                state=str(grant.state),
                name="",
                likeness="",
                stamp=encode(make_stamp(grant)),
            )
        declared = [one for one in ids if is_declaration_id(one)]
        for declaration in self.ledger.declarations_by_id(declared).values():
            if declaration.withdrawn_at is None:
                named[declaration.id] = Suggestion(
                    grant_id=declaration.id,
                    marketplace="",
                    listing_id="",
                    title=declaration.title,
                    since=declaration.declared_at,
                    state=DECLARED,
                    name="",
                    likeness="",
                    is_declared=True,
                    stamp=encode(make_declared_stamp(declaration, credit=make_credit(declaration))),
                )
        return named


def find_free(scan: SceneScan) -> tuple[DataBlock, ...]:
    """Return the meshes and images of a scene that carry no license, and once had none, linked ones too."""
    return tuple(
        block
        for block in scan.data_blocks
        if block.id_type in RECOGNIZED_TYPES and block.users and is_free(block)
    )


def is_free(block: DataBlock) -> bool:
    """Say whether nothing on a data-block names a license."""
    return block.stamp is None and not block.face_grants and block.remembered is None and not block.missing


def with_objects(scan: SceneScan, block: DataBlock) -> tuple[Handle, ...]:
    """Return what is to be stamped with a mesh or an image: for a mesh the objects that show it, too.

    Materials are not: somebody may have put them on what was bought.
    """
    own = Handle(id_type=block.id_type, session_uid=block.session_uid)
    if block.id_type != IdType.MESH:
        return (own,)
    objects = (
        Handle(id_type=other.id_type, session_uid=other.session_uid)
        for other in scan.data_blocks
        if other.id_type == IdType.OBJECT
        and (other.data_type, other.data_name) == ("MESH", block.name)
        and is_free(other)
        and other.library == block.library
    )
    return (own, *objects)


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_IMAGE_BYTES:
        raise UserInputError(f"{path.name} is too large to be looked at.", code="recognize.too_large")
    return path.read_bytes()


def _suggest(found: Sequence[Match[Key]], named: dict[str, Suggestion]) -> tuple[Suggestion, ...]:
    """Return one suggestion a grant, by its best match; what is less sure than the surest is left out."""
    best: dict[str, Match[Key]] = {}
    for match in found:
        if match.key[0] in named:
            best.setdefault(match.key[0], match)
    sure = min((_sureness(match) for match in best.values()), default=0)
    ordered = sorted(
        (match for match in best.values() if _sureness(match) == sure),
        key=lambda match: (match.apart, match.key[0]),
    )
    return tuple(_suggestion(named[match.key[0]], match) for match in ordered)


def _sureness(match: Match[Key]) -> int:
    return _SURENESS.get(match.likeness, 1)


def _suggestion(one: Suggestion, match: Match[Key]) -> Suggestion:
    return replace(one, name=match.key[1], likeness=match.likeness.value, apart=match.apart)
