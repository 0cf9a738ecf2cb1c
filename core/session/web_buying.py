"""Buying on a marketplace's website: opened from here, paid there, confirmed here with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import ClearanceError, UserInputError
from ..model.evidence import DocumentKind, WebPurchase
from ..model.listing import ListingRef, MediaKind
from ..model.order import Order
from ..services.buying.documents import Attachment, attach
from ..services.buying.past import Booked
from ..tasks import Task
from .buying import Buying, no_such_order
from .state import OrderProgress, Problem


class WebBuying(Buying):
    """Hand over to the website, and keep the proof."""

    def start_web_purchase(self, quote_id: str, *, reason: str = "", then_import: bool = False) -> None:
        """Approve the selected quote and open the product's page; the order then waits for its evidence."""
        result = self._quoted(quote_id)
        quote = result.quote
        progress = OrderProgress(key=quote_id, title=quote.title, ref=quote.ref, stage="buying")
        self.state.progress.insert(0, progress)

        def work(_task: Task) -> Order:
            actor = self._settings.user
            approval = self._services.approve.run(quote, result.answer, actor=actor, reason=reason)
            return self._services.web_purchases.start(approval.id, actor=actor)

        def done(order: Order) -> None:
            progress.order_id, progress.checkout_url = order.id, order.checkout_url
            progress.stage = "awaiting_evidence"
            if then_import:
                self._import_when_ready.add(order.id)
            self._host.open_url(order.checkout_url)
            self._changed()

        progress.task = self._tasks.submit(
            "purchase",
            f"Opening the page of {quote.title}",
            work,
            on_done=done,
            on_error=lambda error: self._buy_failed(progress, error),
            subject=str(quote.ref),
        )
        self._changed()

    def open_order_page(self, order_id: str) -> None:
        """Show the page where an order is bought, once more."""
        page = next((p.checkout_url for p in self.state.progress if p.order_id == order_id), "")
        if not page:
            raise UserInputError(
                "There is no page to open for this order. Check the open orders.", code="order.unknown"
            )
        self._host.open_url(page)

    def confirm_web_purchase(
        self,
        order_id: str,
        purchase: WebPurchase,
        *,
        documents: Sequence[Path | Attachment] = (),
    ) -> None:
        """Book a website purchase on what the user entered; plain paths are taken for invoices."""
        progress = next((p for p in self.state.progress if p.order_id == order_id), None)
        if progress is None:
            raise no_such_order()
        files = _attachments(documents)

        def failed(error: ClearanceError) -> None:
            # The order waits on; what was entered can be corrected.
            progress.problem, progress.task = Problem.of(error), None
            self._changed()

        progress.problem = None
        progress.task = self._tasks.submit(
            "purchase",
            f"Booking {progress.title}",
            lambda _task: self._services.web_purchases.confirm(
                order_id, purchase, documents=files, actor=self._settings.user
            ),
            on_done=self._on_checkout,
            on_error=failed,
            subject=order_id,
        )
        self._changed()

    def record_web_purchase(
        self,
        ref: ListingRef,
        purchase: WebPurchase,
        *,
        title: str,
        kind: MediaKind,
        author: str = "",
        documents: Sequence[Path | Attachment] = (),
        reason: str = "",
    ) -> None:
        """Book what was bought on a website without Clearance, at any marketplace."""
        files, use = _attachments(documents), self.state.use
        self._tasks.submit(
            "purchase",
            f"Booking {title or ref}",
            lambda _task: self._services.web_purchases.record_outside(
                ref,
                purchase,
                use,
                title=title,
                author=author,
                kind=kind,
                documents=files,
                actor=self._settings.user,
                reason=reason,
            ),
            on_done=self._booked,
            on_error=self._problem,
            subject=str(ref),
        )
        self._changed()

    def add_documents(
        self, order_id: str, documents: Sequence[Path], *, kind: DocumentKind = DocumentKind.INVOICE
    ) -> None:
        """Keep more files with an order."""
        files = attach(documents, kind)
        self._tasks.submit(
            "documents",
            "Keeping documents",
            lambda _task: self._services.documents.add(order_id, files, actor=self._settings.user),
            on_done=lambda _kept: self._changed(),
            on_error=self._problem,
            subject=order_id,
        )

    def _booked(self, booked: Booked) -> None:
        """Show what was booked of the past: its files can be downloaded or picked up."""
        self.refresh_library()
        progress = self._progress_of(booked.order)
        progress.grant_id = booked.grant.id
        progress.stage = "awaiting_file" if self._is_picked_up(booked.order) else "ready"
        self._changed()


def _attachments(documents: Sequence[Path | Attachment]) -> tuple[Attachment, ...]:
    return tuple(one if isinstance(one, Attachment) else Attachment(path=one) for one in documents)
