"""Enterprise agreements that stand over a marketplace's standard terms for a time: note, list, end.

Which one holds where several could is in :mod:`core.policy.agreeing`; they are never added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ...clock import Clock
from ...errors import UserInputError
from ...files.store import Store
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue
from ...model.agreement import Agreement
from ...model.audit import AuditEvent
from ...policy.agreeing import holds_on
from ...policy.roles import Act
from ...policy.toml_lines import find_line
from ..clearing.keep_file import keep_file
from .standing import Standing

MAX_NAME = 200
MAX_REASON = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgreement:
    """What was agreed, as somebody enters it. ``text`` is the TOML table, ``text_name`` names its file."""

    marketplace: str
    name: str
    starts_on: date
    text: str
    text_name: str = "The terms"
    ends_on: date | None = None
    license_ids: tuple[str, ...] = ()
    document: Path | None = None
    """The signed document, of which a copy is kept in the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreements:
    """Looks after agreements."""

    ledger: Ledger
    store: Store
    catalogue: LicenseCatalogue
    standing: Standing
    clock: Clock
    ids: Ids

    def list(self, *, with_ended: bool = False) -> tuple[Agreement, ...]:
        """Return agreements in the order in which they were noted; ``with_ended``: over or ended ones too."""
        today = self.clock.now().date()
        return tuple(
            one
            for one in self.ledger.values(Agreement)
            if with_ended or (one.ended_at is None and (one.ends_on is None or one.ends_on >= today))
        )

    def holding(self, *, day: date | None = None) -> tuple[Agreement, ...]:
        """Return the agreements whose period a day is in; today where none is named."""
        when = day or self.clock.now().date()
        return tuple(one for one in self.ledger.values(Agreement, ended_at=None) if holds_on(one, when))

    def add(self, new: NewAgreement) -> Agreement:
        """Note an agreement.

        Raises UserInputError that names line and field of what cannot be, NotAllowed. Nothing is kept then.
        """
        made = self._check(new)
        self.standing.require(Act.AGREE)
        if new.document is not None:
            made = replace(made, document_sha256=keep_file(self.store, new.document).sha256)
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.AGREE, reader=work)
            made = replace(made, noted_by=actor)
            work.add(made)
            work.record(
                AuditEvent(
                    action="agreement.noted",
                    subject=made.id,
                    actor=actor,
                    at=made.noted_at,
                    details=(
                        ("name", made.name),
                        ("marketplace", made.marketplace),
                        ("licenses", ", ".join(made.license_ids) or "all"),
                        ("from", made.starts_on.isoformat()),
                        ("to", made.ends_on.isoformat() if made.ends_on is not None else "open"),
                        ("overrides", made.overrides),
                        ("document_sha256", made.document_sha256),
                    ),
                )
            )
        return made

    def end(self, agreement_id: str, *, reason: str) -> Agreement:
        """End an agreement now; the standard terms hold from then on. Raises UserInputError, NotAllowed."""
        why = clean_text(reason, limit=MAX_REASON)
        if not why:
            raise UserInputError("Say why the agreement ends.", code="agreement.reason_needed")
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.AGREE, reader=work)
            agreement = work.value(Agreement, agreement_id)
            if agreement is None:
                raise UserInputError(
                    "There is no such agreement. `clearance agreement list` shows them.",
                    code="agreement.unknown",
                )
            if agreement.ended_at is not None:
                raise UserInputError(
                    f"“{agreement.name}” was ended on {agreement.ended_at.date().isoformat()} already.",
                    code="agreement.ended",
                )
            ended = work.change(replace(agreement, ended_at=now))
            work.record(
                AuditEvent(
                    action="agreement.ended",
                    subject=agreement.id,
                    actor=actor,
                    at=now,
                    details=(("name", agreement.name), ("reason", why)),
                )
            )
        return ended

    def find_beside(self, agreement: Agreement) -> tuple[Agreement, ...]:
        """Return other agreements that are about some of the same licenses at the same time."""
        return tuple(
            other
            for other in self.ledger.values(Agreement, marketplace=agreement.marketplace, ended_at=None)
            if other.id != agreement.id and _overlap(agreement, other)
        )

    def _check(self, new: NewAgreement) -> Agreement:
        name = clean_text(new.name, limit=MAX_NAME)
        if not name:
            raise UserInputError("Give the agreement a name.", code="agreement.name_needed")
        if new.marketplace not in self.catalogue.marketplaces:
            known = ", ".join(sorted(self.catalogue.marketplaces))
            raise UserInputError(
                f"“{new.marketplace}” is no marketplace. There are: {known}.", code="agreement.marketplace"
            )
        if new.ends_on is not None and new.ends_on < new.starts_on:
            raise UserInputError(
                f"The agreement would end on {new.ends_on.isoformat()}, before it starts on "
                f"{new.starts_on.isoformat()}.",
                code="agreement.period",
            )
        self._check_licenses(new.marketplace, new.license_ids)
        return Agreement(
            id=self.ids.new("agreement"),
            marketplace=new.marketplace,
            name=name,
            starts_on=new.starts_on,
            ends_on=new.ends_on,
            overrides=check_overrides(new.text, name=new.text_name),
            license_ids=tuple(dict.fromkeys(new.license_ids)),
            noted_by=self.standing.actor,
            noted_at=self.clock.now(),
        )

    def _check_licenses(self, marketplace: str, license_ids: Iterable[str]) -> None:
        known = {terms.license_id for terms in self.catalogue.all() if terms.marketplace == marketplace}
        for license_id in license_ids:
            if license_id not in known:
                raise UserInputError(
                    f"“{license_id}” is no license of {marketplace}. There are: {', '.join(sorted(known))}.",
                    code="agreement.license",
                )


def check_overrides(text: str, *, name: str) -> str:
    """Return what an agreement changes, in its one form; raise UserInputError that names line and field."""
    from ...licenses.overrides import read_overrides, write_overrides

    try:
        return write_overrides(read_overrides(text, name=name))
    except UserInputError as error:
        key, problem = str(error.context.get("key") or ""), str(error.context.get("problem") or error)
        line = _find_line(text, key)
        where = f"{name}{f', line {line}' if line else ''}{f', {key}' if key else ''}"
        raise UserInputError(
            f"{where}: {problem.rstrip('.')}. The fields are those of the license terms; see "
            "docs/seats-and-renewals.md.",
            code="agreement.invalid",
            context={"key": key, "line": line},
        ) from None


def _find_line(text: str, key: str) -> int:
    if not key:
        return 0
    for prefix in ("outputs.", "output."):
        if key.startswith(prefix):
            kind = key.removeprefix(prefix)
            return find_line(text, table="outputs", key=kind) or find_line(text, key="outputs")
    return find_line(text, key=key.partition(".")[0])


def _overlap(one: Agreement, other: Agreement) -> bool:
    last = date.max
    together = max(one.starts_on, other.starts_on) <= min(one.ends_on or last, other.ends_on or last)
    shared = not one.license_ids or not other.license_ids or set(one.license_ids) & set(other.license_ids)
    return together and bool(shared)
