"""What the account bought at a marketplace before: listed, and taken over so that it can be used here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ..errors import ClearanceError
from ..marketplaces.base import HistoryRecord
from ..model.evidence import DocumentKind
from ..model.listing import MediaKind
from ..model.order import Order
from ..services.buying.documents import attach
from ..services.buying.history import HistoryList, KnownRecord
from ..services.buying.past import Booked
from ..services.buying.state_size import state_size
from .state import HistoryState, Phase, Problem
from .web_buying import WebBuying


class PastPurchases(WebBuying):
    """Read history and take purchases over."""

    def load_history(
        self,
        marketplace: str,
        *,
        kind: MediaKind | None = None,
        since: datetime | None = None,
        more: bool = False,
    ) -> None:
        """Read what the account bought at a marketplace; ``more``: the next page of it."""
        known = self.state.history.get(marketplace)
        if more and (known is None or known.next_cursor is None or known.phase is Phase.BUSY):
            return
        history = known if more and known is not None else HistoryState()
        history.phase, history.problem = Phase.BUSY, None
        self.state.history[marketplace] = history
        cursor = history.next_cursor if more else None

        def done(page: HistoryList) -> None:
            if self.state.history.get(marketplace) is history:
                history.phase, history.next_cursor = Phase.READY, page.next_cursor
                known = {row.record for row in history.rows}
                history.rows.extend(row for row in page.rows if row.record not in known)
                self._changed()

        def failed(error: ClearanceError) -> None:
            history.phase, history.problem = Phase.FAILED, Problem.of(error)
            self._changed()

        self._tasks.submit(
            "history",
            "Reading what was bought before",
            lambda task: self._services.history.load(
                marketplace, kind=kind, since=since, cursor=cursor, cancel=task.token
            ),
            on_done=done,
            on_error=failed,
            subject=marketplace,
        )
        self._changed()

    def adopt_purchase(self, record: HistoryRecord, *, kind: MediaKind, license_label: str = "") -> None:
        """Take an earlier purchase over, so that it can be downloaded again; nothing is charged."""
        use = self.state.use

        def failed(error: ClearanceError) -> None:
            history = self.state.history.get(record.ref.marketplace)
            if history is not None:
                history.problem = Problem.of(error)
            self._problem(error)

        self._tasks.submit(
            "history",
            f"Taking over {record.ref}",
            lambda task: self._services.history.adopt(
                record,
                use,
                kind=kind,
                actor=self._settings.user,
                license_label=license_label,
                cancel=task.token,
            ),
            on_done=lambda booked: self._adopted(record, kind, booked),
            on_error=failed,
            subject=str(record.ref),
        )
        self._changed()

    def state_size(self, grant_id: str, size: str, *, note: str = "", documents: Sequence[Path] = ()) -> None:
        """Note in which size something was bought, on the user's word; the selection is asked for again."""
        files = attach(documents, DocumentKind.INVOICE)

        def done(_order: Order) -> None:
            self.refresh_library()
            selection = self.state.selection
            if selection is not None and any(grant.id == grant_id for grant in selection.owned):
                self.choose_option(selection.wanted)
            self._changed()

        self._tasks.submit(
            "history",
            "Noting the size",
            lambda _task: state_size(
                self._services.documents,
                grant_id,
                size,
                actor=self._settings.user,
                note=note,
                attachments=files,
            ),
            on_done=done,
            on_error=self._problem,
            subject=grant_id,
        )
        self._changed()

    def _adopted(self, record: HistoryRecord, kind: MediaKind, booked: Booked) -> None:
        history = self.state.history.get(record.ref.marketplace)
        if history is not None:
            history.problem = None
            history.rows = [
                KnownRecord(record=record, kind=kind, grant=booked.grant, order=booked.order)
                if row.record == record
                else row
                for row in history.rows
            ]
        self._booked(booked)
