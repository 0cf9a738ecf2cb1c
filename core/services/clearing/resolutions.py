"""Decides about findings: with a reason, an author, evidence that is kept, and an end; written down for good.

The ledger keeps resolutions; a TOML file of a project or a studio can do so too, where people want to read
and version them. There, entries are only ever added at the end.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from ...clock import Clock
from ...errors import UserInputError
from ...files.store import Store
from ...ids import Ids
from ...ledger.port import Ledger
from ...model.audit import AuditEvent
from ...model.resolution import Resolution, ResolutionBook, ResolutionKind
from ...policy.resolution_file import (
    check_resolution,
    encode_resolution,
    encode_resolutions,
    parse_resolutions,
)
from ...policy.resolving import STUDIO, find_kinds
from ...reports.rule_texts import RULE_TEXTS
from .keep_file import keep_file

MAX_REASON = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolutions:
    """Records what was decided, and tells of it."""

    ledger: Ledger
    store: Store
    clock: Clock
    ids: Ids

    def resolve(
        self,
        subject: str,
        rule: str,
        *,
        kind: ResolutionKind,
        reason: str,
        actor: str,
        evidence: Path | None = None,
        until: date | None = None,
        project: str = "",
        terms_sha256: str = "",
        book: ResolutionBook | None = None,
    ) -> Resolution:
        """Record a decision about a rule's finding on a subject (a grant id, or such as MESH/Chair).

        A copy of the evidence is kept in the store. ``until`` is the last day on which it counts. ``book``
        keeps it in another place than the ledger; the audit notes it all the same. Raises UserInputError for
        what could never count, and then nothing is written; DownloadError for the disk.
        """
        check_rule(rule)
        if len(reason) > MAX_REASON:
            raise UserInputError(
                f"Keep the reason below {MAX_REASON:,} characters; attach the rest as evidence.",
                code="resolution.refused",
            )
        now = self.clock.now()
        made = Resolution(
            id=self.ids.new("resolution"),
            kind=kind,
            rule=rule,
            subject=subject.strip(),
            reason=reason.strip(),
            author=actor,
            decided_at=now,
            # Looked at before anything is kept: what could never count leaves nothing behind.
            evidence_sha256="0" * 64 if evidence is not None else "",
            ends_at=_end_of(until),
            project=project,
            terms_sha256=terms_sha256,
        )
        check_resolution(made)
        name = ""
        if evidence is not None:
            kept = keep_file(self.store, evidence)
            made, name = replace(made, evidence_sha256=kept.sha256), kept.name
        with self.ledger.transaction() as work:
            if book is None:
                work.add_resolution(made)
            else:
                book.add(made)
            work.record(
                AuditEvent(
                    action="finding.resolved",
                    subject=made.id,
                    actor=actor,
                    at=now,
                    details=(
                        ("about", made.subject),
                        ("rule", made.rule),
                        ("kind", made.kind.value),
                        ("reason", made.reason),
                        ("evidence_sha256", made.evidence_sha256),
                        ("evidence", name),
                        ("ends_at", made.ends_at.isoformat() if made.ends_at else ""),
                        ("project", made.project),
                        ("kept_in", "file" if book is not None else "ledger"),
                    ),
                )
            )
        return made

    def resolutions(self) -> tuple[Resolution, ...]:
        """Return what the ledger keeps, in the order in which it came."""
        return self.ledger.resolutions()


def check_rule(rule: str) -> None:
    """Raise UserInputError for a rule that there is not, or whose finding nobody can decide away.

    A studio's own rules are named in its file, which is not looked at here: any name is taken.
    """
    if rule not in RULE_TEXTS and not rule.startswith(STUDIO):
        near = difflib.get_close_matches(rule, RULE_TEXTS, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise UserInputError(
            f"There is no rule {rule!r}.{meant} `clearance policy rules` lists all.",
            code="resolution.no_rule",
        )
    if not find_kinds(rule):
        raise UserInputError(
            f"Nothing answers {rule}: nobody can decide it away. Fix what it is about.",
            code="resolution.refused",
        )


def _end_of(day: date | None) -> datetime | None:
    """Return the end of a day; raise UserInputError for the last day that there is."""
    if day is None:
        return None
    try:
        return datetime.combine(day, time(), UTC) + timedelta(days=1)
    except OverflowError:
        raise UserInputError("That day is too far away.", code="resolution.refused") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionFile:
    """A :class:`~core.model.resolution.ResolutionBook` in a file; a file that is not there is empty."""

    path: Path

    def resolutions(self, *, must_exist: bool = False) -> tuple[Resolution, ...]:
        """Return all of them; raise UserInputError that names the line of what is wrong."""
        if must_exist and not self.path.is_file():
            raise UserInputError(f"There is no file {self.path}.", code="resolutions.unreadable")
        text = self._read()
        return parse_resolutions(text, name=self.path.name) if text else ()

    def add(self, resolution: Resolution) -> None:
        """Write one more at the end, whole or not at all; raise UserInputError for what could never count."""
        check_resolution(resolution)
        if any(before.id == resolution.id for before in self.resolutions()):
            raise UserInputError(
                f"{self.path.name} has a resolution {resolution.id!r} already.", code="resolution.twice"
            )
        text = self._read() or encode_resolutions(())
        self._write(text.rstrip("\n") + "\n" + encode_resolution(resolution))

    def _read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise UserInputError(
                f"{self.path} cannot be read: {error}.", code="resolutions.unreadable"
            ) from error

    def _write(self, text: str) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                Path(name).replace(self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise UserInputError(
                f"The resolution could not be written to {self.path}: {error.strerror or error}.",
                code="resolutions.write",
            ) from error
