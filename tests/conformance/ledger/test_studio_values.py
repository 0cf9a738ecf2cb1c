"""The values of a studio on every engine: written, found, changed with care, never changed where booked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_strategies import costs, moments, refs, texts
from ledger_values import fill_everything
from studio_values import make_studio_values

from core.errors import LedgerConflict, LedgerError
from core.ledger.engine import SqlLedger
from core.ledger.studio_tables import RECORDS, record_of
from core.model.budget import Budget, BudgetEntry
from core.model.buy_request import BuyRequest, RequestItem, RequestState
from core.model.listing import ListingRef
from core.model.money import Credits, Money
from core.model.people import Member, ProjectMember, Role
from core.model.seat import Seat

KINDS = sorted(RECORDS, key=lambda kind: kind.__name__)
money = st.builds(Money, minor=st.integers(-(10**30), 10**30), currency=texts.filter(bool))


@pytest.fixture
def filled(ledger: SqlLedger) -> SqlLedger:
    """A ledger with one of everything."""
    with ledger.transaction() as work:
        fill_everything(work)
    return ledger


def find_same(ledger: SqlLedger, value: Any) -> Any:
    return ledger.value(type(value), value.id)


def test_there_is_a_sample_of_every_kind() -> None:
    assert {type(value) for value in make_studio_values()} == set(RECORDS)


def test_every_kind_is_found_as_it_was_written(filled: SqlLedger) -> None:
    for value in make_studio_values():
        assert find_same(filled, value) == value
        assert value in filled.values(type(value))
    assert filled.value(Member, "nobody") is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_any_value_survives_its_row(kind: type, data: st.DataObject) -> None:
    hints = get_type_hints(kind)
    facts = {name: data.draw(_find_strategy(hint), label=name) for name, hint in hints.items()}
    value = kind(**facts)
    record = record_of(kind)
    assert record.read(record.write(value)) == value


def _find_strategy(hint: Any) -> st.SearchStrategy[Any]:
    named: dict[Any, st.SearchStrategy[Any]] = {
        str: texts,
        datetime: moments,
        datetime | None: st.none() | moments,
        ListingRef: refs,
        tuple[str, ...]: st.lists(texts).map(tuple),
        Money: money,
        Money | None: st.none() | money,
        Money | Credits | None: costs,
    }
    return named[hint] if hint in named else st.from_type(hint)


@pytest.mark.parametrize("value", make_studio_values(), ids=lambda value: type(value).__name__)
def test_what_has_a_version_changes_with_care_and_all_else_never(filled: SqlLedger, value: Any) -> None:
    record = record_of(type(value))
    if not record.versioned:
        with pytest.raises(TypeError, match="never changed"), filled.transaction() as work:
            work.change(value)
        with pytest.raises(LedgerConflict, match="booked"), filled.exclusive() as connection:
            connection.execute(record.table.update().values(id="x"))
        with pytest.raises(LedgerConflict, match="booked"), filled.exclusive() as connection:
            connection.execute(record.table.delete())
        assert find_same(filled, value) == value
        return
    with filled.transaction() as work:
        changed = work.change(value)
    assert changed == replace(value, version=2) == find_same(filled, value)
    with pytest.raises(LedgerConflict, match="in the meantime"), filled.transaction() as work:
        work.change(value)
    assert find_same(filled, value) == changed


def test_the_same_id_twice_is_a_conflict(filled: SqlLedger) -> None:
    for value in make_studio_values():
        with pytest.raises(LedgerConflict), filled.transaction() as work:
            work.add(value)


def test_values_are_found_by_their_fields(filled: SqlLedger) -> None:
    (first,) = filled.values(BuyRequest)
    more = [replace(first, id=f"request_{n}", state=RequestState.DONE, budget_id="") for n in range(10, 15)]
    with filled.transaction() as work:
        for request in more:
            work.add(request)
    assert filled.values(BuyRequest, state=RequestState.DONE) == tuple(more)
    assert filled.values(BuyRequest, state=RequestState.DONE, newest=True, limit=2) == (more[4], more[3])
    assert filled.values(BuyRequest, state=(RequestState.OPEN, RequestState.DONE)) == (first, *more)
    assert filled.values(BuyRequest, state=()) == ()
    assert filled.values(BuyRequest, budget_id="") == tuple(more)
    assert filled.values(RequestItem, ref=filled.values(RequestItem)[0].ref, request_id=first.id) != ()
    assert filled.count_values(BuyRequest, project_id=first.project_id) == 6
    assert filled.values(Seat, released_at=None) == filled.values(Seat)
    with pytest.raises(KeyError):
        filled.values(BuyRequest, nonsense=1)
    with pytest.raises(TypeError, match="keeps no"):
        filled.values(Role)


def test_rules_of_the_tables(filled: SqlLedger) -> None:
    (seat,), (budget,), (entry,) = filled.values(Seat), filled.values(Budget), filled.values(BudgetEntry)
    (member,) = filled.values(ProjectMember)
    forbidden = (
        replace(seat, id="seat_x"),
        replace(member, id="film1/again"),
        replace(budget, id="b", ends_on=budget.starts_on.replace(year=2025)),
        replace(budget, id="b", alert_percent=0),
        replace(budget, id="b", amount=Money(minor=-1, currency="USD")),
        replace(entry, id="e", amount=Money(minor=0, currency="USD")),
        replace(entry, id="e", budget_id="nowhere"),
        replace(seat, id="seat_y", grant_id="nowhere"),
    )
    for value in forbidden:
        with pytest.raises(LedgerConflict), filled.transaction() as work:
            work.add(value)
    with filled.transaction() as work:
        work.change(replace(seat, released_at=seat.assigned_at))
        work.add(replace(seat, id="seat_x"))
    with pytest.raises(LedgerError), filled.transaction() as work:
        work.add(replace(budget, id="b", name="half \ud800"))
