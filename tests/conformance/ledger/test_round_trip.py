"""Whatever is written is what is read: every value, every field, any text, any amount, any moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import ledger_strategies as strategies
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_values import make_grant, make_order, make_quote

from core.audit.chain import link
from core.errors import LedgerError
from core.ids import hash_grant_id
from core.ledger.port import Ledger, LedgerTransaction
from core.model.audit import GENESIS_SHA256, AuditEvent
from core.model.declaration import Declaration
from core.model.evidence import Document, Refund
from core.model.fingerprint import ContentKind, KnownContent
from core.model.grant import Grant, GrantFile, Usage
from core.model.money import Credits, Money
from core.model.order import Order, Receipt
from core.model.quote import Approval, Quote
from core.model.resolution import Resolution

# The ledger stays empty: each example is rolled back, so one may serve for all.
repeated = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class NotKeptError(Exception):
    """Ends an example."""


@contextmanager
def rolled_back(ledger: Ledger) -> Iterator[LedgerTransaction]:
    with suppress(NotKeptError), ledger.transaction() as work:
        yield work
        raise NotKeptError


@given(value=strategies.quotes)
@repeated
def test_quotes(ledger: Ledger, value: Quote) -> None:
    with rolled_back(ledger) as work:
        work.add_quote(value)
        found = work.quote(value.id)
        assert found == value
        assert found is not None
        assert found.binding_sha256 == value.binding_sha256


@given(value=strategies.approvals)
@repeated
def test_approvals(ledger: Ledger, value: Approval) -> None:
    with rolled_back(ledger) as work:
        work.add_quote(make_quote(id=value.quote_id))
        work.add_approval(value)
        assert work.approval(value.id) == work.approval_for(value.quote_id) == value


@given(value=strategies.orders)
@repeated
def test_orders(ledger: Ledger, value: Order) -> None:
    with rolled_back(ledger) as work:
        work.add_order(value)
        assert work.order(value.id) == value
        assert work.orders(states=[value.state], ref=value.ref) == (value,)
        if value.version < 2**31 - 1:
            changed = work.change_order(replace(value, failure="é", cost=None))
            assert (
                work.order(value.id)
                == changed
                == replace(value, failure="é", cost=None, version=value.version + 1)
            )


@given(value=strategies.receipts)
@repeated
def test_receipts(ledger: Ledger, value: Receipt) -> None:
    with rolled_back(ledger) as work:
        work.add_order(make_order(id=value.order_id))
        work.add_receipt(value)
        assert work.receipts(value.order_id) == (value,)


@given(value=strategies.grants)
@repeated
def test_grants(ledger: Ledger, value: Grant) -> None:
    with rolled_back(ledger) as work:
        work.add_grant(value)
        assert work.grant(value.id) == value
        assert work.grants_by_id([value.id]) == {value.id: value}
        assert work.grants_for(value.ref) == work.grants(state=value.state) == (value,)


@given(value=strategies.files)
@repeated
def test_files(ledger: Ledger, value: GrantFile) -> None:
    with rolled_back(ledger) as work:
        work.add_grant(make_grant(id=value.grant_id))
        work.add_file(value)
        assert work.files(value.grant_id) == (value,)


@given(value=strategies.documents)
@repeated
def test_documents(ledger: Ledger, value: Document) -> None:
    with rolled_back(ledger) as work:
        work.add_order(make_order(id=value.order_id))
        work.add_document(value)
        work.add_document(value)
        assert work.documents(value.order_id) == (value,)


@given(value=strategies.refunds)
@repeated
def test_refunds(ledger: Ledger, value: Refund) -> None:
    with rolled_back(ledger) as work:
        work.add_order(make_order(id=value.order_id))
        work.add_refund(value)
        assert work.refund(value.id) == value
        assert work.refunds() == (value,)


@given(value=strategies.usages)
@repeated
def test_usages(ledger: Ledger, value: Usage) -> None:
    with rolled_back(ledger) as work:
        work.replace_usages(value.scene, [value])
        assert work.usages(scene=value.scene, grant_id=value.grant_id) == (value,)


@given(value=strategies.resolutions)
@repeated
def test_resolutions(ledger: Ledger, value: Resolution) -> None:
    with rolled_back(ledger) as work:
        work.add_resolution(value)
        assert work.resolutions() == (value,)


@given(value=strategies.declarations)
@repeated
def test_declarations(ledger: Ledger, value: Declaration) -> None:
    number = hash_grant_id(value.id)
    with rolled_back(ledger) as work:
        work.add_declaration(value)
        assert work.declaration(value.id) == value
        assert work.declarations() == (value,)
        assert work.declarations_by_id([value.id]) == {value.id: value}
        assert work.declarations_by_face([number]) == {number: (value,)}


@given(values=st.lists(strategies.contents, max_size=5))
@repeated
def test_fingerprints(ledger: Ledger, values: list[KnownContent]) -> None:
    with rolled_back(ledger) as work:
        work.add_grant(make_grant(1))
        work.replace_fingerprints("grant_1", values)
        for kind in ContentKind:
            assert list(work.fingerprints(kind)) == [value for value in values if value.kind is kind]
        assert work.fingerprinted("grant_1") is bool(values)


@given(digest=strategies.texts, text=strategies.texts)
@repeated
def test_terms(ledger: Ledger, digest: str, text: str) -> None:
    with rolled_back(ledger) as work:
        work.keep_terms(digest, text)
        assert work.terms_text(digest) == text


@given(value=strategies.events)
@repeated
def test_audit_events(ledger: Ledger, value: AuditEvent) -> None:
    with rolled_back(ledger) as work:
        entry = work.record(value)
        assert work.audit() == (entry,)
        assert entry == link(entry.event, 1, GENESIS_SHA256)


@pytest.mark.parametrize(
    "cost", [Money(minor=-(10**40), currency="JPY"), Money(minor=0), Credits(amount=1, unit="a:b: c"), None]
)
def test_amounts_are_exact_after_the_commit(ledger: Ledger, cost: Money | Credits | None) -> None:
    with ledger.transaction() as work:
        work.add_quote(make_quote(cost=cost, balance=None))
    quote = ledger.quote("quote_1")
    assert quote is not None
    assert quote.cost == cost
    assert quote.balance is None


@pytest.mark.parametrize("cost", [Money(minor=1, currency=""), Credits(amount=1, unit="")])
def test_an_amount_that_could_not_be_read_back_is_not_written(ledger: Ledger, cost: Money | Credits) -> None:
    with pytest.raises(LedgerError) as caught, ledger.transaction() as work:
        work.add_quote(make_quote(cost=cost))
    assert caught.value.code == "ledger.invalid_value"
    assert ledger.quote("quote_1") is None
