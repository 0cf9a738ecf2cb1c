"""A ledger with a license that counts seats, and the use cases of one user of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from fakes import FakeClock
from ledger_values import REF, make_approval, make_grant, make_order, make_quote

from core.files.store import Store
from core.ids import RandomIds
from core.ledger.sql_ledger import SqlLedger
from core.licenses import LicenseCatalogue, canonical_text, terms_sha256
from core.model.license import LicenseTerms
from core.services.buying.documents import Documents
from core.services.studio.parts import Studio, build_studio
from core.services.studio.seats import Seats
from core.services.studio.standing import Standing
from core.settings import Settings

NOW = FakeClock().now()


def make_terms(**facts: Any) -> LicenseTerms:
    """Make terms of which only these facts are known."""
    return LicenseTerms(
        license_id="cgtrader.royalty_free", marketplace=REF.marketplace, label="Royalty Free",
        version=date(2026, 1, 1), terms_url="https://example.com/terms", **facts,
    )  # fmt: skip


def own(ledger: SqlLedger, terms: LicenseTerms, *, number: int = 1, **facts: Any) -> None:
    """Book the grant ``grant_<number>`` under terms."""
    with ledger.transaction() as work:
        work.keep_terms(terms_sha256(terms), canonical_text(terms))
        work.add_quote(make_quote(number))
        work.add_approval(make_approval(number))
        work.add_order(make_order(number))
        work.add_grant(
            make_grant(number, order_id=f"order_{number}", terms_sha256=terms_sha256(terms), **facts)
        )


def make_standing(ledger: SqlLedger, user: str) -> Standing:
    """Say who the user is."""
    return Standing(ledger=ledger, settings=Settings(data_dir=Path("unused"), user=user))


def make_seats(ledger: SqlLedger, user: str, *, device: str = "box") -> Seats:
    """Return the seats as one user looks after them."""
    return Seats(
        ledger=ledger, standing=make_standing(ledger, user), clock=FakeClock(), ids=RandomIds(), device=device
    )


def make_parts(ledger: SqlLedger, folder: Path, user: str, *, clock: FakeClock | None = None) -> Studio:
    """Put a user's use cases of a studio together."""
    documents = Documents(ledger=ledger, store=Store(folder / "store"), clock=clock or FakeClock())
    settings = Settings(data_dir=folder, user=user, device="box")
    return build_studio(
        settings,
        documents=documents,
        catalogue=LicenseCatalogue.load(),
        ids=RandomIds(),
        usage_log=None,
        shared=None,
    )
