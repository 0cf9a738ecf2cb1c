"""Ledgers of released versions with something of everything in them, and what has to be read from them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger_values import (
    REF,
    make_approval,
    make_content,
    make_declaration,
    make_document,
    make_event,
    make_file,
    make_grant,
    make_order,
    make_quote,
    make_receipt,
    make_refund,
    make_resolution,
    make_usage,
    moment,
)
from studio_values import make_studio_values

from core.ids import hash_grant_id
from core.ledger.migrate import MIGRATIONS
from core.ledger.port import LedgerReader
from core.model.delivery import Offered
from core.model.grant import GrantState
from core.model.license import TermsSource
from core.model.order import OrderState
from core.model.payment import UsageCount

FIXTURES = Path(__file__).resolve().parents[1] / "core" / "ledger" / "fixtures"


def restore(version: str, path: Path) -> Path:
    """Make the file of a version; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FIXTURES / f"version-{version}.sql").read_text(encoding="utf-8"))
    return path


def check_contents(reader: LedgerReader, version: str = "0001") -> None:
    """Hold what is read against what was in the ledger of a version: the same, and what was new in it."""
    order = make_order(
        1, quote_id="quote_1", approval_id="approval_1", ref=REF, state=OrderState.FULFILLED, version=4,
        submitted_at=moment(2), marketplace_order_id="mo-1",
    )  # fmt: skip
    doubtful = make_order(
        2, state=OrderState.UNKNOWN, cost=None, failure="payment.in_doubt", submitted_at=moment(3)
    )
    grant = make_grant(1, order_id="order_1", editorial=False, valid_until=moment(10**7))
    assert reader.quote("quote_1") == make_quote(1)
    assert reader.approval("approval_1") == make_approval(1)
    assert set(reader.orders()) == {order, doubtful}
    assert reader.receipts("order_1") == (make_receipt(1),)
    assert set(reader.grants()) == {grant, make_grant(2, state=GrantState.REVOKED)}
    assert reader.files("grant_1") == (make_file(1), make_file(2))
    assert reader.usages() == (make_usage(1),)
    assert reader.terms_text("ab" * 32) == '{"label":"Royalty Free"}'
    if version >= "0002":
        assert reader.documents("order_1") == (make_document(1), make_document(2))
        assert reader.refunds() == (make_refund(1, grant_id="grant_1"),)
        assert reader.quote("quote_2") == make_quote(
            2, license_source=TermsSource.CONTRACT, surcharge="9.99 USD more", note="from 2027"
        )
    else:
        assert (reader.documents("order_1"), reader.refunds()) == ((), ())
    by_face = reader.grants_by_face([hash_grant_id("grant_1"), hash_grant_id("grant_2")])
    assert sorted(found.id for twins in by_face.values() for found in twins) == ["grant_1", "grant_2"]
    if version >= "0003":
        assert reader.resolutions() == (make_resolution(1), make_resolution(2, ends_at=None))
        assert reader.declarations() == (make_declaration(2), make_declaration(1, withdrawn_at=moment(9)))
        assert list(reader.fingerprints("image")) == [make_content(1)]
    else:
        assert (reader.resolutions(), reader.declarations()) == ((), ())
        assert not reader.fingerprinted("grant_1")
    for value in make_studio_values(1):
        found = reader.value(type(value), value.id)
        since = {Offered: "0005", UsageCount: "0007"}.get(type(value), "0004")
        assert found == (value if version >= since else None)
    assert [entry.event for entry in reader.audit()] == [
        make_event(1, action="order.approved"), make_event(2), make_event(3, action="file.stored"),
    ]  # fmt: skip


def list_versions() -> list[str]:
    """Return all released versions."""
    return sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v*.py"))
