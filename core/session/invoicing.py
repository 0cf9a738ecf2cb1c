"""Invoices of one's own, for the panels: records, charge-backs, credit notes, and their files. In workers.

A number that is taken is never given back: what could not be written afterwards is said beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ClearanceError
from ..services.reporting.write_report import write_text
from ..services.studio.finance import FinancePart
from ..services.studio.papers import record_purchases, render_invoice
from ..settings import VERSION
from ..tasks import Task
from .accounting import NAMED, Accounting, OnWritten

if TYPE_CHECKING:
    from ..billing.lines import WhatToBill
    from ..billing.own_invoices import TaxRule
    from ..services.studio.issuing import Issued

PDF = "pdf"


class Invoicing(Accounting):
    """Write invoices of one's own."""

    def make_purchase_record(
        self,
        *,
        project: str = "",
        orders: Sequence[str] = (),
        starts_on: date | None = None,
        ends_on: date | None = None,
        note: str = "",
        on_written: OnWritten | None = None,
    ) -> None:
        """Write a numbered record of what was bought and is on none yet, and its page."""
        self._issue(
            "Making a purchase record",
            lambda: record_purchases(
                self._services.studio.issuing,
                project=project,
                orders=orders,
                starts_on=starts_on,
                ends_on=ends_on,
                note=note,
            ),
            on_written,
        )

    def make_charge_back(
        self, what: WhatToBill, rule: TaxRule, *, on_written: OnWritten | None = None
    ) -> None:
        """Write an invoice to a client over what was bought for them and is on none yet, and its page."""
        self._issue(
            "Making a charge-back",
            lambda: self._services.studio.issuing.charge_back(what, rule),
            on_written,
        )

    def credit_invoice(
        self,
        invoice_id: str,
        *,
        positions: Sequence[int] = (),
        reason: str,
        on_written: OnWritten | None = None,
    ) -> None:
        """Take back an invoice of one's own, or some of its lines, by a credit note; write its page."""
        self._issue(
            "Making a credit note",
            lambda: self._services.studio.issuing.credit(invoice_id, positions=positions, reason=reason),
            on_written,
        )

    def show_invoice(self, invoice_id: str, *, on_written: OnWritten) -> None:
        """Write the page of an invoice and hand it over."""

        def work(_task: Task) -> str:
            self._hand_over(self._write_page(invoice_id), on_written)
            return ""

        self._do_finance(FinancePart.INVOICES, "Writing the page of an invoice", work)

    def write_invoice(
        self,
        path: Path,
        invoice_id: str,
        format: str,  # noqa: A002 - the word users know
        *,
        on_written: OnWritten | None = None,
    ) -> None:
        """Write an invoice of one's own to a file: ``html``, ``xml`` or ``pdf``.

        A PDF needs the extra ``invoices``, and replaces no file.
        """

        def work(_task: Task) -> str:
            studio = self._services.studio
            view = studio.invoice_matching.view(invoice_id)
            if format == PDF:
                from ..services.studio.invoice_pdf import write_invoice_pdf

                write_invoice_pdf(studio.issuing, view, path, tool_version=VERSION)
            else:
                text = render_invoice(studio.finance.ledger, studio.issuing, view, format)
                write_text(path, lambda: text)
            self._hand_over(path, on_written)
            return f"{view.invoice.number} is written to {path.name}."

        self._do_finance(FinancePart.INVOICES, "Writing an invoice", work)

    def _issue(self, title: str, make: Callable[[], Issued], on_written: OnWritten | None) -> None:
        def work(_task: Task) -> str:
            made = make()
            left = f" Left out: {'; '.join(made.left_out[:NAMED])}." if made.left_out else ""
            if (more := len(made.left_out) - NAMED) > 0:
                left = f"{left[:-1]}; and {more:,} more."
            # The number is taken: that the page could not be written does not undo it.
            try:
                self._hand_over(self._write_page(made.invoice.id), on_written)
            except ClearanceError as error:
                return f"{made.invoice.number} is written down.{left} {error.message}"
            return f"{made.invoice.number} over {made.invoice.gross} is written down.{left}"

        self._do_finance(FinancePart.INVOICES, title, work)

    def _write_page(self, invoice_id: str) -> Path:
        studio = self._services.studio
        view = studio.invoice_matching.view(invoice_id)
        page = render_invoice(studio.finance.ledger, studio.issuing, view)
        name = "".join(c if c.isalnum() or c in "-_" else "_" for c in view.invoice.number)[:80]
        return write_text(
            self._settings.data_dir / "invoices" / f"{name or view.invoice.id}.html", lambda: page
        )
