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
    _make_number_series()
    _make_payment_methods()
    _make_projects()
    _make_reminders()
    _make_renewals()
    _make_seat_pools()
    _make_usage_prices()
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
    op.create_table(
        "agreements",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("starts_on", sa.Text, nullable=False),
        sa.Column("overrides", sa.Text, nullable=False),
        sa.Column("noted_by", sa.Text, nullable=False),
        sa.Column("noted_at", sa.Text, nullable=False),
        sa.Column("ends_on", sa.Text, nullable=True),
        sa.Column("license_ids", sa.Text, nullable=False),
        sa.Column("document_sha256", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_agreements"),
        sa.UniqueConstraint("id", name="uq_agreements_id"),
    )
    op.create_index("ix_agreements_marketplace_starts_on", "agreements", ["marketplace", "starts_on"])


def _make_exchange_rates() -> None:
    op.create_table(
        "exchange_rates",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("rate", sa.Text, nullable=False),
        sa.Column("valid_on", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_exchange_rates"),
        sa.UniqueConstraint(
            "base", "quote", "valid_on", "source", name="uq_exchange_rates_base_quote_valid_on_source"
        ),
        sa.UniqueConstraint("id", name="uq_exchange_rates_id"),
    )
    _guard("exchange_rates")


def _make_invoices() -> None:
    op.create_table(
        "invoices",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("net", sa.Text, nullable=False),
        sa.Column("tax", sa.Text, nullable=False),
        sa.Column("gross", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("due_on", sa.Text, nullable=True),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("purchase_order", sa.Text, nullable=False),
        sa.Column("document_sha256", sa.Text, nullable=False),
        sa.Column("data_sha256", sa.Text, nullable=False),
        sa.Column("corrects", sa.Text, nullable=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_invoices"),
        sa.CheckConstraint(
            "kind IN ('charge_back', 'credit_note', 'purchase_record', 'received')", name="ck_invoices_kind"
        ),
        sa.CheckConstraint("sequence >= 0", name="ck_invoices_sequence"),
        sa.UniqueConstraint("id", name="uq_invoices_id"),
        sa.ForeignKeyConstraint(["corrects"], ["invoices.id"], name="fk_invoices_corrects_invoices"),
    )
    op.create_index("ix_invoices_corrects", "invoices", ["corrects"])
    op.create_index("ix_invoices_issued_on", "invoices", ["issued_on"])
    _unique("uq_invoices_received", "invoices", ["issuer", "number"], "kind = 'received'")
    _unique("uq_invoices_series", "invoices", ["series", "sequence"], "sequence > 0")
    _guard("invoices")


def _make_limits() -> None:
    op.create_table(
        "limits",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_limits"),
        sa.CheckConstraint("kind IN ('approve', 'auto', 'own', 'spend')", name="ck_limits_kind"),
        sa.CheckConstraint("period IN ('month', 'request')", name="ck_limits_period"),
        sa.CheckConstraint("amount LIKE 'money:%' AND amount NOT LIKE 'money:-%'", name="ck_limits_amount"),
        sa.UniqueConstraint("id", name="uq_limits_id"),
    )


def _make_members() -> None:
    op.create_table(
        "members",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_members"),
        sa.UniqueConstraint("id", name="uq_members_id"),
    )


def _make_number_series() -> None:
    op.create_table(
        "number_series",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_number_series"),
        sa.CheckConstraint("last >= 0", name="ck_number_series_last"),
        sa.UniqueConstraint("id", name="uq_number_series_id"),
    )


def _make_payment_methods() -> None:
    op.create_table(
        "payment_methods",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("purchase_order", sa.Text, nullable=False),
        sa.Column("cost_center", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("unit_value", sa.Text, nullable=True),
        sa.Column("paid_in", sa.Text, nullable=True),
        sa.Column("limit_amount", sa.Text, nullable=True),
        sa.Column("valid_until", sa.Text, nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_payment_methods"),
        sa.CheckConstraint(
            "kind IN ('checkout', 'contract', 'credits', 'manual', 'prepaid', 'product', 'purchase_order', "
            "'subscription')",
            name="ck_payment_methods_kind",
        ),
        sa.UniqueConstraint("id", name="uq_payment_methods_id"),
    )


def _make_projects() -> None:
    op.create_table(
        "projects",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("cost_center", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_projects"),
        sa.UniqueConstraint("id", name="uq_projects_id"),
    )


def _make_reminders() -> None:
    op.create_table(
        "reminders",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.Column("days", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_reminders"),
        sa.UniqueConstraint("id", name="uq_reminders_id"),
    )
    _guard("reminders")


def _make_renewals() -> None:
    op.create_table(
        "renewals",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decided_at", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("renewed_until", sa.Text, nullable=True),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_renewals"),
        sa.CheckConstraint("state IN ('let_go', 'planned', 'renewed')", name="ck_renewals_state"),
        sa.UniqueConstraint("id", name="uq_renewals_id"),
    )
    op.create_index("ix_renewals_subject_ends_at", "renewals", ["subject", "ends_at"])


def _make_seat_pools() -> None:
    op.create_table(
        "seat_pools",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("seats_max", sa.BigInteger, nullable=True),
        sa.Column("noted_by", sa.Text, nullable=False),
        sa.Column("noted_at", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_seat_pools"),
        sa.CheckConstraint("kind IN ('computers', 'concurrent', 'named')", name="ck_seat_pools_kind"),
        sa.CheckConstraint("seats_max IS NULL OR seats_max >= 1", name="ck_seat_pools_seats_max"),
        sa.UniqueConstraint("id", name="uq_seat_pools_id"),
    )


def _make_usage_prices() -> None:
    op.create_table(
        "usage_prices",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("per", sa.BigInteger, nullable=False),
        sa.Column("starts_on", sa.Text, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", sa.Text, nullable=False),
        sa.Column("ends_on", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("serial", name="pk_usage_prices"),
        sa.CheckConstraint("per >= 1", name="ck_usage_prices_per"),
        sa.UniqueConstraint("id", name="uq_usage_prices_id"),
    )
    _guard("usage_prices")


def _make_budgets() -> None:
    op.create_table(
        "budgets",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("starts_on", sa.Text, nullable=False),
        sa.Column("ends_on", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=True),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("alert_percent", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.Text, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_budgets"),
        sa.CheckConstraint("starts_on <= ends_on", name="ck_budgets_period"),
        sa.CheckConstraint("alert_percent BETWEEN 1 AND 100", name="ck_budgets_alert_percent"),
        sa.CheckConstraint("amount LIKE 'money:%' AND amount NOT LIKE 'money:-%'", name="ck_budgets_amount"),
        sa.UniqueConstraint("id", name="uq_budgets_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_budgets_project_id_projects"),
    )
    op.create_index("ix_budgets_project_id", "budgets", ["project_id"])


def _make_project_members() -> None:
    op.create_table(
        "project_members",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("removed_at", sa.Text, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_project_members"),
        sa.UniqueConstraint("id", name="uq_project_members_id"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_project_members_project_id_projects"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_project_members_member_id_members"),
    )
    op.create_index("ix_project_members_member_id", "project_members", ["member_id"])
    op.create_index("ix_project_members_project_id", "project_members", ["project_id"])
    _unique("uq_project_members_now", "project_members", ["project_id", "member_id"], "removed_at IS NULL")


def _make_budget_entries() -> None:
    op.create_table(
        "budget_entries",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("budget_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_budget_entries"),
        sa.CheckConstraint("kind IN ('commit', 'refund', 'release', 'spend')", name="ck_budget_entries_kind"),
        sa.CheckConstraint(
            "amount LIKE 'money:%' AND amount NOT LIKE 'money:-%' AND amount NOT LIKE 'money:0:%'",
            name="ck_budget_entries_amount",
        ),
        sa.UniqueConstraint("id", name="uq_budget_entries_id"),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_budget_entries_budget_id_budgets"),
    )
    op.create_index("ix_budget_entries_budget_id", "budget_entries", ["budget_id"])
    op.create_index("ix_budget_entries_subject", "budget_entries", ["subject"])
    _guard("budget_entries")


def _make_buy_requests() -> None:
    op.create_table(
        "buy_requests",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("use", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("total", sa.Text, nullable=True),
        sa.Column("binding_sha256", sa.Text, nullable=False),
        sa.Column("decided_at", sa.Text, nullable=True),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("decision_reason", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=True),
        sa.Column("budget_id", sa.Text, nullable=True),
        sa.Column("method_id", sa.Text, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_buy_requests"),
        sa.CheckConstraint(
            "state IN ('approved', 'buying', 'declined', 'done', 'draft', 'open', 'withdrawn')",
            name="ck_buy_requests_state",
        ),
        sa.CheckConstraint("version >= 1", name="ck_buy_requests_version"),
        sa.UniqueConstraint("id", name="uq_buy_requests_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_buy_requests_project_id_projects"),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name="fk_buy_requests_budget_id_budgets"),
        sa.ForeignKeyConstraint(
            ["method_id"], ["payment_methods.id"], name="fk_buy_requests_method_id_payment_methods"
        ),
    )
    op.create_index("ix_buy_requests_budget_id", "buy_requests", ["budget_id"])
    op.create_index("ix_buy_requests_method_id", "buy_requests", ["method_id"])
    op.create_index("ix_buy_requests_project_id", "buy_requests", ["project_id"])
    op.create_index("ix_buy_requests_state_created_at", "buy_requests", ["state", "created_at"])


def _make_invoice_lines() -> None:
    op.create_table(
        "invoice_lines",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("invoice_id", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("net", sa.Text, nullable=False),
        sa.Column("tax_percent", sa.Text, nullable=False),
        sa.Column("tax_category", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("difference", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_invoice_lines"),
        sa.UniqueConstraint("invoice_id", "position", name="uq_invoice_lines_invoice_id_position"),
        sa.UniqueConstraint("id", name="uq_invoice_lines_id"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_invoice_lines_invoice_id_invoices"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_invoice_lines_order_id_orders"),
    )
    op.create_index("ix_invoice_lines_invoice_id", "invoice_lines", ["invoice_id"])
    op.create_index("ix_invoice_lines_order_id", "invoice_lines", ["order_id"])


def _make_delivery_checks() -> None:
    op.create_table(
        "delivery_checks",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("grant_id", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("differences", sa.Text, nullable=False),
        sa.Column("source_host", sa.Text, nullable=False),
        sa.Column("source_certificate_sha256", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Text, nullable=False),
        sa.Column("checked_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_delivery_checks"),
        sa.CheckConstraint(
            "result IN ('as_offered', 'differs', 'unknown')", name="ck_delivery_checks_result"
        ),
        sa.UniqueConstraint("id", name="uq_delivery_checks_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_delivery_checks_grant_id_grants"),
    )
    op.create_index("ix_delivery_checks_grant_id", "delivery_checks", ["grant_id"])
    _guard("delivery_checks")


def _make_request_items() -> None:
    op.create_table(
        "request_items",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("marketplace", sa.Text, nullable=False),
        sa.Column("listing_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("license_label", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sa.Column("quote_id", sa.Text, nullable=True),
        sa.Column("cost", sa.Text, nullable=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("grant_id", sa.Text, nullable=True),
        sa.Column("order_id", sa.Text, nullable=True),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_request_items"),
        sa.UniqueConstraint("request_id", "position", name="uq_request_items_request_id_position"),
        sa.CheckConstraint(
            "kind IN ('audio', 'image', 'model', 'other', 'video')", name="ck_request_items_kind"
        ),
        sa.CheckConstraint(
            "state IN ('bought', 'buying', 'covered', 'failed', 'left_out', 'waiting')",
            name="ck_request_items_state",
        ),
        sa.CheckConstraint("position >= 1", name="ck_request_items_position"),
        sa.UniqueConstraint("id", name="uq_request_items_id"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["buy_requests.id"], name="fk_request_items_request_id_buy_requests"
        ),
        sa.ForeignKeyConstraint(["quote_id"], ["quotes.id"], name="fk_request_items_quote_id_quotes"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_request_items_grant_id_grants"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_request_items_order_id_orders"),
    )
    op.create_index("ix_request_items_grant_id", "request_items", ["grant_id"])
    op.create_index("ix_request_items_order_id", "request_items", ["order_id"])
    op.create_index("ix_request_items_quote_id", "request_items", ["quote_id"])
    op.create_index("ix_request_items_request_id", "request_items", ["request_id"])
    _unique("uq_request_items_order", "request_items", ["order_id"], "order_id IS NOT NULL")


def _make_seats() -> None:
    op.create_table(
        "seats",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("grant_id", sa.Text, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("assigned_at", sa.Text, nullable=False),
        sa.Column("assigned_by", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("released_at", sa.Text, nullable=True),
        sa.Column("released_by", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_seats"),
        sa.UniqueConstraint("id", name="uq_seats_id"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_seats_grant_id_grants"),
    )
    op.create_index("ix_seats_grant_id", "seats", ["grant_id"])
    _unique("uq_seats_now", "seats", ["grant_id", "member_id", "device"], "released_at IS NULL")


def _make_payments() -> None:
    op.create_table(
        "payments",
        _serial(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("method_id", sa.Text, nullable=False),
        sa.Column("cost", sa.Text, nullable=True),
        sa.Column("value", sa.Text, nullable=True),
        sa.Column("paid_at", sa.Text, nullable=False),
        sa.Column("paid_by", sa.Text, nullable=False),
        sa.Column("tax", sa.Text, nullable=True),
        sa.Column("home", sa.Text, nullable=True),
        sa.Column("rate", sa.Text, nullable=False),
        sa.Column("rate_on", sa.Text, nullable=True),
        sa.Column("rate_source", sa.Text, nullable=False),
        sa.Column("purchase_order", sa.Text, nullable=False),
        sa.Column("cost_center", sa.Text, nullable=False),
        sa.Column("evidence_sha256", sa.Text, nullable=False),
        sa.Column("refund_id", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("serial", name="pk_payments"),
        sa.UniqueConstraint("id", name="uq_payments_id"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_payments_order_id_orders"),
        sa.ForeignKeyConstraint(
            ["method_id"], ["payment_methods.id"], name="fk_payments_method_id_payment_methods"
        ),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name="fk_payments_refund_id_refunds"),
    )
    op.create_index("ix_payments_method_id", "payments", ["method_id"])
    op.create_index("ix_payments_order_id", "payments", ["order_id"])
    op.create_index("ix_payments_refund_id", "payments", ["refund_id"])
    _unique("uq_payments_order", "payments", ["order_id"], "refund_id IS NULL")
    _unique("uq_payments_refund", "payments", ["refund_id"], "refund_id IS NOT NULL")
    _guard("payments")


def _serial() -> sa.Column[int]:
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("serial", key, nullable=False, autoincrement=True)


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
