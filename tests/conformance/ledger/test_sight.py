"""What each login sees of a studio's rows: what the functions say of single ones, at a price that stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hand_sql import LOGINS, NOW, Studio, run_studio
from postgres_server import Server

MEMBERS = [login for login, roles in LOGINS.items() if roles]
PROJECTS = {"orders": "project", "buy_requests": "project_id"}
BUDGETS = """
    INSERT INTO budgets (id, name, amount, starts_on, ends_on, created_by, created_at, project_id, department,
                         alert_percent, version)
    SELECT '{name}', '{name}', amount, starts_on, ends_on, created_by, created_at, NULL, '{name}',
           alert_percent, 1
    FROM budgets WHERE id = 'budget_1'
"""


@pytest.fixture(scope="module")
def studio(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with two departments, one with a project that everybody works on, and one without any."""
    with run_studio(server, tmp_path_factory.mktemp("checkpoints")) as made:
        made.run(
            "postgres",
            *(BUDGETS.format(name=name) for name in ("lighting", "editing", "größe'' {x}".format(x="🪑"))),
            "UPDATE projects SET department = 'lighting' WHERE id = 'film1'",
            "UPDATE projects SET department = 'editing' WHERE id = 'secret'",
            # Who left sees nothing more of it.
            f"UPDATE project_members SET removed_at = '{NOW}' WHERE member_id = 'approver'",
            f"INSERT INTO project_members (id, project_id, member_id, added_at, added_by, version) "
            f"VALUES ('secret/buyer', 'secret', 'buyer', '{NOW}', 'admin', 1)",
            "ANALYZE",
        )
        yield made


@pytest.mark.parametrize("login", MEMBERS)
def test_rows_are_seen_as_the_functions_say_of_each(studio: Studio, login: str) -> None:
    for table, column in PROJECTS.items():
        every = studio.run("postgres", f"SELECT id, clearance_sees({column}) FROM {table} ORDER BY id")
        assert len(every) > 1
        told = dict(
            studio.run(
                login,
                "SELECT id, clearance_sees(project) FROM (VALUES "
                + ", ".join(f"('{row}', '{project}')" for row, project in _columns(studio, table, column))
                + ") AS t(id, project)",
            )
        )
        seen = {row for (row,) in studio.run(login, f"SELECT id FROM {table}")}
        assert seen == {row for row, sees in told.items() if sees}


@pytest.mark.parametrize("login", MEMBERS)
def test_budgets_and_their_journals_are_seen_as_the_function_says(studio: Studio, login: str) -> None:
    budgets = studio.run("postgres", "SELECT id, coalesce(project_id, ''), department FROM budgets")
    quoted = ((str(one).replace("'", "''") for one in row) for row in budgets)
    told = studio.run(
        login,
        "SELECT id, clearance_sees_budget(nullif(project, ''), department) FROM (VALUES "
        + ", ".join("('{}', '{}', '{}')".format(*row) for row in quoted)
        + ") AS t(id, project, department)",
    )
    expected = {row for row, sees in told if sees}
    assert {row for (row,) in studio.run(login, "SELECT id FROM budgets")} == expected
    entries = studio.run("postgres", "SELECT id, budget_id FROM budget_entries")
    assert entries
    seen = {row for (row,) in studio.run(login, "SELECT id FROM budget_entries")}
    assert seen == {row for row, budget in entries if budget in expected}


def test_what_is_seen_differs_between_people(studio: Studio) -> None:
    seen = {
        login: {row for (row,) in studio.run(login, "SELECT id FROM budgets")}
        for login in ("artist", "approver", "buyer", "finance")
    }
    assert "lighting" in seen["artist"]
    assert not {"editing", "budget_secret"} & seen["artist"]
    assert seen["approver"] == set()
    assert {"editing", "budget_secret", "lighting"} <= seen["buyer"]
    assert len(seen["finance"]) > len(seen["buyer"]), "and those of a department without any project"


@pytest.fixture
def many(studio: Studio) -> Iterator[Studio]:
    """The studio with so many orders that reading all of them is the longer way."""
    names = (
        "key, marketplace, listing_id, title, variant, license_label, license_id, terms_sha256, account_id, "
        "cost, project, buyer, created_at, updated_at, marketplace_order_id, checkout_url, failure, version"
    )
    columns = names.replace("key", "id || n", 1)
    studio.run(
        "postgres",
        f"INSERT INTO orders (id, state, {names}) SELECT 'many' || n, 'failed', {columns} "
        "FROM orders CROSS JOIN generate_series(1, 20000) n WHERE id = 'order_secret'",
        "ANALYZE orders",
    )
    yield studio
    studio.run("postgres", "DELETE FROM orders WHERE id LIKE 'many%'", "VACUUM ANALYZE orders")


def test_single_rows_are_looked_up_through_indexes_when_there_are_many(many: Studio) -> None:
    for query, index in (
        ("SELECT * FROM quotes WHERE id = 'quote_dear'", "ix_orders_quote_id"),
        ("SELECT * FROM orders WHERE approval_id = 'x'", "ix_orders_approval_id"),
        ("SELECT * FROM payments WHERE order_id = 'x'", "uq_orders_id"),
    ):
        plan = [str(row) for (row,) in many.run("artist", f"EXPLAIN {query}")]
        assert any(index in step for step in plan), plan
        assert not any("Seq Scan on orders" in step for step in plan), plan


def test_the_projects_are_looked_at_once_a_query(studio: Studio) -> None:
    plan = studio.run("artist", "EXPLAIN SELECT * FROM orders")
    text = "\n".join(str(row) for (row,) in plan)
    assert "InitPlan" in text
    assert "clearance_" not in text.split("InitPlan")[0], "nothing is called for each row"


def _columns(studio: Studio, table: str, column: str) -> list[tuple[object, ...]]:
    return studio.run("postgres", f"SELECT id, {column} FROM {table} ORDER BY id")
