"""Version 0004: people, requests, limits, budgets, payments, seats, agreements and invoices.

Released: never edited again. Stands on its own, so that later changes of the code cannot change it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEVER = "BEGIN SELECT RAISE(ABORT, 'what was booked is never changed'); END"


def upgrade() -> None:
    """Make the tables of a studio; nothing that was there changes."""
    _make_agreements()
    _make_exchange_rates()
    _make_invoices()
    _make_limits()
    _make_members()
    _make_payment_methods()
    _make_projects()
    _make_seat_pools()
    _make_budgets()
    _make_project_members()
    _make_budget_entries()
    _make_buy_requests()
    _make_invoice_lines()
    _make_delivery_checks()
    _make_request_items()
    _make_seats()
    _make_payments()


def _make_agreements() -> None:
    _table(
        "agreements",
        *_texts("id marketplace name starts_on overrides noted_by noted_at"),
        *_texts("ends_on", nullable=True),
        *_texts("license_ids document_sha256"),
        *_texts("ended_at", nullable=True),
        *_numbers("version"),
    )
    _index("agreements", "marketplace", "starts_on")
    _table(
        "renewals",
        *_texts("id subject state ends_at decided_by decided_at reason"),
        *_texts("renewed_until", nullable=True),
        *_texts("order_id"),
        *_numbers("version"),
        _one_of("renewals", "state", "let_go planned renewed"),
    )
    _index("renewals", "subject", "ends_at")
    _table(
        "reminders",
        *_texts("id subject ends_at"),
        *_numbers("days"),
        *_texts("told_at"),
    )
    _guard("reminders")


def _make_exchange_rates() -> None:
    _table(
        "exchange_rates",
        *_texts("id base quote rate valid_on source set_by set_at"),
        sa.UniqueConstraint(
            "base", "quote", "valid_on", "source", name="uq_exchange_rates_base_quote_valid_on_source"
        ),
    )
    _guard("exchange_rates")
    _table(
        "usage_prices",
        *_texts("id marketplace operation amount"),
        *_numbers("per"),
        *_texts("starts_on set_by set_at"),
        *_texts("ends_on", nullable=True),
        sa.CheckConstraint("per >= 1", name="ck_usage_prices_per"),
    )
    _guard("usage_prices")


def _make_invoices() -> None:
    _table(
        "invoices",
        *_texts("id kind number issuer recipient net tax gross issued_on created_at created_by series"),
        *_numbers("sequence"),
        *_texts("due_on", nullable=True),
        *_texts("project_id client marketplace purchase_order document_sha256 data_sha256"),
        *_texts("corrects", nullable=True),
        *_texts("note"),
        _one_of("invoices", "kind", "charge_back credit_note purchase_record received"),
        sa.CheckConstraint("sequence >= 0", name="ck_invoices_sequence"),
        ("corrects", "invoices"),
    )
    _index("invoices", "corrects")
    _index("invoices", "issued_on")
    _unique("uq_invoices_received", "invoices", ["issuer", "number"], "kind = 'received'")
    _unique("uq_invoices_series", "invoices", ["series", "sequence"], "sequence > 0")
    _guard("invoices")
    _table(
        "number_series",
        *_texts("id"),
        *_numbers("last version"),
        sa.CheckConstraint("last >= 0", name="ck_number_series_last"),
    )


def _make_limits() -> None:
    _table(
        "limits",
        *_texts("id kind period amount set_by set_at role project_id marketplace"),
        *_texts("ended_at", nullable=True),
        *_numbers("version"),
        _one_of("limits", "kind", "approve auto own spend"),
        _one_of("limits", "period", "month request"),
        sa.CheckConstraint("amount LIKE 'money:%' AND amount NOT LIKE 'money:-%'", name="ck_limits_amount"),
    )


def _make_members() -> None:
    _table(
        "members",
        *_texts("id name roles added_at added_by"),
        *_flags("active"),
        *_numbers("version"),
    )


def _make_payment_methods() -> None:
    _table(
        "payment_methods",
        *_texts("id kind label created_by created_at marketplace account_id project_id purchase_order"),
        *_texts("cost_center unit"),
        *_texts("unit_value paid_in limit_amount valid_until", nullable=True),
        *_flags("active"),
        *_numbers("version"),
        _one_of(
            "payment_methods",
            "kind",
            "checkout contract credits manual prepaid product purchase_order subscription",
        ),
    )


def _make_projects() -> None:
    _table(
        "projects",
        *_texts("id name created_at created_by client department cost_center"),
        *_flags("active"),
        *_numbers("version"),
    )


def _make_seat_pools() -> None:
    _table(
        "seat_pools",
        *_texts("id kind"),
        *_numbers("seats_max", nullable=True),
        *_texts("noted_by noted_at"),
        *_numbers("version"),
        _one_of("seat_pools", "kind", "computers concurrent named"),
        sa.CheckConstraint("seats_max IS NULL OR seats_max >= 1", name="ck_seat_pools_seats_max"),
    )


def _make_budgets() -> None:
    _table(
        "budgets",
        *_texts("id name amount starts_on ends_on created_by created_at"),
        *_texts("project_id", nullable=True),
        *_texts("department"),
        *_numbers("alert_percent"),
        *_texts("closed_at", nullable=True),
        *_numbers("version"),
        sa.CheckConstraint("starts_on <= ends_on", name="ck_budgets_period"),
        sa.CheckConstraint("alert_percent BETWEEN 1 AND 100", name="ck_budgets_alert_percent"),
        sa.CheckConstraint("amount LIKE 'money:%' AND amount NOT LIKE 'money:-%'", name="ck_budgets_amount"),
        ("project_id", "projects"),
    )
    _index("budgets", "project_id")


def _make_project_members() -> None:
    _table(
        "project_members",
        *_texts("id project_id member_id added_at added_by"),
        *_texts("removed_at", nullable=True),
        *_numbers("version"),
        ("project_id", "projects"),
        ("member_id", "members"),
    )
    _index("project_members", "member_id")
    _index("project_members", "project_id")
    _unique("uq_project_members_now", "project_members", ["project_id", "member_id"], "removed_at IS NULL")


def _make_budget_entries() -> None:
    _table(
        "budget_entries",
        *_texts("id budget_id kind amount subject at by note"),
        _one_of("budget_entries", "kind", "commit refund release spend"),
        sa.CheckConstraint(
            "amount LIKE 'money:%' AND amount NOT LIKE 'money:-%' AND amount NOT LIKE 'money:0:%'",
            name="ck_budget_entries_amount",
        ),
        ("budget_id", "budgets"),
    )
    _index("budget_entries", "budget_id")
    _index("budget_entries", "subject")
    _guard("budget_entries")


def _make_buy_requests() -> None:
    _table(
        "buy_requests",
        *_texts("id project_id requested_by reason use state created_at changed_at"),
        *_texts("total", nullable=True),
        *_texts("binding_sha256"),
        *_texts("decided_at", nullable=True),
        *_texts("decided_by decision_reason"),
        *_texts("expires_at budget_id method_id", nullable=True),
        *_numbers("version"),
        _one_of("buy_requests", "state", "approved buying declined done draft open withdrawn"),
        sa.CheckConstraint("version >= 1", name="ck_buy_requests_version"),
        ("project_id", "projects"),
        ("budget_id", "budgets"),
        ("method_id", "payment_methods"),
    )
    _index("buy_requests", "budget_id")
    _index("buy_requests", "method_id")
    _index("buy_requests", "project_id")
    _index("buy_requests", "state", "created_at")


def _make_invoice_lines() -> None:
    _table(
        "invoice_lines",
        *_texts("id invoice_id"),
        *_numbers("position"),
        *_texts("description quantity net tax_percent tax_category"),
        *_texts("order_id", nullable=True),
        *_texts("reference difference"),
        *_numbers("version"),
        sa.UniqueConstraint("invoice_id", "position", name="uq_invoice_lines_invoice_id_position"),
        ("invoice_id", "invoices"),
        ("order_id", "orders"),
    )
    _index("invoice_lines", "invoice_id")
    _index("invoice_lines", "order_id")


def _make_delivery_checks() -> None:
    _table(
        "delivery_checks",
        *_texts(
            "id grant_id result facts differences source_host source_certificate_sha256 checked_at checked_by"
        ),
        _one_of("delivery_checks", "result", "as_offered differs unknown"),
        ("grant_id", "grants"),
    )
    _index("delivery_checks", "grant_id")
    _guard("delivery_checks")


def _make_request_items() -> None:
    _table(
        "request_items",
        *_texts("id request_id"),
        *_numbers("position"),
        *_texts("marketplace listing_id kind title license_label variant state changed_at"),
        *_texts("quote_id cost", nullable=True),
        *_texts("decision"),
        *_texts("grant_id order_id", nullable=True),
        *_texts("failure"),
        *_numbers("version"),
        sa.UniqueConstraint("request_id", "position", name="uq_request_items_request_id_position"),
        _one_of("request_items", "kind", "audio image model other video"),
        _one_of("request_items", "state", "bought buying covered failed left_out waiting"),
        sa.CheckConstraint("position >= 1", name="ck_request_items_position"),
        ("request_id", "buy_requests"),
        ("quote_id", "quotes"),
        ("grant_id", "grants"),
        ("order_id", "orders"),
    )
    _index("request_items", "grant_id")
    _index("request_items", "order_id")
    _index("request_items", "quote_id")
    _index("request_items", "request_id")
    _unique("uq_request_items_order", "request_items", ["order_id"], "order_id IS NOT NULL")


def _make_seats() -> None:
    _table(
        "seats",
        *_texts("id grant_id member_id assigned_at assigned_by device"),
        *_texts("released_at", nullable=True),
        *_texts("released_by"),
        *_numbers("version"),
        ("grant_id", "grants"),
    )
    _index("seats", "grant_id")
    _unique("uq_seats_now", "seats", ["grant_id", "member_id", "device"], "released_at IS NULL")


def _make_payments() -> None:
    _table(
        "payments",
        *_texts("id order_id method_id"),
        *_texts("cost value", nullable=True),
        *_texts("paid_at paid_by"),
        *_texts("tax home", nullable=True),
        *_texts("rate"),
        *_texts("rate_on", nullable=True),
        *_texts("rate_source purchase_order cost_center evidence_sha256"),
        *_texts("refund_id", nullable=True),
        ("order_id", "orders"),
        ("method_id", "payment_methods"),
        ("refund_id", "refunds"),
    )
    _index("payments", "method_id")
    _index("payments", "order_id")
    _index("payments", "refund_id")
    _unique("uq_payments_order", "payments", ["order_id"], "refund_id IS NULL")
    _unique("uq_payments_refund", "payments", ["refund_id"], "refund_id IS NOT NULL")
    _guard("payments")


def _table(name: str, *items: sa.schema.SchemaItem | tuple[str, str]) -> None:
    """Make a table with its two keys, the row's number and the value's id; a pair links a column to a table.

    Constraints are written in the order in which they are made here.
    """
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        name,
        sa.Column("serial", number, nullable=False, autoincrement=True),
        *(item for item in items if not isinstance(item, tuple)),
        sa.PrimaryKeyConstraint("serial", name=f"pk_{name}"),
        sa.UniqueConstraint("id", name=f"uq_{name}_id"),
        *(
            sa.ForeignKeyConstraint([item[0]], [f"{item[1]}.id"], name=f"fk_{name}_{item[0]}_{item[1]}")
            for item in items
            if isinstance(item, tuple)
        ),
    )


def _texts(names: str, *, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names.split()]


def _numbers(names: str, *, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names.split()]


def _flags(names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names.split()]


def _one_of(table: str, column: str, values: str) -> sa.CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values.split())
    return sa.CheckConstraint(f"{column} IN ({allowed})", name=f"ck_{table}_{column}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _unique(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _guard(table: str) -> None:
    """Let nobody change what was booked, whatever program writes."""
    if op.get_bind().dialect.name == "sqlite":
        there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR serial = NEW.serial)"  # noqa: S608
        for statement in (
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {NEVER}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {NEVER}",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {there} {NEVER}",
        ):
            op.get_bind().exec_driver_sql(statement)
        return
    refuse = f"EXECUTE FUNCTION {table}_refuse()"
    body = "$$ BEGIN RAISE EXCEPTION 'what was booked is never changed'; END $$"
    for statement in (
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS {body}",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ):
        op.get_bind().exec_driver_sql(statement)
