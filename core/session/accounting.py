"""A studio's budgets, payments, invoices and costs, for the panels: each read, and written, in a worker.

What somebody may do is asked of the ledger again before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from ..errors import ClearanceError, UserInputError
from ..model.costs import CostKey
from ..model.evidence import DocumentKind, WebPurchase
from ..model.order import Order
from ..services.buying.documents import attach
from ..services.reporting.write_report import write_text
from ..services.studio.finance import FinancePage, FinancePart, Who
from ..services.studio.invoice_import import Imported, TypedInvoice
from ..services.studio.papers import render_costs
from ..tasks import Task
from .state import FinancePartState, Phase, Problem
from .web_buying import WebBuying

FACTS_NEEDED = "invoice.facts_needed"
NAMED = 3
"""So many files that could not be taken in are named with their reason."""

OnWritten = Callable[[Path], None]
"""Told, on the main thread, which file was written for the user to look at."""
Done = tuple[str, Who, FinancePage | None, datetime]


class Accounting(WebBuying):
    """Read the studio's finance, and do what finance does."""

    def refresh_finance(self, part: FinancePart, *, page: int = 0) -> None:
        """Read one part; does nothing while it is being read."""
        if self.state.finance.parts[part].phase is not Phase.BUSY:
            self._do_finance(part, f"Reading {part}", lambda _task: "", page=page)

    def stop_finance(self, part: FinancePart) -> None:
        """Stop what is under way; what was written stays."""
        task = self.state.finance.parts[part].task
        if task is not None:
            task.cancel()

    def record_payment(self, order_id: str, purchase: WebPurchase, *, documents: Sequence[Path] = ()) -> None:
        """Book the payment of an order that waits for it on a website, with its evidence."""
        files = attach(documents)

        def work(_task: Task) -> str:
            self._may_note_payment(order_id)
            booked = self._services.web_purchases.confirm(
                order_id, purchase, documents=files, actor=self._settings.user
            )
            self._tasks.post(lambda: self._follow(booked))
            return f"The payment of “{booked.title}” is noted."

        self._do_finance(FinancePart.PAYMENTS, "Noting a payment", work)

    def fail_payment(self, order_id: str) -> None:
        """Stop waiting for the payment of an order; one that was paid after all is found again."""

        def work(_task: Task) -> str:
            self._may_note_payment(order_id)
            failed = self._services.reconcile.give_up(order_id, actor=self._settings.user)
            self._tasks.post(lambda: self._follow(failed))
            return f"“{failed.title}” is marked as failed."

        self._do_finance(FinancePart.PAYMENTS, "Giving up an order", work)

    def settle_payment(
        self, order_id: str, *, bought: bool, reason: str, marketplace_order_id: str = ""
    ) -> None:
        """End an order in doubt by the word of somebody who looked into the account there."""

        def work(task: Task) -> str:
            self._may_note_payment(order_id)
            decided = self._services.reconcile.decide(
                order_id,
                bought=bought,
                actor=self._settings.user,
                reason=reason,
                marketplace_order_id=marketplace_order_id,
                cancel=task.token,
            )
            self._tasks.post(lambda: self._follow(decided))
            return f"“{decided.title}” is {decided.state.replace('_', ' ')}."

        self._do_finance(FinancePart.PAYMENTS, "Settling an order", work)

    def look_up_payments(self) -> None:
        """Ask the marketplaces' own records what became of orders that are not settled; buys nothing."""

        def work(task: Task) -> str:
            found = self._services.reconcile.run(actor=self._settings.user, cancel=task.token)
            self._tasks.post(lambda: self._follow_all([one.order for one in found]))
            problem = next((one.problem.message for one in found if one.problem is not None), "")
            return f"{len(found):,} looked up. {problem}".strip()

        self._do_finance(FinancePart.PAYMENTS, "Looking up open orders", work)

    def attach_evidence(
        self, order_id: str, documents: Sequence[Path], *, kind: DocumentKind = DocumentKind.INVOICE
    ) -> None:
        """Keep files that prove a payment."""
        files = attach(documents, kind)

        def work(_task: Task) -> str:
            self._may_note_payment(order_id)
            kept = self._services.documents.add(order_id, files, actor=self._settings.user)
            return f"{len(kept):,} {'file is' if len(kept) == 1 else 'files are'} kept with the order."

        self._do_finance(FinancePart.PAYMENTS, "Keeping evidence", work)

    def import_invoices(self, paths: Sequence[Path], typed: TypedInvoice | None = None) -> None:
        """Take invoices in and match them with orders; what is typed in is for a single file.

        One that carries no data is kept in ``state.finance.untyped`` until its facts are typed in.
        """
        if not paths:
            raise UserInputError("Choose a file.", code="invoice.no_file")
        if typed is not None and len(paths) > 1:
            raise UserInputError(
                "What you type in is for one file; choose them one by one.", code="invoice.typed"
            )
        self.state.finance.untyped = None

        def work(task: Task) -> str:
            made: list[Imported] = []
            failed: list[tuple[Path, UserInputError]] = []
            for number, path in enumerate(paths):
                task.report(number, len(paths))
                task.token.check()
                try:
                    made.append(self._services.studio.invoice_import.run(path, typed))
                except UserInputError as error:
                    failed.append((path, error))
            untyped = next((path for path, error in failed if error.code == FACTS_NEEDED), None)
            if untyped is not None:
                self._tasks.post(lambda: self._ask_for_facts(untyped))
            if failed and not made:
                raise _as_one([error for _, error in failed])
            return _tell_imported(made, failed)

        self._do_finance(FinancePart.INVOICES, "Importing invoices", work)

    def match_invoices(self) -> None:
        """Match the open lines of all invoices once more."""

        def work(_task: Task) -> str:
            looked_at = self._services.studio.invoice_matching.match()
            still_open = sum(view.open_lines for view in looked_at)
            return f"{len(looked_at):,} looked at; {still_open:,} lines have no order yet."

        self._do_finance(FinancePart.INVOICES, "Matching invoices", work)

    def match_invoice_line(self, invoice_id: str, position: int, order_id: str) -> None:
        """Say by hand which order a line of an invoice is for; an empty ``order_id`` takes that back."""

        def work(_task: Task) -> str:
            matching = self._services.studio.invoice_matching
            view = matching.assign(invoice_id, position, order_id)
            line = next(one for one in view.lines if one.position == position)
            said = line.difference or "it fits"
            return f"Line {position} of {view.invoice.number}: {said}."

        self._do_finance(FinancePart.INVOICES, "Matching a line", work)

    def export_costs(
        self,
        path: Path,
        format: str,  # noqa: A002 - the word users know
        *,
        by: CostKey,
        starts_on: date | None = None,
        ends_on: date | None = None,
        on_written: OnWritten | None = None,
    ) -> None:
        """Write a cost report as ``html``, ``csv`` or ``json``; without days, of all time."""
        if starts_on is not None and ends_on is not None and ends_on < starts_on:
            raise UserInputError("The last day is before the first.", code="costs.period")

        def work(_task: Task) -> str:
            report = self._services.studio.costs.run(by, starts_on=starts_on, ends_on=ends_on)
            self._hand_over(write_text(path, lambda: render_costs(report, format)), on_written)
            return f"Written to {path.name}: {len(report.lines):,} lines."

        self._do_finance(FinancePart.COSTS, "Writing the cost report", work)

    def _hand_over(self, path: Path, on_written: OnWritten | None) -> None:
        if on_written is not None:
            self._tasks.post(lambda: on_written(path))

    def _ask_for_facts(self, path: Path) -> None:
        self.state.finance.untyped = path
        self._changed()

    def _may_note_payment(self, order_id: str) -> None:
        """Raise NotAllowed unless the user may note what happened to an order's payment."""
        studio = self._services.studio
        order = studio.finance.ledger.order(order_id)
        if order is None:
            raise UserInputError("There is no such order. Read the payments again.", code="order.unknown")
        studio.finance.require_payment(order)

    def _follow(self, order: Order) -> None:
        """Go on with an order that the user is buying; what others buy is theirs to download."""
        if any(progress.order_id == order.id for progress in self.state.progress):
            self._on_checkout(order)

    def _follow_all(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self._follow(order)

    def _do_finance(
        self, part: FinancePart, title: str, work: Callable[[Task], str], *, page: int | None = None
    ) -> None:
        """Do one step in a worker, then read its part again; what else was read and may differ, too."""
        state = self.state.finance.parts[part]
        if state.phase is Phase.BUSY:
            raise UserInputError("Something is under way here; wait a moment.", code="finance.busy")
        is_step = page is None
        shown = getattr(state.page, "page", 0) if page is None else page
        state.phase, state.problem, state.note = Phase.BUSY, None, ""
        finance = self._services.studio.finance

        def run(task: Task) -> Done:
            note = work(task)
            if part is FinancePart.COSTS:
                self._services.studio.tell_usage.run()
            return note, finance.who(), finance.read(part, page=shown), self._tasks.clock.now()

        def done(found: Done) -> None:
            state.note, self.state.finance.who, state.page, state.read_at = found
            state.phase, state.task = Phase.READY, None
            if is_step:
                self._read_others(part)
            self._changed()

        def failed(error: ClearanceError) -> None:
            state.phase, state.task, state.problem = Phase.FAILED, None, Problem.of(error)
            self._changed()

        state.task = self._tasks.submit("finance", title, run, on_done=done, on_error=failed, subject=part)
        self._changed()

    def _read_others(self, part: FinancePart) -> None:
        """Read the other parts again that were read before: a payment changes costs and invoices, too."""
        if part is FinancePart.COSTS:
            return
        for other, state in self.state.finance.parts.items():
            if other is not part and state.phase is Phase.READY:
                self.refresh_finance(other, page=_page_of(state))


def _page_of(state: FinancePartState) -> int:
    return int(getattr(state.page, "page", 0))


def _as_one(errors: Sequence[UserInputError]) -> UserInputError:
    """Return one error for files of which none could be taken in."""
    if len(errors) == 1:
        return errors[0]
    words = " ".join(error.message for error in errors[:NAMED])
    more = f" And {len(errors) - NAMED:,} more." if len(errors) > NAMED else ""
    return UserInputError(f"None of them could be taken in. {words}{more}", code=errors[0].code)


def _tell_imported(made: Sequence[Imported], failed: Sequence[tuple[Path, UserInputError]]) -> str:
    parts = []
    if len(made) == 1:
        (one,) = made
        matched = sum(bool(line.order_id) for line in one.lines)
        parts.append(
            f"{one.invoice.number} of {one.invoice.issuer}: {matched} of {len(one.lines)} lines matched."
        )
        parts += [f"Look at it: {fault}." for fault in (*one.faults, *([one.unread] if one.unread else []))]
    else:
        parts.append(f"{len(made):,} invoices imported.")
    if failed:
        parts.append(f"{len(failed):,} not:")
        parts += [error.message for _, error in failed[:NAMED]]
    return " ".join(parts)
