"""Declares content that no marketplace sold: whose it is, under which license, and who says so.

What comes out is the stamp that the host writes on the data-blocks, as for what was bought.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from ...clock import Clock
from ...errors import UserInputError
from ...files.store import Store
from ...ids import Ids
from ...ledger.port import Ledger
from ...model.audit import AuditEvent
from ...model.declaration import DECLARATION, Declaration, Origin
from ...policy.declared import make_credit
from ...policy.free_licenses import find_free_license
from ...stamp_format import Stamp, make_declared_stamp
from .keep_file import keep_file

MAX_LINE = 300
MAX_REASON = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A declaration, and what is to be written on the data-blocks that it is about."""

    declaration: Declaration
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """Writes declarations, withdraws them, and tells of them."""

    ledger: Ledger
    store: Store
    clock: Clock
    ids: Ids

    def declare(
        self,
        origin: Origin,
        *,
        title: str,
        reason: str,
        actor: str,
        author: str = "",
        license: str = "",  # noqa: A002 - the word users know
        source_url: str = "",
        credit: str = "",
        client: str = "",
        project: str = "",
        evidence: Path | None = None,
    ) -> Declared:
        """Declare something. A copy of the evidence is kept in the store.

        A license that is known by its SPDX id is written as such; another name is kept as it is, and then a
        person has to look. Raises UserInputError (``declare.refused``) for what declares nothing, and then
        nothing is written; DownloadError for the disk.
        """
        if origin is Origin.FREE_LICENSE and not license.strip():
            raise _refused("Name the license, such as CC-BY-4.0, as it stands where the content comes from.")
        if origin is Origin.CLIENT and not client.strip():
            raise _refused("Name the client whose content this is.")
        made = Declaration(
            id=self.ids.new(DECLARATION),
            origin=origin,
            title=_line(title, "title", needed=True),
            declared_by=actor,
            declared_at=self.clock.now(),
            reason=_line(reason, "reason", needed=True, limit=MAX_REASON),
            author=_line(author, "author"),
            license=find_free_license(license) or _line(license, "license"),
            source_url=_check_url(_line(source_url, "address", limit=MAX_REASON)),
            credit=_line(credit, "credit"),
            client=_line(client, "client"),
            project=_line(project, "project"),
        )
        name = ""
        if evidence is not None:
            kept = keep_file(self.store, evidence)
            made, name = replace(made, evidence_sha256=kept.sha256), kept.name
        with self.ledger.transaction() as work:
            work.add_declaration(made)
            work.record(
                AuditEvent(
                    action="content.declared",
                    subject=made.id,
                    actor=actor,
                    at=made.declared_at,
                    details=(
                        ("origin", made.origin.value),
                        ("title", made.title),
                        ("reason", made.reason),
                        ("author", made.author),
                        ("license", made.license),
                        ("source", made.source_url),
                        ("client", made.client),
                        ("project", made.project),
                        ("evidence_sha256", made.evidence_sha256),
                        ("evidence", name),
                    ),
                )
            )
        return Declared(declaration=made, stamp=make_declared_stamp(made, credit=make_credit(made)))

    def again(self, declaration_id: str) -> Declared:
        """Return a declaration that still stands with its stamp, for more of the same content.

        Raises UserInputError when there is none, or when it was withdrawn.
        """
        found = self._find(declaration_id)
        if found.withdrawn_at is not None:
            raise UserInputError(
                f"That declaration was withdrawn on {found.withdrawn_at:%Y-%m-%d}. Declare it anew.",
                code="declare.withdrawn",
            )
        return Declared(declaration=found, stamp=make_declared_stamp(found, credit=make_credit(found)))

    def withdraw(self, declaration_id: str, *, reason: str, actor: str) -> Declaration:
        """Note that a declaration holds no more: what carries it is undeclared from now on.

        Raises UserInputError when there is none, or when it was withdrawn before.
        """
        found, why = self._find(declaration_id), _line(reason, "reason", needed=True, limit=MAX_REASON)
        if found.withdrawn_at is not None:
            raise UserInputError(
                f"That declaration was withdrawn on {found.withdrawn_at.date().isoformat()} already.",
                code="declare.withdrawn",
            )
        now = self.clock.now()
        with self.ledger.transaction() as work:
            work.withdraw_declaration(declaration_id, at=now)
            work.record(
                AuditEvent(
                    action="declaration.withdrawn",
                    subject=declaration_id,
                    actor=actor,
                    at=now,
                    details=(("title", found.title), ("reason", why)),
                )
            )
        return replace(found, withdrawn_at=now)

    def list(self, *, limit: int = 1000) -> tuple[Declaration, ...]:
        """Return declarations, withdrawn or not, newest first."""
        return self.ledger.declarations(limit=limit)

    def _find(self, declaration_id: str) -> Declaration:
        found = self.ledger.declaration(declaration_id)
        if found is None:
            raise UserInputError(
                "There is no such declaration; “clearance declarations” lists them.",
                code="declare.unknown",
                context={"declaration_id": declaration_id[:80]},
            )
        return found


def _line(text: str, what: str, *, needed: bool = False, limit: int = MAX_LINE) -> str:
    """Return a text on one line without control characters.

    Raises UserInputError when it is too long, or empty where it is needed.
    """
    kept = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in text[: limit * 4]
    )
    line = " ".join(kept.split())
    if len(line) > limit or len(text) > limit * 4:
        raise _refused(f"Keep the {what} below {limit:,} characters.")
    if needed and not line:
        raise _refused(f"The {what} is missing.")
    return line


def _check_url(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        good = False
    if not good:
        raise _refused(f"{text[:120]!r} is no web address; write it as https://…")
    return text


def _refused(message: str) -> UserInputError:
    return UserInputError(message, code="declare.refused")
