"""Sly SQL by hand: ways around what PostgreSQL holds in a studio's ledger, each of which has to lead nowhere.

``test_access.py`` tries what is plainly forbidden. Here somebody knows how PostgreSQL works: temporary tables in
the way of the catalog's, prices that add up to less, dates that are not today's, approvals that are split, reused
or long over, functions called for what they read, transactions that count in an old snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pg8000.dbapi
import pytest
from hand_sql import (
    BEFORE,
    DAY,
    NOW,
    REFUSED,
    SOON,
    Studio,
    decide,
    insert_approval,
    insert_entry,
    insert_item,
    insert_limit,
    insert_order,
    insert_quote,
    insert_request,
    insert_seat,
    run_studio,
    undone,
)
from postgres_server import SOCKET_NAME, Server

from core.ledger.codecs import encode_moment

BROKEN_RULE = "23514"
"""check_violation"""
LATER = encode_moment(datetime.now(UTC) + 3 * DAY)
OWNER_BY_TRICK = "CREATE TEMP TABLE pg_tables AS SELECT 'public'::name AS schemaname, 'audit'::name AS tablename, session_user::name AS tableowner"
"""What asks who owns the audit would find this table first, if it asked by a name alone."""
ANY_RECEIPT = (
    "INSERT INTO receipts (id, order_id, marketplace, marketplace_order_id, marketplace_license_id, charged, "
    "license_label, received_at, evidence) VALUES ('r9', 'order_1', 'cgtrader', 'x9', 'y9', '{charged}', '', "
    f"'{NOW}', 'history')"
)


@pytest.fixture(scope="module")
def studio(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio for all tests here: what is refused has to change nothing, and is held to that."""
    with run_studio(server, tmp_path_factory.mktemp("checkpoints")) as made:
        made.run("postgres", *seed_more())
        yield made


def seed_more() -> Iterator[str]:
    """Yield requests that were approved, one of them long ago, and an order that was paid."""
    for request, minor in (("request_old", 700), ("request_two", 600), ("request_split", 90_000)):
        yield insert_quote(f"quote_{request}", minor, by="artist")
        yield insert_request(request, "artist", "film1", minor)
        yield insert_item(request)
    yield decide("request_old", "approver")
    yield decide("request_two", "approver")
    yield f"UPDATE buy_requests SET expires_at = '{BEFORE}' WHERE id = 'request_old'"
    yield f"UPDATE buy_requests SET expires_at = '{SOON}' WHERE id = 'request_two'"
    yield insert_request("request_cart", "artist", "film1", 100, state="draft")
    yield insert_quote("quote_paid", 500, by="artist")
    yield insert_approval("approval_paid", "quote_paid", by="approver")
    yield insert_order("order_paid", "quote_paid", "'approval_paid'", 500, by="buyer")
    yield "UPDATE orders SET state = 'paid' WHERE id = 'order_paid'"
    yield insert_approval("approval_two", "quote_request_two", by="approver")
    yield insert_quote("quote_dated", 1_000, by="artist")
    yield insert_approval("approval_dated", "quote_dated", by="approver")
    yield (
        "INSERT INTO declarations (id, origin, title, declared_by, declared_at, reason, author, license, source_url, "
        "credit, evidence_sha256, project, client, face_number) SELECT 'declaration_legal', origin, title, 'legal', "
        "declared_at, reason, author, license, source_url, credit, evidence_sha256, project, client, 77 "
        "FROM declarations LIMIT 1"
    )
    yield insert_seat("seat_lead", "lead", by="approver")
    yield insert_entry("entry_kept", "commit", 300, by="approver", budget="budget_secret").replace(
        "request_mid", "request_secret"
    )


def as_item(
    request: str, cost: str, *, state: str = "waiting", quote: str = "quote_dear", position: int = 1
) -> str:
    """Return SQL that puts a quote into somebody's cart, for a price and in a state of one's choice."""
    return (
        "INSERT INTO request_items (id, request_id, position, marketplace, listing_id, kind, title, license_label, "
        f"variant, state, changed_at, quote_id, cost, decision, failure, version) SELECT 'i9{position}', '{request}', "
        f"{position}, marketplace, listing_id, kind, title, license_label, '', '{state}', '{NOW}', id, '{cost}', "
        f"'allow', '', 1 FROM quotes WHERE id = '{quote}'"
    )


def opened(request: str) -> str:
    return f"UPDATE buy_requests SET state = 'open', version = version + 1 WHERE id = '{request}'"


def in_one(*statements: str) -> tuple[str, ...]:
    return ("; ".join(("BEGIN", *statements, "COMMIT")),)


INSERT_DOCUMENT = (
    "INSERT INTO documents (order_id, kind, sha256, name, size, added_at, added_by) VALUES "
    "('order_1', 'invoice', 'ab', 'x', 1, '{at}', '{by}')"
)
INSERT_REFUND = (
    "INSERT INTO refunds (id, order_id, grant_id, state, reason, requested_at, requested_by, amount, reference) "
    "VALUES ('refund_9', 'order_paid', NULL, '{state}', 'x', '" + NOW + "', 'buyer', 'money:500:USD', '')"
)
INSERT_PAYMENT = (
    "INSERT INTO payments (id, order_id, method_id, cost, value, paid_at, paid_by, tax, home, rate, rate_on, "
    "rate_source, purchase_order, cost_center, evidence_sha256, refund_id) SELECT 'p9', {order}, method_id, {cost}, value, "
    "paid_at, '{by}', tax, home, rate, rate_on, rate_source, purchase_order, cost_center, evidence_sha256, {refund} "
    "FROM payments LIMIT 1"
)

SLY: dict[str, tuple[str, tuple[str, ...]]] = {
    # Names that are looked up
    "a temporary table says that an artist owns the audit: other terms": (
        "artist", (OWNER_BY_TRICK, "INSERT INTO terms VALUES ('abcd', 'all is allowed')"),
    ),
    "a temporary table says that a buyer owns the audit: a way to pay": (
        "buyer",
        (OWNER_BY_TRICK,
         ("INSERT INTO payment_methods (id, kind, label, created_by, created_at, marketplace, account_id, project_id, "
         "purchase_order, cost_center, unit, active, version) VALUES ('mine', 'purchase_order', 'x', 'ceo', 'x', '', '', "
         "'', '', '', '', true, 1)")),
    ),
    "a temporary table says that a buyer owns the audit: a payment in another's name": (
        "buyer", (OWNER_BY_TRICK, INSERT_PAYMENT.format(order="'order_paid'", cost="cost", by="finance", refund="NULL")),
    ),
    "a temporary table says that an artist owns the audit: a request for others": (
        "artist", (OWNER_BY_TRICK, insert_request("r9", "artist", "secret", 100)),
    ),
    "a search path with one's own tables first": (
        "artist",
        ("CREATE TEMP TABLE project_members (project_id text, member_id text, removed_at text)",
         "INSERT INTO pg_temp.project_members VALUES ('secret', 'artist', NULL)",
         "SET search_path = pg_temp, public",
         insert_request("r9", "artist", "secret", 100)),
    ),
    "a temporary table of roles": (
        "artist",
        ("CREATE TEMP TABLE buy_requests AS SELECT * FROM public.buy_requests",
         "SET search_path = pg_temp, public",
         f"UPDATE public.buy_requests SET state = 'approved', decided_by = 'artist', decided_at = '{NOW}' WHERE id = 'request_mid'"),
    ),
    # Functions that read more than who calls them may
    "what is set aside for a request of others": (
        "artist", ("SELECT 1 / (clearance_set_aside('budget_secret', 'request_secret') - 300)::int",),
    ),
    # Amounts
    "an amount below zero behind a blank": (
        "buyer", (insert_entry("e9", "commit", 100, by="buyer").replace("money:100", "money: -400000"),),
    ),
    "an amount that is no number": (
        "finance", (insert_entry("e9", "refund", 100, by="finance").replace("money:100", "money:NaN"),),
    ),
    "an amount without end": (
        "finance", (insert_entry("e9", "refund", 100, by="finance").replace("money:100", "money:Infinity"),),
    ),
    "an amount in parts of a cent": (
        "buyer", (insert_entry("e9", "commit", 100, by="buyer").replace("money:100", "money:0.5"),),
    ),
    "a quote below zero": ("artist", (insert_quote("q9", -500, by="artist"),)),
    "a charge that is no amount": ("buyer", (ANY_RECEIPT.format(charged="money:abc:USD"),)),
    "two items that add up to less": (
        "artist",
        in_one(
            as_item("request_cart", "money:9000:USD"),
            as_item("request_cart", "money:-8900:USD", quote="quote_request_small", position=2),
            opened("request_cart"),
            decide("request_cart", "artist"),
        ),
    ),
    "a dear item that is not counted because it is being bought": (
        "artist",
        in_one(as_item("request_cart", "money:9000:USD", state="buying"), opened("request_cart"),
               decide("request_cart", "artist")),
    ),
    "a dear item whose price is left out": (
        "artist",
        in_one(as_item("request_cart", "money:9000:USD").replace("'money:9000:USD'", "NULL"), opened("request_cart"),
               decide("request_cart", "artist")),
    ),
    "credits beside a little money, approved by itself": (
        "artist",
        in_one(as_item("request_cart", "money:100:USD"), as_item("request_cart", "credits:5000:credit", position=2,
               quote="quote_request_small"), opened("request_cart"), decide("request_cart", "artist")),
    ),
    "an item of somebody else's secret quote, to see its price": (
        "artist",
        (("INSERT INTO request_items (id, request_id, position, marketplace, listing_id, kind, title, license_label, "
          "variant, state, changed_at, quote_id, cost, decision, failure, version) VALUES ('i9', 'request_cart', 1, "
          f"'cgtrader', 'x', 'model', '', '', '', 'waiting', '{NOW}', 'quote_request_secret', 'money:1:USD', 'allow', '', 1)"),),
    ),
    # Approvals
    "an approver splits a request above the limit into its items": (
        "approver",
        (insert_approval("a9", "quote_request_padded", by="approver"),),
    ),
    "an approver approves the item of a request that nobody approved": (
        "approver", (insert_approval("a9", "quote_request_mid", by="approver"),),
    ),
    "a buyer brings an approval back that is over": (
        "buyer", (insert_approval("a9", "quote_request_old", by="buyer"),),
    ),
    "a buyer's approval outlives the request's": (
        "buyer", (insert_approval("a9", "quote_request_two", by="buyer", until=LATER),),
    ),
    "an approval for ever": ("approver", (insert_approval("a9", "quote_dear", by="approver", until="never"),)),
    "an approval for years": (
        "approver", (insert_approval("a9", "quote_dear", by="approver", until="2099-01-01T00:00:00.000000Z"),),
    ),
    "a back-dated approval": (
        "approver", (insert_approval("a9", "quote_dear", by="approver").replace(f"'{NOW}'", "'2020-01-01T00:00:00.000000Z'"),),
    ),
    "a request approved for years": (
        "approver",
        (decide("request_mid", "approver").replace(SOON, "2099-01-01T00:00:00.000000Z"),),
    ),
    "a request approved on another day": (
        "approver", (decide("request_mid", "approver").replace(NOW, "2020-01-01T00:00:00.000000Z"),),
    ),
    "an approver changes what the request is for": (
        "approver", (decide("request_mid", "approver").replace("SET state", "SET use = 'else', reason = 'else', state"),),
    ),
    "a buyer changes what the request is for": (
        "buyer", ("UPDATE buy_requests SET state = 'buying', use = 'else' WHERE id = 'request_agreed'",),
    ),
    "an author rewrites who decided while withdrawing": (
        "artist", ("UPDATE buy_requests SET state = 'withdrawn', decided_by = 'lead' WHERE id = 'request_agreed'",),
    ),
    # Orders
    "one approval, two orders": (
        "buyer",
        (insert_order("o9", "quote_paid", "'approval_paid'", 500, by="buyer"),),
    ),
    "one approval, two accounts": (
        "buyer",
        in_one(insert_order("o8", "quote_request_two", "'approval_two'", 600, by="buyer"),
               insert_order("o9", "quote_request_two", "'approval_two'", 600, by="buyer").replace("'ab', ''", "'ab', 'other'")),
    ),
    "an approved listing in another variant": (
        "buyer",
        (insert_order("o9", "quote_request_two", "'approval_two'", 600, by="buyer").replace("'Table', ''", "'Table', '4k'"),),
    ),
    "a back-dated order, for last month's limit": (
        "buyer",
        (insert_order("o9", "quote_dated", "'approval_dated'", 1_000, by="buyer").replace(f"'{NOW}'", "'2020-01-01T00:00:00.000000Z'"),),
    ),
    "an order that is paid from the start": (
        "buyer", (insert_order("o9", "quote_dated", "'approval_dated'", 1_000, by="buyer").replace("'approved'", "'paid'"),),
    ),
    "finance opens an order without an approval": (
        "finance", (insert_order("o9", "quote_request_small", "NULL", 400, by="finance"),),
    ),
    "an artist pays an order": ("artist", ("UPDATE orders SET state = 'fulfilled', cost = 'money:1:USD', version = version + 1 WHERE id = 'order_paid'",)),
    "an artist gives an order back": ("artist", ("UPDATE orders SET state = 'refunded', version = version + 1 WHERE id = 'order_paid'",)),
    # Refunds and payments
    "a buyer books a refund at once": ("buyer", (INSERT_REFUND.format(state="refunded"),)),
    "a buyer books money that came back": (
        "buyer",
        in_one(INSERT_REFUND.format(state="requested"), INSERT_PAYMENT.format(order="'order_paid'", cost="'money:-500:USD'", by="buyer", refund="'refund_9'")),
    ),
    # Names and days in what is written
    "a document in another's name": ("buyer", (INSERT_DOCUMENT.format(at=NOW, by="finance"),)),
    "an artist withdraws what legal declared": (
        "artist", (f"UPDATE declarations SET withdrawn_at = '{NOW}' WHERE id = 'declaration_legal'",),
    ),
    "a seat released in another's name": (
        "lead", (f"UPDATE seats SET released_at = '{NOW}', released_by = 'approver' WHERE id = 'seat_lead'",),
    ),
    "a delivery checked in another's name": (
        "artist",
        (("INSERT INTO delivery_checks (id, grant_id, result, facts, differences, source_host, source_certificate_sha256, "
         "checked_at, checked_by) SELECT 'check_9', grant_id, result, facts, differences, source_host, "
         "source_certificate_sha256, checked_at, 'buyer' FROM delivery_checks LIMIT 1"),),
    ),
    "an exchange rate in another's name": (
        "finance",
        (("INSERT INTO exchange_rates (id, base, quote, rate, valid_on, source, set_by, set_at) SELECT 'rate_9', base, 'ZZZ', rate, "
         "valid_on, source, 'admin', set_at FROM exchange_rates LIMIT 1"),),
    ),
    "a budget in another's name": (
        "finance",
        (("INSERT INTO budgets (id, name, amount, starts_on, ends_on, created_by, created_at, project_id, department, "
          "alert_percent, closed_at, version) SELECT 'budget_9', name, amount, starts_on, ends_on, 'admin', created_at, "
          "project_id, department, alert_percent, closed_at, 1 FROM budgets WHERE id = 'budget_1'"),),
    ),
    "a limit raised where somebody else set it": ("admin", ("UPDATE limits SET amount = 'money:999999:USD' WHERE id = 'limit_x0'",)),
    "an auditor notes that somebody was reminded": (
        "auditor", ("INSERT INTO reminders (id, subject, ends_at, days, told_at) VALUES ('x', 'x', 'x', 1, 'x')",),
    ),
    "a row with a place in line of one's choice": (
        "artist", (insert_request("r9", "artist", "film1", 100).replace("(id,", "(serial, id,").replace("VALUES (", "VALUES (9223372036854775807, "),),
    ),
    "a back-dated entry of the audit": (
        "artist", ("SELECT clearance_append_audit('x', 'x', 'artist', '2020-01-01T00:00:00.000000Z', '[]', 'x', 'x')",),
    ),
    "a number series that jumps": ("finance", ("UPDATE number_series SET last = last + 7, version = version + 1",)),
    "a number series that goes back": ("finance", ("UPDATE number_series SET last = 0, version = version + 1",)),
    # Counting in an old snapshot
    "a budget counted in a snapshot": (
        "buyer", ("; ".join(("BEGIN ISOLATION LEVEL REPEATABLE READ", insert_entry("e9", "commit", 100, by="buyer"), "COMMIT")),),
    ),
    "a month counted in a snapshot": (
        "buyer",
        ("; ".join(("BEGIN ISOLATION LEVEL SERIALIZABLE", insert_order("o9", "quote_dated", "'approval_dated'", 1_000, by="buyer"), "COMMIT")),),
    ),
    # What PostgreSQL refuses anybody who is no superuser, and has to go on refusing
    "a program of the server": ("finance", ("COPY orders TO PROGRAM 'cat'",)),
    "a file of the server": ("auditor", ("SELECT pg_read_file('postgresql.conf')",)),
    "a file written on the server": ("admin", ("COPY members TO '/tmp/members'",)),
    "a file as a large object": ("artist", ("SELECT lo_import('/etc/hostname')",)),
    "a trigger of one's own": (
        "artist", ("CREATE TRIGGER mine BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION clearance_check_order()",),
    ),
    "a rule of one's own": ("buyer", ("CREATE RULE mine AS ON INSERT TO orders DO INSTEAD NOTHING",)),
    "a policy dropped": ("admin", ("DROP POLICY clearance_see ON orders",)),
    "a view left for others": ("artist", ("CREATE VIEW public.mine AS SELECT 1",)),
    "a function left for others": ("artist", ("CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",)),
    "a sequence set back": ("artist", ("SELECT setval('orders_serial_seq', 1)",)),
    "a right passed on": ("finance", ("GRANT SELECT ON invoices TO artist",)),
    "a role that bypasses": ("admin", ("ALTER ROLE admin BYPASSRLS",)),
    "a role made": ("admin", ("CREATE ROLE mine LOGIN IN ROLE clearance_buyer",)),
    "a lock on a table that one only reads": ("auditor", ("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE; COMMIT",)),
    "row security set aside": ("artist", ("SET row_security = off", "SELECT * FROM orders")),
    "statistics of prices": ("artist", ("SELECT 1 / (SELECT 1 - count(*) FROM pg_stats WHERE tablename = 'orders' AND attname = 'cost')",)),
}  # fmt: skip
NOT_REFUSED = {"statistics of prices", "a right passed on"}
"""What is asked, and finds or changes nothing."""


@pytest.mark.parametrize("case", SLY)
def test_a_way_around_leads_nowhere(studio: Studio, case: str) -> None:
    login, statements = SLY[case]
    if case in NOT_REFUSED:
        assert studio.state_of(login, *statements) == ""
        return
    assert studio.state_of(login, *statements) in {REFUSED, BROKEN_RULE}


def test_nothing_is_told_of_rows_that_are_hidden(studio: Studio) -> None:
    """A condition that fails on a hidden row, or tells of it, would give it away."""
    tells = (
        "SELECT id FROM orders WHERE 1 / (split_part(cost, ':', 2)::numeric - 77700)::int = 9",
        "SELECT id FROM payments WHERE ('x' || value)::numeric > 0 AND id = 'payment_secret'",
        "UPDATE orders SET version = version + 1 WHERE id = 'order_secret' RETURNING cost",
        "SELECT id FROM buy_requests WHERE id = 'request_secret' FOR UPDATE",
    )
    for login in ("artist", "buyer", "approver", "lead"):
        for told in tells[:2] + (tells[2:] if login == "buyer" else ()):
            assert studio.run(login, told) == [], (login, told)


MEANT_FOR: dict[str, tuple[str, tuple[str, ...]]] = {
    "an artist says of what was bought that it was downloaded": (
        "artist", ("UPDATE orders SET state = 'fulfilled', version = version + 1 WHERE id = 'order_paid'",),
    ),
    "a buyer turns an approved request into approvals of its items": (
        "buyer", (insert_approval("a9", "quote_request_two", by="buyer"),),
    ),
    "a buyer asks for a refund, finance books it": ("finance", (INSERT_REFUND.format(state="refunded").replace("'buyer'", "'finance'"),)),
    "an admin ends a limit": ("admin", (f"UPDATE limits SET ended_at = '{NOW}', version = version + 1 WHERE id = 'limit_x0'",)),
    "legal withdraws a declaration": ("legal", (f"UPDATE declarations SET withdrawn_at = '{NOW}' WHERE id = 'declaration_legal'",)),
    "somebody releases their own seat": (
        "lead", (f"UPDATE seats SET released_at = '{NOW}', released_by = 'lead' WHERE id = 'seat_lead'",),
    ),
    "a document attached in one's own name": ("buyer", (INSERT_DOCUMENT.format(at=NOW, by="buyer"),)),
    "a series that goes on": ("finance", ("UPDATE number_series SET last = last + 1, version = version + 1",)),
    "an artist puts their own quote into their cart": ("artist", (as_item("request_cart", "money:9000:USD"),)),
}  # fmt: skip


@pytest.mark.parametrize("case", MEANT_FOR)
def test_the_way_that_is_meant_stays_open(studio: Studio, case: str) -> None:
    login, statements = MEANT_FOR[case]
    assert studio.state_of(login, *undone(*statements)) == ""


def test_what_one_approves_of_ones_own_adds_up_over_the_month(studio: Studio) -> None:
    """Two requests below the limit are not the way around it: the month has one, too."""
    for number in (1, 2):
        studio.run("postgres", insert_quote(f"quote_half{number}", 900, by="lead"))
        studio.run("postgres", insert_request(f"request_half{number}", "lead", "film1", 900))
        studio.run("postgres", insert_item(f"request_half{number}").replace("quote_request_", "quote_"))
    halves = [decide(f"request_half{number}", "lead") for number in (1, 2)]
    assert studio.state_of("lead", *undone(*halves)) == "", "each is below 10 USD"
    month = insert_limit("limit_own", "own", "", 1_500, by="admin", period="month")
    assert studio.state_of("admin", month) == ""
    assert studio.state_of("lead", *undone(halves[1])) == ""
    assert studio.state_of("lead", *undone(*halves)) == REFUSED
    # The same over quotes that are in no request.
    quotes = [insert_quote(f"quote_alone{number}", 900, by="lead") for number in (1, 2)]
    yes = [insert_approval(f"a{number}", f"quote_alone{number}", by="lead") for number in (1, 2)]
    assert studio.state_of("lead", *undone(*quotes, yes[0])) == ""
    assert studio.state_of("lead", *undone(*quotes, *yes)) == REFUSED
    studio.run("admin", f"UPDATE limits SET ended_at = '{NOW}' WHERE id = 'limit_own'")


@pytest.mark.parametrize("period", ["request", "month"])
def test_a_limit_of_a_marketplace_holds_for_that_part_of_a_request(studio: Studio, period: str) -> None:
    limit = insert_limit(f"limit_shop_{period}", "approve", "", 19_000, by="admin", period=period)
    assert studio.state_of("approver", *undone(decide("request_mid", "approver"))) == ""
    studio.run("admin", limit.replace("'', '', 1)", "'', 'cgtrader', 1)"))
    assert studio.state_of("approver", *undone(decide("request_mid", "approver"))) == REFUSED
    studio.run("admin", f"UPDATE limits SET ended_at = '{NOW}' WHERE id = 'limit_shop_{period}'")


def test_an_order_of_no_request_is_within_what_its_approver_may_for_the_project(studio: Studio) -> None:
    studio.run(
        "admin",
        insert_limit("limit_film", "approve", "", 700, by="admin").replace("'', '', 1)", "'film1', '', 1)"),
    )
    order = insert_order("o9", "quote_dated", "'approval_dated'", 1_000, by="buyer")
    assert studio.state_of("buyer", *undone(order)) == REFUSED
    studio.run("admin", f"UPDATE limits SET ended_at = '{NOW}' WHERE id = 'limit_film'")
    assert studio.state_of("buyer", *undone(order)) == ""


def test_a_month_is_counted_by_one_at_a_time(studio: Studio) -> None:
    """Two sessions at once, each within the limit, together above it: the second waits for the first."""
    order = insert_order("o9", "quote_dated", "'approval_dated'", 1_000, by="buyer")
    socket = f"{studio.server.folder}/{SOCKET_NAME}"
    with closing(pg8000.dbapi.connect("buyer", database=studio.name, unix_sock=socket)) as first:
        first.cursor().execute(order)
        waiting = (
            "SET lock_timeout = 100",
            insert_order("o8", "quote_request_two", "'approval_two'", 600, by="buyer"),
        )
        assert studio.state_of("buyer", *waiting) == "55P03"
        first.rollback()
    assert studio.state_of("buyer", *undone(waiting[1])) == ""
