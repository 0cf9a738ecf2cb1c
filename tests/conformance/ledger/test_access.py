"""What PostgreSQL itself refuses: SQL written by hand with the login of every role, and what each may do.

Nothing of Clearance runs between these statements and the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hand_sql import (
    BEFORE,
    LOGINS,
    NOW,
    READERS,
    REFUSED,
    ROLES,
    UNDEFINED_TABLE,
    WRITERS,
    Studio,
    decide,
    insert_approval,
    insert_count,
    insert_entry,
    insert_grant,
    insert_item,
    insert_limit,
    insert_method,
    insert_order,
    insert_quote,
    insert_request,
    insert_seat,
    run_studio,
    undone,
)
from ledger_values import make_event, open_place
from postgres_server import Server

from core.errors import LedgerError
from core.model.order import TRANSITIONS, OrderState


@pytest.fixture(scope="module")
def studio(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio for all tests here: what is refused has to change nothing, and is held to that."""
    with run_studio(server, tmp_path_factory.mktemp("checkpoints")) as made:
        yield made


# Rights on whole tables -----------------------------------------------------------------------------------


def list_attempts() -> Iterator[tuple[str, str, str]]:
    for login, roles in LOGINS.items():
        for table, writers in WRITERS.items():
            for command in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                if not set(roles) & set(writers.get(command, "").split()):
                    yield login, table, command


def attempt(studio: Studio, table: str, command: str) -> str:
    """Write a statement that would change nothing, and that the rights are asked for all the same."""
    match command:
        case "INSERT":
            return f"INSERT INTO {table} SELECT * FROM {table} WHERE false"
        case "UPDATE":
            name = first_column(studio, table)
            return f"UPDATE {table} SET {name} = {name} WHERE false"
        case "DELETE":
            return f"DELETE FROM {table} WHERE false"
        case _:
            return f"TRUNCATE {table} CASCADE"


def first_column(studio: Studio, table: str) -> str:
    query = (
        "SELECT attname FROM pg_attribute WHERE attnum > 0 "
        f"AND attrelid = '{table}'::regclass ORDER BY attnum LIMIT 1"
    )
    return str(studio.run("postgres", query)[0][0])


@pytest.mark.parametrize("login", LOGINS)
def test_a_role_writes_only_what_is_its_own(studio: Studio, login: str) -> None:
    before = studio.everything()
    tried = [(table, command) for who, table, command in list_attempts() if who == login]
    states = {
        (table, command): studio.state_of(login, attempt(studio, table, command)) for table, command in tried
    }
    # Without any role not even the names of the tables can be looked up.
    assert states == dict.fromkeys(tried, REFUSED if LOGINS[login] else UNDEFINED_TABLE)
    assert len(tried) > 70
    assert studio.everything() == before


@pytest.mark.parametrize("login", LOGINS)
def test_a_role_reads_only_what_it_may(studio: Studio, login: str) -> None:
    for table in WRITERS:
        allowed = set(READERS.get(table, " ".join(ROLES)).split()) & set(LOGINS[login])
        state = studio.state_of(login, f"SELECT * FROM {table} LIMIT 1")
        refused = REFUSED if LOGINS[login] else UNDEFINED_TABLE
        assert state == ("" if allowed else refused), table


# Other projects' prices -------------------------------------------------------------------------------------

PRICED = ("orders", "quotes", "payments", "budgets", "buy_requests", "request_items", "usage_counts")


@pytest.mark.parametrize("login", ["artist", "buyer", "approver", "lead"])
def test_prices_of_other_projects_are_not_there(studio: Studio, login: str) -> None:
    for table in PRICED:
        rows = studio.run(login, f"SELECT * FROM {table}")
        assert rows, f"{login} sees nothing of {table} at all"
        assert "secret" not in repr(rows), table
        assert "77700" not in repr(rows), table
    count = "SELECT count(*), sum(split_part(cost, ':', 2)::numeric) FROM orders WHERE project = 'secret'"
    assert studio.run(login, count) == [(0, None)]
    assert studio.run(login, "SELECT id FROM receipts WHERE order_id = 'order_secret'") == []


@pytest.mark.parametrize("login", ["legal", "finance", "admin", "auditor"])
def test_who_answers_for_the_whole_studio_sees_all_of_it(studio: Studio, login: str) -> None:
    for table in ("orders", "quotes", "payments", "budgets", "buy_requests", "usage_counts"):
        assert "secret" in repr(studio.run(login, f"SELECT * FROM {table}")), table


# Approving ------------------------------------------------------------------------------------------------


FORBIDDEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "an artist approves": ("artist", (insert_approval("a1", "quote_request_small", by="artist"),)),
    "an artist approves in a lead's name": ("artist", (insert_approval("a1", "quote_request_small", by="lead"),)),
    "an artist approves a request": ("artist", (decide("request_mid", "artist"),)),
    "an artist approves a request in an approver's name": ("artist", (decide("request_mid", "approver"),)),
    "an artist approves through SET ROLE": (
        "artist", ("SET ROLE clearance_artist", decide("request_mid", "artist")),
    ),
    "an artist becomes an approver": ("artist", ("SET ROLE clearance_approver",)),
    "an artist gives themselves a role": ("artist", ("GRANT clearance_approver TO artist",)),
    "an artist marks their request as approved from the start": (
        "artist", (insert_request("r9", "artist", "film1", 100, state="approved"),),
    ),
    "an artist asks in somebody else's name": ("artist", (insert_request("r9", "lead", "film1", 100),)),
    "an artist asks for a project of others": ("artist", (insert_request("r9", "artist", "secret", 100),)),
    "an artist takes over somebody's request": (
        "artist", ("UPDATE buy_requests SET requested_by = 'artist' WHERE id = 'request_lead_small'",),
    ),
    "an artist moves a request to another project": (
        "artist", ("UPDATE buy_requests SET project_id = 'secret' WHERE id = 'request_mid'",),
    ),
    "an artist adds to what lies with an approver": (
        "artist", (insert_item("request_mid").replace("'item_request_mid'", "'i9'").replace(", 1, market", ", 2, market"),),
    ),
    "a buyer approves what nobody approved": ("buyer", (insert_approval("a1", "quote_request_mid", by="buyer"),)),
    "a buyer approves a request": ("buyer", (decide("request_mid", "buyer"),)),
    "a buyer starts buying what is not approved": (
        "buyer", ("UPDATE buy_requests SET state = 'buying' WHERE id = 'request_mid'",),
    ),
    "an approver approves in another's name": (
        "approver", (insert_approval("a1", "quote_request_small", by="lead"),),
    ),
    "an approver approves above their limit": ("approver", (decide("request_big", "approver"),)),
    "an approver approves a quote above their limit": (
        "approver", (insert_approval("a1", "quote_request_big", by="approver"),),
    ),
    "a lead approves their own request above the limit": ("lead", (decide("request_lead_big", "lead"),)),
    "a lead approves their own quote above the limit": (
        "lead", (insert_approval("a1", "quote_request_lead_big", by="lead"),),
    ),
    "an approver makes a request cheaper while approving it": (
        "approver", (decide("request_big", "approver").replace("SET state", "SET total = 'money:1:USD', state"),),
    ),
    "an approver raises their own limit": (
        "approver", ("UPDATE limits SET amount = 'money:99999999:USD'",),
    ),
    "an approver approves a small quote of another project": (
        "approver", (insert_approval("a1", "quote_request_hidden", by="approver"),),
    ),
    "an approver approves a request whose items cost more than it says": (
        "approver", (decide("request_padded", "approver"),),
    ),
    "an artist makes an item dearer while an approver looks": (
        "artist", ("UPDATE request_items SET cost = 'money:40000:USD' WHERE request_id = 'request_mid'",),
    ),
    "an artist swaps the quote of an item while an approver looks": (
        "artist", ("UPDATE request_items SET quote_id = 'quote_dear' WHERE request_id = 'request_mid'",),
    ),
    "a buyer swaps an approved item's quote for a dearer one": (
        "buyer", ("UPDATE request_items SET quote_id = 'quote_dear' WHERE request_id = 'request_agreed'",),
    ),
    "a buyer approves a dearer quote of an approved listing": (
        "buyer", (insert_approval("a1", "quote_dear", by="buyer"),),
    ),
    "a buyer books a receipt on an order of another project": (
        "buyer",
        (("INSERT INTO receipts (id, order_id, marketplace, marketplace_order_id, marketplace_license_id, license_label, "
         "received_at, evidence) VALUES ('r9', 'order_secret', 'cgtrader', 'x', 'y', '', 'x', 'history')"),),
    ),
    "a buyer attaches a document to an order of another project": (
        "buyer",
        (("INSERT INTO documents (order_id, kind, sha256, name, size, added_at, added_by) VALUES "
         "('order_secret', 'invoice', 'ab', 'x', 1, 'x', 'buyer')"),),
    ),
    "a buyer says that an order came to be from nothing": (
        "buyer", ("UPDATE orders SET state = 'fulfilled', version = version + 1 WHERE id = 'order_1'",),
    ),
    "an approver decides on a project of others": ("approver", (decide("request_secret", "approver"),)),
    "finance approves": ("finance", (insert_approval("a1", "quote_request_small", by="finance"),)),
    "legal approves": ("legal", (decide("request_small", "legal"),)),
    "an admin approves": ("admin", (decide("request_small", "admin"),)),
    "an auditor approves": ("auditor", (decide("request_small", "auditor"),)),
    # Spending
    "an artist buys": ("artist", (insert_order("o9", "quote_request_small", "'approval_1'", 400, by="artist"),)),
    "an artist buys in a buyer's name": (
        "artist", (insert_order("o9", "quote_request_small", "'approval_1'", 400, by="buyer"),),
    ),
    "a buyer buys without an approval": (
        "buyer", (insert_order("o9", "quote_request_small", "NULL", 400, by="buyer"),),
    ),
    "a buyer buys with the approval of something else": (
        "buyer", (insert_order("o9", "quote_request_small", "'approval_1'", 400, by="buyer"),),
    ),
    "a buyer buys in another's name": (
        "buyer", (insert_order("o9", "quote_request_small", "'approval_1'", 400, by="lead"),),
    ),
    "a buyer buys for a project of others": (
        "buyer", (insert_order("o9", "quote_request_small", "'approval_1'", 400, by="buyer", project="secret"),),
    ),
    "a buyer changes the price of an order": ("buyer", ("UPDATE orders SET cost = 'money:1:USD', version = version + 1",)),
    "a buyer gives an order to another project": (
        "buyer", ("UPDATE orders SET project = 'x', version = version + 1 WHERE id = 'order_1'",),
    ),
    "a buyer books a license that nobody paid": ("buyer", (insert_grant("g9", "order_1"),)),
    "a buyer revokes a license": ("buyer", ("UPDATE grants SET state = 'revoked'",)),
    "a buyer books a refund": ("buyer", ("UPDATE refunds SET state = 'refunded'",)),
    "a buyer pays in another's name": (
        "buyer",
        (("INSERT INTO payments SELECT 91, 'p9', 'order_1', method_id, cost, value, paid_at, 'finance', tax, home, rate, "
         "rate_on, rate_source, purchase_order, cost_center, evidence_sha256, NULL FROM payments LIMIT 1"),),
    ),
    "a buyer sets up a way to pay": ("buyer", (insert_method("mine", by="buyer"),)),
    "a buyer notes a marketplace's method with a value of its own": (
        "buyer", (insert_method("own/pond5/credits", by="buyer", unit_value="'money:1:USD'"),),
    ),
    "finance notes a marketplace's method in another's name": (
        "finance", (insert_method("own/pond5/credits", by="buyer"),),
    ),
    "finance ends a way to pay": ("finance", ("UPDATE payment_methods SET active = false",)),
    "finance buys": ("finance", (insert_order("o9", "quote_request_small", "'approval_1'", 400, by="finance"),)),
    "an admin buys": ("admin", (insert_order("o9", "quote_request_small", "'approval_1'", 400, by="admin"),)),
    # Money and seats
    "a buyer books a budget in another's name": ("buyer", (insert_entry("e9", "spend", 100, by="finance"),)),
    "a buyer books a refund into a budget": ("buyer", (insert_entry("e9", "refund", 100, by="buyer"),)),
    "an approver commits another project's budget": (
        "approver", (insert_entry("e9", "commit", 100, by="approver", budget="budget_secret"),),
    ),
    "an artist sets aside money for what nobody approved": ("artist", (insert_entry("e9", "commit", 100, by="artist"),)),
    "an artist releases what was set aside": ("artist", (insert_entry("e9", "release", 100, by="artist"),)),
    "an artist spends a budget": ("artist", (insert_entry("e9", "spend", 100, by="artist"),)),
    "an artist sets more aside than was approved by itself": (
        "artist",
        (
            "BEGIN",
            decide("request_small", "artist").replace("SET state", "SET budget_id = 'budget_1', state"),
            insert_entry("e9", "commit", 401, by="artist").replace("request_mid", "request_small"),
        ),
    ),
    "an approver releases what was never set aside": (
        "approver", (insert_entry("e9", "release", 100, by="approver"),),
    ),
    "a buyer releases more than was set aside": (
        "buyer",
        ("BEGIN", insert_entry("e8", "commit", 100, by="buyer"), insert_entry("e9", "release", 101, by="buyer")),
    ),
    "an artist ends a request that is not owned": (
        "artist", ("UPDATE buy_requests SET state = 'done' WHERE id = 'request_mid'",),
    ),
    "an artist takes somebody's seat away": ("artist", (f"UPDATE seats SET released_at = '{NOW}'",)),
    "finance takes a seat of a license that stands": ("finance", (f"UPDATE seats SET released_at = '{NOW}'",)),
    "legal takes a seat of a license that stands": ("legal", (f"UPDATE seats SET released_at = '{NOW}'",)),
    "an artist counts seats in a snapshot": (
        "artist",
        ("; ".join(("BEGIN ISOLATION LEVEL REPEATABLE READ", insert_seat("s9", "artist", by="artist"), "COMMIT")),),
    ),
    "an artist seats somebody else": ("artist", (insert_seat("s9", "lead", by="artist"),)),
    "an artist makes more seats": ("artist", ("UPDATE seat_pools SET seats_max = 99",)),
    # Terms and decisions
    "an artist keeps other terms under a known hash": ("artist", ("INSERT INTO terms VALUES ('abcd', 'all is allowed')",)),
    "an artist resolves a finding": ("artist", ("INSERT INTO resolutions SELECT * FROM resolutions",)),
    "legal resolves in another's name": (
        "legal",
        (("INSERT INTO resolutions SELECT 90, 'r9', kind, rule, subject, reason, 'ceo', decided_at, evidence_sha256, "
         "ends_at, project, terms_sha256 FROM resolutions LIMIT 1"),),
    ),
    # The audit and the schema
    "an artist reads the audit": ("artist", ("SELECT actor, details FROM audit",)),
    "a buyer reads the audit": ("buyer", ("SELECT * FROM audit",)),
    "an artist writes into the audit": (
        "artist", (f"INSERT INTO audit VALUES (99, 'x', 'x', 'artist', '{NOW}', '[]', 'x', 'x')",),
    ),
    "an artist bends the audit's end": ("artist", ("UPDATE audit_tail SET size = 0",)),
    "an artist appends in another's name": (
        "artist", (f"SELECT clearance_append_audit('x', 'x', 'admin', '{NOW}', '[]', 'x', 'x')",),
    ),
    "an artist appends a forged entry": (
        "artist", (f"SELECT clearance_append_audit('x', 'x', 'artist', '{NOW}', '[]', 'x', 'x')",),
    ),
    "an artist appends details that hash otherwise": (
        "artist", (f"SELECT clearance_append_audit('x', 'x', 'artist', '{NOW}', '[ ]', 'x', 'x')",),
    ),
    "an admin edits the audit": ("admin", ("UPDATE audit SET actor = 'x'",)),
    "an auditor deletes from the audit": ("auditor", ("DELETE FROM audit",)),
    "an artist switches a guard off": ("artist", ("ALTER TABLE orders DISABLE TRIGGER ALL",)),
    "an artist switches row security off": ("artist", ("ALTER TABLE orders DISABLE ROW LEVEL SECURITY",)),
    "an artist counts calls in another's name": ("artist", (insert_count("lead"),)),
    "an artist takes the id of another's count": ("artist", (insert_count("artist", whose="lead"),)),
    "an artist counts calls for a project of others": ("artist", (insert_count("artist", project="secret"),)),
    "an artist counts calls of last year": ("artist", (insert_count("artist", day="2025-01-01"),)),
    "an artist counts calls to come": ("artist", (insert_count("artist", day="2999-01-01"),)),
    "an artist counts fewer calls": (
        "artist", ("UPDATE usage_counts SET number = 1, version = version + 1 WHERE counted_by = 'artist'",),
    ),
    "an artist moves what they counted to another day": (
        "artist", ("UPDATE usage_counts SET number = 99, version = 2, day = '2026-01-01' WHERE counted_by = 'artist'",),
    ),
    "an artist changes what another counted": (
        "artist", ("UPDATE usage_counts SET number = 99, version = version + 1 WHERE counted_by = 'lead'",),
    ),
    "an artist takes a count away": ("artist", ("DELETE FROM usage_counts WHERE counted_by = 'artist'",)),
    "finance changes what an artist counted": (
        "finance", ("UPDATE usage_counts SET number = 99, version = version + 1 WHERE counted_by = 'artist'",),
    ),
    "an auditor counts": ("auditor", (insert_count("auditor"),)),
    "an artist makes a table": ("artist", ("CREATE TABLE public.mine (a int)",)),
    "an artist replaces a function": (
        "artist", ("CREATE OR REPLACE FUNCTION public.clearance_is(role text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",),
    ),
    "an admin changes the schema": ("admin", ("ALTER TABLE limits ADD COLUMN x int",)),
    "an artist plays replica": ("artist", ("SET session_replication_role = replica",)),
    "an artist takes the owner's login": ("artist", ("SET SESSION AUTHORIZATION postgres",)),
}  # fmt: skip


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_is_forbidden_is_refused_and_leaves_no_trace(studio: Studio, case: str) -> None:
    login, statements = FORBIDDEN[case]
    before = studio.everything()
    # Row security hides what is not one's own: such a change finds nothing instead of being refused.
    assert studio.state_of(login, *statements) == REFUSED or studio.everything() == before
    assert studio.everything() == before


ALLOWED: dict[str, tuple[str, tuple[str, ...]]] = {
    "an artist asks": ("artist", (insert_request("r9", "artist", "film1", 100, state="draft"),)),
    "an artist withdraws": ("artist", ("UPDATE buy_requests SET state = 'withdrawn' WHERE id = 'request_mid'",)),
    "a small request of an artist is approved by itself": ("artist", (decide("request_small", "artist"),)),
    "an approver approves": ("approver", (decide("request_mid", "approver"),)),
    "a buyer notes the marketplace's own method": (
        "buyer", (insert_method("own/pond5/credits", by="buyer"),),
    ),
    "an admin sets up a way to pay": ("admin", (insert_method("mine", by="admin", unit_value="'money:9:USD'"),)),
    "an artist leaves an item out": (
        "artist", ("UPDATE request_items SET state = 'left_out' WHERE request_id = 'request_mid'",),
    ),
    "a buyer approves the item of an approved request": (
        "buyer", (insert_approval("a1", "quote_request_agreed", by="buyer"),),
    ),
    "a buyer goes on with an approved item": (
        "buyer", ("UPDATE request_items SET state = 'buying' WHERE request_id = 'request_agreed'",),
    ),
    "an approver declines": ("approver", (decide("request_big", "approver", state="declined"),)),
    "a lead approves a small request of their own": ("lead", (decide("request_lead_small", "lead"),)),
    "an artist takes a seat": ("artist", (insert_seat("s9", "artist", by="artist"),)),
    "an approver seats an artist": ("approver", (insert_seat("s9", "artist", by="approver"),)),
    "an approver commits": ("approver", (insert_entry("e9", "commit", 20_000, by="approver"),)),
    "an artist sets aside what was approved by itself, and releases it when withdrawing": (
        "artist",
        (
            decide("request_small", "artist").replace("SET state", "SET budget_id = 'budget_1', state"),
            insert_entry("e8", "commit", 400, by="artist").replace("request_mid", "request_small"),
            "UPDATE buy_requests SET state = 'withdrawn' WHERE id = 'request_small'",
            insert_entry("e9", "release", 400, by="artist").replace("request_mid", "request_small"),
        ),
    ),
    "finance ends a license": ("finance", ("UPDATE grants SET state = 'refunded'",)),
    "finance releases the seats of a license that ended": (
        "finance",
        (
            "UPDATE grants SET state = 'refunded'",
            f"UPDATE seats SET released_at = '{NOW}', released_by = 'finance', version = version + 1",
        ),
    ),
    "an admin sets a limit": ("admin", (insert_limit("limit_9", "spend", "buyer", 1, by="admin"),)),
    "an artist counts their calls, and more of them later": (
        "artist",
        (
            insert_count("artist"),
            insert_count("artist", project="", name="d"),
            "UPDATE usage_counts SET number = 6, version = 2 WHERE id LIKE 'aaa%/artist'",
        ),
    ),
    "an auditor reads the audit": ("auditor", ("SELECT * FROM audit",)),
}  # fmt: skip


@pytest.mark.parametrize("case", ALLOWED)
def test_what_a_role_is_for_is_done(studio: Studio, case: str) -> None:
    login, statements = ALLOWED[case]
    assert studio.state_of(login, *undone(*statements)) == ""


def buy(minor: int, *, quote: str = "quote_request_mid", number: int = 0) -> tuple[str, ...]:
    return (insert_order(f"order_n{number}", quote, f"'approval_{quote}'", minor, by="buyer"),)


def test_a_buyer_buys_what_was_approved_within_the_limits(studio: Studio) -> None:
    owner = [
        *(
            insert_quote(f"quote_n{number}", minor, by="artist")
            for number, minor in enumerate((25_000, 14_000, 31_000))
        ),
        *(
            insert_approval(f"approval_quote_n{number}", f"quote_n{number}", by="approver")
            for number in range(3)
        ),
        insert_quote("quote_n3", 100, by="artist"),
        insert_approval("approval_quote_n3", "quote_n3", by="approver", until=BEFORE),
    ]
    studio.run("postgres", *owner)
    first = buy(25_000, quote="quote_n0", number=10)
    assert studio.state_of("buyer", *first) == ""
    paid = "; ".join(
        f"UPDATE orders SET state = '{state}', version = version + 1 WHERE id = 'order_n10'"
        for state in ("submitting", "paid")
    )
    assert (
        studio.state_of(
            "buyer", *undone(paid, insert_grant("grant_n", "order_n10"), "SET CONSTRAINTS ALL IMMEDIATE")
        )
        == ""
    )
    unpaid = (insert_grant("grant_n", "order_n10"), "SET CONSTRAINTS ALL IMMEDIATE")
    assert studio.state_of("buyer", *undone(*unpaid)) == REFUSED
    # 250 and 140 are within the month's 400.
    assert studio.state_of("buyer", *undone(*buy(14_000, quote="quote_n1", number=11))) == ""
    assert studio.state_of("buyer", *buy(31_000, quote="quote_n2", number=12)) == REFUSED, (
        "above the limit at once"
    )
    assert studio.state_of("buyer", *buy(13_000, quote="quote_n1", number=13)) == REFUSED, (
        "not the price approved"
    )
    assert studio.state_of("buyer", *buy(100, quote="quote_n3", number=14)) == REFUSED, "an old approval"
    studio.run("postgres", "UPDATE limits SET amount = 'money:38000:USD' WHERE id = 'limit_month'")
    assert studio.state_of("buyer", *buy(14_000, quote="quote_n1", number=15)) == REFUSED, (
        "above the month's limit"
    )


def test_an_order_becomes_only_what_the_ledger_lets_it_become(studio: Studio) -> None:
    for before in OrderState:
        for after in OrderState:
            allowed = after is before or after in TRANSITIONS[before]
            query = f"SELECT clearance_may_become('{before}', '{after}')"
            assert studio.run("postgres", query) == [(allowed,)], (before, after)


def test_no_seat_and_no_budget_is_exceeded_even_by_the_owner(studio: Studio) -> None:
    seats = [insert_seat(f"seat_n{number}", f"m{number}", by="postgres") for number in range(2)]
    assert studio.state_of("postgres", *undone(seats[0])) == ""
    assert studio.state_of("postgres", *undone(*seats)) == "23514"
    room = insert_entry("entry_n", "commit", 498_100, by="postgres")
    assert studio.state_of("postgres", *undone(room)) == ""
    assert studio.state_of("postgres", *undone(room.replace("498100", "498101"))) == "23514"
    assert studio.state_of("postgres", *undone(room.replace("USD", "EUR"))) == "23514"


def test_the_audit_takes_entries_of_every_role_through_the_ledger(studio: Studio, tmp_path: Path) -> None:
    for login in ROLES:
        place = f"{tmp_path}|{studio.server.address(studio.name, user=login)}"
        with closing(open_place(place)) as ledger:
            with ledger.transaction() as work:
                event = make_event(
                    50,
                    actor=login,
                    at=datetime.now(UTC),
                    details=(("title", 'dubový „stůl“ \t \\ " 🪑 \x7f'), ("", "")),
                )
                entry = work.record(event)
            ledger.write_checkpoint(at=event.at)
            with pytest.raises(LedgerError, match="own name"), ledger.transaction() as work:
                work.record(make_event(51, actor="somebody", at=datetime.now(UTC)))
        with closing(open_place(f"{tmp_path}|{studio.server.address(studio.name)}")) as owner:
            report = owner.verify_audit()
            assert report.ok
            assert report.size == entry.sequence
    with closing(open_place(f"{tmp_path}|{studio.server.address(studio.name, user='artist')}")) as ledger:
        with pytest.raises(LedgerError) as caught:
            ledger.audit()
        assert caught.value.code == "ledger.not_allowed"
        with pytest.raises(LedgerError) as caught:
            ledger.verify_audit()
        assert caught.value.code == "ledger.not_allowed"


def test_a_login_without_a_role_is_told_so(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught:
        open_place(f"{tmp_path}|{studio.server.address(studio.name, user='stranger')}")
    assert caught.value.code == "ledger.not_allowed"
