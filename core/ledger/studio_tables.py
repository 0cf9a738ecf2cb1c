"""The tables of a studio: people, requests, limits, budgets, payments, seats, agreements, invoices.

They are there in an embedded ledger too: one artist's requests and budgets are a studio's of one.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import Index, Table, UniqueConstraint, event

from ..model.agreement import Agreement, Reminder, Renewal
from ..model.budget import Budget, BudgetEntry, Limit
from ..model.buy_request import BuyRequest, RequestItem
from ..model.delivery import Offered
from ..model.delivery_check import DeliveryCheck
from ..model.invoice import Invoice, InvoiceLine, NumberSeries
from ..model.payment import ExchangeRate, Payment, PaymentMethod, UsageCount, UsagePrice
from ..model.people import Member, Project, ProjectMember
from ..model.seat import Seat, SeatPool
from . import guards, schema
from .columns import only_where
from .record import Record, make_record
from .schema import metadata

V = TypeVar("V")


_RECORDS: tuple[Record[Any], ...] = (
    make_record(metadata, "members", Member),
    make_record(metadata, "projects", Project),
    make_record(
        metadata,
        "project_members",
        ProjectMember,
        only_where("removed_at IS NULL", "uq_project_members_now", "project_id", "member_id"),
        links={"project_id": "projects.id", "member_id": "members.id"},
    ),
    make_record(
        metadata,
        "budgets",
        Budget,
        rules={
            "period": "starts_on <= ends_on",
            "alert_percent": "alert_percent BETWEEN 1 AND 100",
            "amount": "amount LIKE 'money:%' AND amount NOT LIKE 'money:-%'",
        },
        links={"project_id": "projects.id"},
    ),
    make_record(
        metadata,
        "budget_entries",
        BudgetEntry,
        Index(None, "subject"),
        rules={
            "amount": "amount LIKE 'money:%' AND amount NOT LIKE 'money:-%' AND amount NOT LIKE 'money:0:%'"
        },
        links={"budget_id": "budgets.id"},
    ),
    make_record(
        metadata,
        "limits",
        Limit,
        rules={"amount": "amount LIKE 'money:%' AND amount NOT LIKE 'money:-%'"},
    ),
    make_record(metadata, "payment_methods", PaymentMethod),
    make_record(
        metadata,
        "buy_requests",
        BuyRequest,
        Index(None, "state", "created_at"),
        rules={"version": "version >= 1"},
        links={"project_id": "projects.id", "budget_id": "budgets.id", "method_id": "payment_methods.id"},
    ),
    make_record(
        metadata,
        "request_items",
        RequestItem,
        UniqueConstraint("request_id", "position"),
        only_where("order_id IS NOT NULL", "uq_request_items_order", "order_id"),
        rules={"position": "position >= 1"},
        links={
            "request_id": "buy_requests.id",
            "quote_id": "quotes.id",
            "order_id": "orders.id",
            "grant_id": "grants.id",
        },
    ),
    make_record(
        metadata,
        "payments",
        Payment,
        # One charge an order; what comes back names its refund.
        only_where("refund_id IS NULL", "uq_payments_order", "order_id"),
        only_where("refund_id IS NOT NULL", "uq_payments_refund", "refund_id"),
        links={"order_id": "orders.id", "method_id": "payment_methods.id", "refund_id": "refunds.id"},
    ),
    make_record(
        metadata, "exchange_rates", ExchangeRate, UniqueConstraint("base", "quote", "valid_on", "source")
    ),
    make_record(metadata, "usage_prices", UsagePrice, rules={"per": "per >= 1"}),
    make_record(metadata, "seat_pools", SeatPool, rules={"seats_max": "seats_max IS NULL OR seats_max >= 1"}),
    make_record(
        metadata,
        "seats",
        Seat,
        only_where("released_at IS NULL", "uq_seats_now", "grant_id", "member_id", "device"),
        links={"grant_id": "grants.id"},
    ),
    make_record(metadata, "agreements", Agreement, Index(None, "marketplace", "starts_on")),
    make_record(metadata, "renewals", Renewal, Index(None, "subject", "ends_at")),
    make_record(metadata, "reminders", Reminder),
    make_record(
        metadata,
        "invoices",
        Invoice,
        only_where("sequence > 0", "uq_invoices_series", "series", "sequence"),
        only_where("kind = 'received'", "uq_invoices_received", "issuer", "number"),
        Index(None, "issued_on"),
        rules={"sequence": "sequence >= 0"},
        links={"corrects": "invoices.id"},
    ),
    make_record(
        metadata,
        "invoice_lines",
        InvoiceLine,
        UniqueConstraint("invoice_id", "position"),
        links={"invoice_id": "invoices.id", "order_id": "orders.id"},
    ),
    make_record(metadata, "number_series", NumberSeries, rules={"last": "last >= 0"}),
    make_record(metadata, "delivery_checks", DeliveryCheck, links={"grant_id": "grants.id"}),
    make_record(metadata, "offered_facts", Offered),
    make_record(
        metadata,
        "usage_counts",
        UsageCount,
        Index(None, "day", "marketplace"),
        rules={"number": "number >= 1", "version": "version >= 1"},
    ),
)
for _record in _RECORDS:
    if not _record.versioned:
        event.listen(_record.table, "after_create", guards.guard_bookings)

RECORDS: dict[type, Record[Any]] = {record.kind: record for record in _RECORDS}
PAYMENTS = RECORDS[Payment].table
STUDIO_TABLES: tuple[Table, ...] = tuple(record.table for record in _RECORDS)


def _index(table: Table, *names: str) -> Index:
    return Index(None, *(table.c[name] for name in names))


# What is asked of a large ledger again and again: times, people, names. See .recent.
INDEXES = (
    only_where("valid_until IS NOT NULL", "ix_grants_ends", schema.grants.c.valid_until, unique=False),
    _index(schema.grants, "terms_sha256", "granted_at", "serial"),
    _index(schema.approvals, "approved_by", "approved_at"),
    _index(schema.files, "downloaded_at"),
    _index(schema.orders, "quote_id"),
    _index(schema.orders, "approval_id"),
    _index(schema.orders, "buyer", "created_at"),
    _index(schema.orders, "project", "created_at", "serial"),
    _index(schema.orders, "state", "updated_at"),
    _index(schema.orders, "listing_id"),
    _index(schema.orders, "marketplace_order_id"),
    _index(schema.receipts, "marketplace_order_id"),
    _index(schema.receipts, "marketplace_license_id"),
    _index(PAYMENTS, "paid_at"),
    only_where(
        "order_id IS NULL OR difference <> ''",
        "ix_invoice_lines_to_look_at",
        RECORDS[InvoiceLine].table.c.invoice_id,
        unique=False,
    ),
    _index(RECORDS[BuyRequest].table, "requested_by", "serial"),
    _index(RECORDS[BuyRequest].table, "requested_by", "state"),
    _index(RECORDS[BuyRequest].table, "decided_by", "decided_at"),
    _index(RECORDS[Renewal].table, "ends_at"),
    _index(RECORDS[Renewal].table, "renewed_until"),
    _index(RECORDS[Seat].table, "released_at"),
)


def record_of(kind: type[V]) -> Record[V]:
    """Return how a kind of value is kept; raise TypeError for one that is not."""
    record = RECORDS.get(kind)
    if record is None:
        raise TypeError(f"the ledger keeps no {kind.__name__} in a table of its own")
    return record
