"""A studio in PostgreSQL to write SQL into by hand, with the login of every role.

Nothing of Clearance runs between these statements and the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pg8000.dbapi
from ledger_values import fill_everything, open_place
from postgres_server import Server

from core.ledger.codecs import encode_moment

ROLES = ("artist", "buyer", "approver", "legal", "finance", "admin", "auditor")
LOGINS = {role: (role,) for role in ROLES} | {"lead": ("artist", "approver"), "stranger": ()}
"""A login of each role, one with two, and one with none."""
REFUSED = "42501"
"""insufficient_privilege"""
UNDEFINED_TABLE = "42P01"
DAY = timedelta(days=1)
NOW = encode_moment(datetime.now(UTC))
SOON = encode_moment(datetime.now(UTC) + DAY)
BEFORE = encode_moment(datetime.now(UTC) - DAY)

WRITERS = {
    "quotes": {"INSERT": "artist buyer approver"},
    "approvals": {"INSERT": "approver buyer"},
    "orders": {"INSERT": "buyer finance", "UPDATE": "artist buyer finance"},
    "receipts": {"INSERT": "buyer finance"},
    "grants": {"INSERT": "buyer finance"},
    "files": {"INSERT": "artist buyer"},
    "documents": {"INSERT": "buyer finance legal"},
    "refunds": {"INSERT": "buyer finance", "UPDATE": "finance"},
    "terms": {"INSERT": "artist buyer approver finance legal"},
    "usages": {"INSERT": "artist buyer", "UPDATE": "artist buyer", "DELETE": "artist buyer"},
    "resolutions": {"INSERT": "legal"},
    "declarations": {"INSERT": "artist legal"},
    "fingerprints": {"INSERT": "artist buyer", "DELETE": "artist buyer"},
    "members": {"INSERT": "admin", "UPDATE": "admin"},
    "projects": {"INSERT": "admin", "UPDATE": "admin"},
    "project_members": {"INSERT": "admin", "UPDATE": "admin"},
    "limits": {"INSERT": "admin", "UPDATE": "admin"},
    "payment_methods": {"INSERT": "admin buyer finance", "UPDATE": "admin"},
    "budgets": {"INSERT": "admin finance", "UPDATE": "admin finance"},
    "budget_entries": {"INSERT": "artist approver buyer finance"},
    "buy_requests": {"INSERT": "artist buyer", "UPDATE": "artist buyer approver"},
    "request_items": {"INSERT": "artist buyer", "UPDATE": "artist buyer finance"},
    "payments": {"INSERT": "buyer finance"},
    "exchange_rates": {"INSERT": "finance"},
    "usage_prices": {"INSERT": "finance"},
    "usage_counts": {
        "INSERT": "artist buyer approver legal finance admin",
        "UPDATE": "artist buyer approver legal finance admin",
    },
    "seat_pools": {"INSERT": "admin finance", "UPDATE": "admin finance"},
    "seats": {"INSERT": "artist approver admin", "UPDATE": "artist approver admin finance legal"},
    "agreements": {"INSERT": "legal admin", "UPDATE": "legal admin"},
    "renewals": {"INSERT": "legal admin", "UPDATE": "legal admin"},
    "reminders": {"INSERT": "artist buyer approver legal finance admin"},
    "invoices": {"INSERT": "finance"},
    "invoice_lines": {"INSERT": "finance", "UPDATE": "finance"},
    "number_series": {"INSERT": "finance", "UPDATE": "finance"},
    "delivery_checks": {"INSERT": "artist buyer"},
    "offered_facts": {"INSERT": "artist buyer approver"},
    "audit": {},
    "audit_tail": {},
    "schema_version": {},
}
"""Who may write whole rows of what at all; everybody else is refused before a row is looked at."""
READERS = {
    "audit": "legal finance admin auditor",
    "invoices": "finance auditor",
    "invoice_lines": "finance auditor",
    "number_series": "finance auditor",
}
"""What not every member may read."""


@dataclass(frozen=True, slots=True)
class Studio:
    """A database with two projects: every member works on ``film1``, nobody on ``secret``."""

    server: Server
    name: str

    def run(self, login: str, *statements: str) -> list[tuple[object, ...]]:
        return self.server.run_sql(*statements, database=self.name, user=login)

    def state_of(self, login: str, *statements: str) -> str:
        """Run statements and return the code of the error that they end in; empty when they do not."""
        try:
            self.run(login, *statements)
        except pg8000.dbapi.DatabaseError as error:
            return str(error.args[0]["C"])
        return ""

    def everything(self) -> list[tuple[object, ...]]:
        """Return a hash of every table, as the owner sees it."""
        parts = (
            f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
            for table in WRITERS
        )
        return self.run("postgres", " UNION ALL ".join(parts))


@contextmanager
def run_studio(server: Server, folder: Path) -> Iterator[Studio]:
    """Make a studio, filled, and take it away with its logins; ``folder`` is for checkpoints."""
    name = server.make_database(server.make_template())
    for login, roles in LOGINS.items():
        server.run_sql(
            f"CREATE ROLE {login} LOGIN", *(f"GRANT clearance_{role} TO {login}" for role in roles)
        )
    made = Studio(server, name)
    with closing(open_place(f"{folder}|{server.address(name)}")) as ledger, ledger.transaction() as work:
        fill_everything(work)
    made.run("postgres", *seed())
    yield made
    server.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.run_sql(*(f"DROP ROLE {login}" for login in LOGINS))


def seed() -> Iterator[str]:
    """Yield what fills the studio, beside one of everything: people, limits, requests, and a secret project."""
    yield f"INSERT INTO projects SELECT 50, 'secret', 'Secret', '{NOW}', 'admin', '', '', '', true, 1"
    for login in LOGINS:
        yield (
            "INSERT INTO members (id, name, roles, added_at, added_by, active, version) "
            f"VALUES ('{login}', '{login}', '[]', '{NOW}', 'admin', true, 1)"
        )
        yield (
            "INSERT INTO project_members (id, project_id, member_id, added_at, added_by, version) "
            f"VALUES ('film1/{login}', 'film1', '{login}', '{NOW}', 'admin', 1)"
        )
    yield "DELETE FROM limits"
    yield "UPDATE orders SET project = 'film1'"
    for number, (kind, role, amount) in enumerate(
        (
            ("approve", "approver", 50_000),
            ("own", "approver", 1_000),
            ("auto", "artist", 500),
            ("spend", "buyer", 30_000),
        )
    ):
        yield insert_limit(f"limit_x{number}", kind, role, amount, by="admin")
    yield insert_limit("limit_month", "spend", "buyer", 40_000, by="admin", period="month")
    for request, login, project, minor in (
        ("request_small", "artist", "film1", 400),
        ("request_mid", "artist", "film1", 20_000),
        ("request_big", "artist", "film1", 90_000),
        ("request_lead_small", "lead", "film1", 900),
        ("request_lead_big", "lead", "film1", 20_000),
        ("request_secret", "nobody", "secret", 77_700),
        ("request_hidden", "nobody", "secret", 300),
        ("request_padded", "artist", "film1", 800),
        ("request_agreed", "artist", "film1", 600),
    ):
        yield insert_quote(f"quote_{request}", minor, by=login)
        yield insert_request(request, login, project, minor)
        yield insert_item(request)
    # What is asked for costs more than the request says.
    yield "UPDATE request_items SET cost = 'money:49000:USD' WHERE request_id = 'request_padded'"
    yield decide("request_agreed", "approver")
    yield insert_quote("quote_dear", 9_000, by="artist")
    yield "UPDATE quotes SET listing_id = 'quote_request_agreed' WHERE id = 'quote_dear'"
    yield insert_order("order_secret", "quote_request_secret", "NULL", 77_700, by="nobody", project="secret")
    yield (
        "INSERT INTO payments SELECT 90, 'payment_secret', 'order_secret', method_id, cost, 'money:77700:USD', "
        "paid_at, paid_by, tax, home, rate, rate_on, rate_source, purchase_order, cost_center, evidence_sha256, "
        "NULL FROM payments WHERE id = 'payment_1'"
    )
    yield (
        "INSERT INTO budgets SELECT 90, 'budget_secret', name, 'money:99900:USD', starts_on, ends_on, created_by, "
        "created_at, 'secret', department, alert_percent, closed_at, version FROM budgets WHERE id = 'budget_1'"
    )
    yield "UPDATE seat_pools SET seats_max = 2"
    yield insert_count("nobody", project="secret", number=77_700)
    yield insert_count("artist", number=20, name="b")
    yield insert_count("lead", number=20, name="c")


def insert_limit(limit: str, kind: str, role: str, minor: int, *, by: str, period: str = "request") -> str:
    return (
        "INSERT INTO limits (id, kind, period, amount, set_by, set_at, role, project_id, marketplace, version) "
        f"VALUES ('{limit}', '{kind}', '{period}', 'money:{minor}:USD', '{by}', '{NOW}', '{role}', '', '', 1)"
    )


def insert_quote(quote: str, minor: int, *, by: str) -> str:
    return (
        "INSERT INTO quotes (id, marketplace, listing_id, title, kind, author, license_label, license_id, "
        "terms_sha256, cost, variant, account_id, search_id, web_checkout, license_source, surcharge, note, "
        "created_at, expires_at, quoted_by_login) "
        f"VALUES ('{quote}', 'cgtrader', '{quote}', 'Table', 'model', '', 'Royalty Free', 'cgtrader.rf', 'ab', "
        f"'money:{minor}:USD', '', '', '', false, 'marketplace', '', '', '{NOW}', '{SOON}', '{by}')"
    )


def insert_request(request: str, login: str, project: str, minor: int, *, state: str = "open") -> str:
    return (
        "INSERT INTO buy_requests (id, project_id, requested_by, reason, use, state, created_at, changed_at, "
        "total, binding_sha256, decided_by, decision_reason, version) "
        f"VALUES ('{request}', '{project}', '{login}', 'why', '', '{state}', '{NOW}', '{NOW}', "
        f"'money:{minor}:USD', 'bind', '', '', 1)"
    )


def insert_item(request: str) -> str:
    return (
        "INSERT INTO request_items (id, request_id, position, marketplace, listing_id, kind, title, "
        "license_label, variant, state, changed_at, quote_id, cost, decision, failure, version) "
        f"SELECT 'item_{request}', '{request}', 1, marketplace, listing_id, kind, title, license_label, '', "
        f"'waiting', '{NOW}', id, cost, 'allow', '', 1 FROM quotes WHERE id = 'quote_{request}'"
    )


def insert_approval(approval: str, quote: str, *, by: str, until: str = SOON) -> str:
    return (
        "INSERT INTO approvals (id, quote_id, binding_sha256, approved_by, approved_at, expires_at, reason) "
        f"VALUES ('{approval}', '{quote}', 'bind', '{by}', '{NOW}', '{until}', '')"
    )


def insert_order(
    order: str, quote: str, approval: str, minor: int, *, by: str, project: str = "film1"
) -> str:
    return (
        "INSERT INTO orders (id, key, quote_id, approval_id, marketplace, listing_id, title, variant, "
        "license_label, license_id, terms_sha256, account_id, cost, project, buyer, state, created_at, "
        "updated_at, marketplace_order_id, checkout_url, failure, version) "
        f"VALUES ('{order}', 'key-{order}', '{quote}', {approval}, 'cgtrader', '{quote}', 'Table', '', "
        f"'Royalty Free', 'cgtrader.rf', 'ab', '', 'money:{minor}:USD', '{project}', '{by}', 'approved', "
        f"'{NOW}', '{NOW}', '', '', '', 1)"
    )


def insert_grant(grant: str, order: str) -> str:
    return (
        "INSERT INTO grants (id, order_id, marketplace, listing_id, title, author, kind, license_id, "
        "license_label, terms_sha256, marketplace_license_id, licensee, project, granted_at, state, "
        "state_changed_at, credit, source, face_number) "
        f"SELECT '{grant}', id, marketplace, listing_id, title, '', 'model', license_id, license_label, "
        f"terms_sha256, '', '', project, '{NOW}', 'active', '{NOW}', '', 'marketplace', 7 "
        f"FROM orders WHERE id = '{order}'"
    )


def decide(request: str, login: str, *, state: str = "approved") -> str:
    return (
        f"UPDATE buy_requests SET state = '{state}', decided_by = '{login}', decided_at = '{NOW}', "
        f"expires_at = '{SOON}', "
        f"version = version + 1 WHERE id = '{request}'"
    )


def insert_entry(entry: str, kind: str, minor: int, *, by: str, budget: str = "budget_1") -> str:
    return (
        "INSERT INTO budget_entries (id, budget_id, kind, amount, subject, at, by, note) "
        f"VALUES ('{entry}', '{budget}', '{kind}', 'money:{minor}:USD', 'request_mid', '{NOW}', '{by}', '')"
    )


def insert_count(
    by: str, *, project: str = "film1", number: int = 5, name: str = "a", day: str = NOW[:10], whose: str = ""
) -> str:
    return (
        "INSERT INTO usage_counts (id, day, marketplace, operation, number, counted_by, counted_at, source, "
        f"project_id, version) VALUES ('{name * 32}/{whose or by}', '{day}', 'pond5', 'search', {number}, '{by}', "
        f"'{NOW}', 'ab', '{project}', 1)"
    )


def insert_seat(seat: str, member: str, *, by: str) -> str:
    return (
        "INSERT INTO seats (id, grant_id, member_id, assigned_at, assigned_by, device, released_by, version) "
        f"VALUES ('{seat}', 'grant_1', '{member}', '{NOW}', '{by}', '', '', 1)"
    )


def undone(*statements: str) -> tuple[str, ...]:
    """Run statements as one unit of work that is taken back: they may succeed without a trace."""
    return ("; ".join(("BEGIN", *statements, "ROLLBACK")),)


def insert_method(method: str, *, by: str, unit_value: str = "NULL") -> str:
    """Return SQL that sets up a way to pay, by credits at Pond5."""
    return (
        "INSERT INTO payment_methods (id, kind, label, created_by, created_at, marketplace, account_id, project_id, "
        "purchase_order, cost_center, unit, unit_value, active, version) VALUES "
        f"('{method}', 'credits', 'x', '{by}', '{NOW}', 'pond5', '', '', '', '', 'credit', {unit_value}, true, 1)"
    )
