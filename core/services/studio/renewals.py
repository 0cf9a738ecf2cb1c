"""What ends: licenses, subscriptions, agreements, use-by dates. Reminds of it, and notes what is decided.

A license that ends is renewed with a proof, or let go: then what uses it is listed, to be replaced in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from ...clock import Clock
from ...errors import UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader, LedgerTransaction
from ...model.agreement import Agreement, Reminder, Renewal, RenewalState
from ...model.audit import AuditEvent
from ...model.evidence import DocumentKind
from ...model.grant import Grant, GrantState
from ...policy.ending import Ending, add_days, end_of_day, find_ending
from ...policy.roles import Act, may
from ..buying.documents import Documents, attach
from ..buying.settle import record_documents
from ..clearing.circumstances import group, read_terms, values_of
from ..clearing.keep_file import keep_file
from .ends import (
    PAST_DAYS,
    REMIND_DAYS,
    EndsAs,
    EndsSoon,
    Outlook,
    of_agreement,
    of_grant,
    reminder_id,
)
from .find_ends import Span, apply_all, find_ending_grants, find_not_noted, read_ending_terms
from .standing import Standing

MAX_REASON = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo:
    """What was let go, and the scenes in which it has to be replaced by then."""

    renewal: Renewal
    scenes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewals:
    """Looks after what ends."""

    ledger: Ledger
    documents: Documents
    standing: Standing
    clock: Clock
    ids: Ids

    def outlook(self, *, within_days: int = REMIND_DAYS[0], not_noted_most: int | None = None) -> Outlook:
        """Return what ends within some days, or ended in the last ``PAST_DAYS``.

        ``not_noted_most``: of each license whose subscription nobody noted the end of, only the newest so
        many grants are looked at; a panel has no use for a million of them.
        """
        reader, today = self.ledger, self.clock.now().date()
        span = Span(first=add_days(today, -PAST_DAYS), last=add_days(today, max(0, within_days)))
        agreements = reader.values(Agreement, ended_at=None)
        kept = apply_all(agreements, read_ending_terms(reader, every=bool(agreements)), day=today)
        found = find_ending_grants(reader, kept, span)
        not_noted = find_not_noted(reader, kept, most=not_noted_most)
        subjects = [*found, *(agreement.id for agreement in agreements)]
        renewals = group(values_of(reader, Renewal, "subject", subjects), lambda one: one.subject)
        ends: list[EndsSoon] = []
        for grant in found.values():
            ending = find_ending(grant, kept.get(grant.terms_sha256), renewals.get(grant.id, ()))
            if ending.ends_at is not None:
                ends.append(of_grant(grant, EndsAs.LICENSE, ending.ends_at, ending, today))
            if ending.must_use_by is not None:
                ends.append(of_grant(grant, EndsAs.USE_BY, end_of_day(ending.must_use_by), ending, today))
        ends.extend(
            of_agreement(agreement, renewals.get(agreement.id, ()), today)
            for agreement in agreements
            if agreement.ends_on is not None
        )
        shown = [one for one in ends if one.days_left >= -PAST_DAYS and one.ends_at <= span.ends]
        usages = reader.usages_of(one.subject for one in shown)
        shown = [
            replace(one, scenes=tuple(sorted({usage.scene for usage in usages.get(one.subject, ())})))
            for one in shown
        ]
        # What has to be in use by a day and is in use has nothing more to do.
        shown = [one for one in shown if one.ends_as is not EndsAs.USE_BY or not one.scenes]
        return Outlook(
            ends=tuple(sorted(shown, key=lambda one: (one.ends_at, one.title, one.subject))),
            not_noted=not_noted.grants,
            not_noted_more=not_noted.more,
        )

    def remind(self, outlook: Outlook | None = None) -> tuple[EndsSoon, ...]:
        """Return what somebody has to be told now; each is told once in a studio, whoever asks first.

        What was let go is told only while scenes use it. ``outlook``: what was just read.
        """
        outlook = outlook or self.outlook(not_noted_most=0)
        due = [one for one in outlook.ends if one.due is not None and (one.scenes or not one.let_go)]
        known = {one.id for one in values_of(self.ledger, Reminder, "id", [reminder_id(one) for one in due])}
        if all(reminder_id(one) in known for one in due):
            return ()
        now, told = self.clock.now(), []
        with self.ledger.transaction() as work:
            for one in due:
                wanted = reminder_id(one)
                if wanted in known or work.value(Reminder, wanted) is not None:
                    continue
                days = one.due or 0
                work.add(
                    Reminder(id=wanted, subject=one.subject, ends_at=one.ends_at, days=days, told_at=now)
                )
                facts = (
                    ("ends_at", one.ends_at.date().isoformat()),
                    ("days", str(days)),
                    ("as", one.ends_as),
                )
                work.record(
                    AuditEvent(
                        action="reminder.told",
                        subject=one.subject,
                        actor=self.standing.actor,
                        at=now,
                        details=facts,
                    )
                )
                told.append(one)
        return tuple(told)

    def remind_who_decides(self, outlook: Outlook | None = None) -> tuple[EndsSoon, ...]:
        """Return what is due if the user may decide about it, else nothing.

        Each reminder is told once in a studio: not to somebody who only looks at a panel.
        """
        return self.remind(outlook) if may(self.standing.roles(), Act.AGREE) else ()

    def note_end(self, grant_ids: Iterable[str], ends_on: date) -> tuple[Renewal, ...]:
        """Note on which day the subscription ends that grants hang on; raise UserInputError, NotAllowed."""
        made: list[Renewal] = []
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.AGREE, reader=work)
            for grant_id in dict.fromkeys(grant_ids):
                grant = _standing_grant(work.grant(grant_id))
                ending = self._ending(grant, work)
                if not ending.subscription:
                    raise UserInputError(
                        f"“{grant.title}” hangs on no subscription that Clearance knows of: its license "
                        "has an end of its own, or none.",
                        code="renewal.no_subscription",
                    )
                renewal = Renewal(
                    id=self.ids.new("renewal"),
                    subject=grant.id,
                    state=RenewalState.PLANNED,
                    ends_at=end_of_day(ends_on),
                    decided_by=actor,
                    decided_at=now,
                )
                self._book(work, renewal, "renewal.end_noted", (("ends_on", ends_on.isoformat()),))
                made.append(renewal)
        return tuple(made)

    def renew(
        self,
        subject: str,
        *,
        until: date,
        order_id: str = "",
        document: Path | None = None,
        reason: str = "",
    ) -> Renewal:
        """Note that a grant or agreement was renewed; ``until`` is its new last day.

        ``order_id`` or ``document`` prove it: one of the two is needed. Raises UserInputError, NotAllowed.
        """
        if not order_id and document is None:
            raise UserInputError(
                "Name the order that renewed it (--order), or add a document that proves it (--document).",
                code="renewal.no_proof",
            )
        self.standing.require(Act.AGREE)
        agreement = self.ledger.value(Agreement, subject)
        if agreement is not None:
            return self._renew_agreement(agreement, until, order_id, document, reason)
        grant = _standing_grant(self.ledger.grant(subject))
        files = attach([document] if document is not None else [], DocumentKind.LICENSE_TEXT)
        order = order_id or grant.order_id
        if files and not order:
            raise UserInputError(
                "This license came without an order; name the order that renewed it.", code="renewal.no_proof"
            )
        kept = self.documents.keep(order, files, actor=self.standing.actor)
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.AGREE, reader=work)
            _check_order(work, order_id)
            ending = self._ending(grant, work)
            _check_until(grant.title, ending.ends_at, until, now)
            for one in kept:
                work.add_document(one)
            record_documents(work, kept, actor=actor)
            renewal = self._renewal(subject, ending.ends_at or now, until, order_id=order_id, reason=reason)
            proof = (("document_sha256", kept[0].sha256),) if kept else ()
            self._book(work, renewal, "renewal.renewed", (("until", until.isoformat()), *proof))
        return renewal

    def let_go(self, subject: str, *, reason: str = "") -> LetGo:
        """Note that something is not renewed, and say what uses it; raise UserInputError, NotAllowed."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.AGREE, reader=work)
            agreement = work.value(Agreement, subject)
            if agreement is not None:
                ends_at = end_of_day(agreement.ends_on) if agreement.ends_on is not None else None
                title = agreement.name
            else:
                grant = _standing_grant(work.grant(subject))
                ending = self._ending(grant, work)
                title = grant.title
                by = ending.must_use_by
                ends_at = ending.ends_at or (end_of_day(by) if by is not None else None)
            if ends_at is None:
                raise UserInputError(
                    f"“{title}” has no end that is known, so there is nothing to let go. Note the end of its "
                    "subscription with `clearance renew … --ends` first.",
                    code="renewal.no_end",
                )
            renewal = Renewal(
                id=self.ids.new("renewal"),
                subject=subject,
                state=RenewalState.LET_GO,
                ends_at=ends_at,
                decided_by=actor,
                decided_at=now,
                reason=clean_text(reason, limit=MAX_REASON),
            )
            scenes = tuple(sorted({usage.scene for usage in work.usages(grant_id=subject)}))
            self._book(work, renewal, "renewal.let_go", (("scenes", str(len(scenes))),))
        return LetGo(renewal=renewal, scenes=scenes)

    def _renew_agreement(
        self, agreement: Agreement, until: date, order_id: str, document: Path | None, reason: str
    ) -> Renewal:
        digest = keep_file(self.documents.store, document).sha256 if document is not None else ""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            self.standing.require(Act.AGREE, reader=work)
            _check_order(work, order_id)
            now_there = work.value(Agreement, agreement.id) or agreement
            if now_there.ended_at is not None:
                raise UserInputError(
                    f"“{agreement.name}” was ended; note the new one with `clearance agreement add`.",
                    code="agreement.ended",
                )
            ends_at = end_of_day(now_there.ends_on) if now_there.ends_on is not None else None
            _check_until(agreement.name, ends_at, until, now)
            work.change(
                replace(now_there, ends_on=until, document_sha256=digest or now_there.document_sha256)
            )
            renewal = self._renewal(agreement.id, ends_at or now, until, order_id=order_id, reason=reason)
            facts = (("until", until.isoformat()), ("document_sha256", digest))
            self._book(work, renewal, "renewal.renewed", facts)
        return renewal

    def _renewal(
        self, subject: str, ends_at: datetime, until: date, *, order_id: str, reason: str
    ) -> Renewal:
        return Renewal(
            id=self.ids.new("renewal"),
            subject=subject,
            state=RenewalState.RENEWED,
            ends_at=ends_at,
            decided_by=self.standing.actor,
            decided_at=self.clock.now(),
            reason=clean_text(reason, limit=MAX_REASON),
            renewed_until=end_of_day(until),
            order_id=order_id,
        )

    def _book(
        self, work: LedgerTransaction, renewal: Renewal, action: str, facts: tuple[tuple[str, str], ...]
    ) -> None:
        work.add(renewal)
        details = (*facts, ("order_id", renewal.order_id), ("reason", renewal.reason))
        work.record(
            AuditEvent(
                action=action,
                subject=renewal.subject,
                actor=renewal.decided_by,
                at=renewal.decided_at,
                details=tuple((name, value) for name, value in details if value),
            )
        )

    def _ending(self, grant: Grant, reader: LedgerReader) -> Ending:
        renewals = {grant.id: reader.values(Renewal, subject=grant.id)}
        return self._endings([grant], renewals, reader)[grant.id]

    def _endings(
        self, grants: Iterable[Grant], renewals: Mapping[str, tuple[Renewal, ...]], reader: LedgerReader
    ) -> dict[str, Ending]:
        """Return when grants end, by id."""
        grants = tuple(grants)
        kept = read_terms(reader, {grant.terms_sha256 for grant in grants}, known={})
        agreements = reader.values(Agreement, ended_at=None)
        holding = apply_all(agreements, kept, day=self.clock.now().date())
        return {
            grant.id: find_ending(grant, holding.get(grant.terms_sha256), renewals.get(grant.id, ()))
            for grant in grants
        }


def _standing_grant(grant: Grant | None) -> Grant:
    if grant is None:
        raise UserInputError(
            "There is no such license or agreement. `clearance renewals` shows what ends.",
            code="renewal.unknown",
        )
    if grant.state is not GrantState.ACTIVE:
        raise UserInputError(
            f"The license of “{grant.title}” is {grant.state}; there is nothing to renew.",
            code="grant.not_active",
        )
    return grant


def _check_order(work: LedgerTransaction, order_id: str) -> None:
    if order_id and work.order(order_id) is None:
        raise UserInputError("There is no such order.", code="order.unknown", context={"order_id": order_id})


def _check_until(title: str, ends_at: datetime | None, until: date, now: datetime) -> None:
    """Raise UserInputError unless the new last day is later than the end that is known, and not over."""
    if until < now.date() or (ends_at is not None and end_of_day(until) <= ends_at):
        ends = f", after {ends_at.date().isoformat()}" if ends_at is not None else ""
        raise UserInputError(
            f"“{title}” is renewed until a day that is still to come{ends}.", code="renewal.until"
        )
