"""Every method of the port, on an empty ledger, on a full one, and after opening it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from ledger_values import (
    AT,
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

from core.errors import LedgerConflict, LedgerError
from core.ids import hash_grant_id
from core.ledger.engine import SqlLedger
from core.ledger.port import Ledger, LedgerReader
from core.model.evidence import RefundState
from core.model.fingerprint import ContentKind, KnownContent
from core.model.grant import GrantState
from core.model.license import TermsSource
from core.model.listing import ListingRef
from core.model.money import Money
from core.model.order import OrderState

OTHER = ListingRef(marketplace="shutterstock", id="123")
TWINS = ("grant_24141", "grant_72517")
"""Two ids with the same number on faces."""


def assert_empty(reader: LedgerReader) -> None:
    assert reader.quote("x") is None
    assert reader.approval("x") is None
    assert reader.approval_for("x") is None
    assert reader.order("x") is None
    assert reader.orders() == ()
    assert reader.orders(states=[OrderState.PAID], ref=REF) == ()
    assert reader.receipts("x") == ()
    assert reader.grant("x") is None
    assert reader.grants_by_id([]) == {}
    assert reader.grants_by_id(["x", "", "x"]) == {}
    assert reader.grants_for(REF) == ()
    assert reader.grant_for_order("x") is None
    assert reader.grant_for_order("") is None
    assert reader.grants() == ()
    assert reader.grants(state=GrantState.ACTIVE) == ()
    assert reader.known_license_ids(REF) == frozenset()
    assert reader.files("x") == ()
    assert reader.documents("x") == ()
    assert reader.documents("") == ()
    assert reader.receipts_of(["x", ""]) == reader.documents_of([]) == {}
    assert reader.refund("x") is None
    assert reader.refunds() == ()
    assert reader.refunds("x") == ()
    assert reader.terms_text("x") is None
    assert reader.usages() == ()
    assert reader.usages(grant_id="x", scene="y") == ()
    assert reader.grants_by_face([]) == {}
    assert reader.grants_by_face([1, 2**31 - 1, 1]) == {}
    assert reader.resolutions() == ()
    assert reader.declaration("x") is None
    assert reader.declarations() == ()
    assert reader.declarations_by_id(["x", "", "x"]) == {}
    assert reader.declarations_by_face([1]) == {}
    assert list(reader.fingerprints("image")) == list(reader.fingerprints("nonsense")) == []
    assert not reader.fingerprinted("x")
    assert reader.audit() == ()


def test_nothing_is_in_an_empty_ledger(ledger: Ledger) -> None:
    assert_empty(ledger)
    with ledger.transaction() as work:
        assert_empty(work)
    assert_empty(ledger)
    assert ledger.verify_audit().ok


def test_a_whole_purchase_is_there_within_the_unit_after_it_and_after_opening_again(
    ledger: Ledger, open_again: Callable[[], SqlLedger]
) -> None:
    quote, approval = make_quote(), make_approval()
    order = make_order(quote_id=quote.id, approval_id=approval.id, ref=REF)
    receipt, grant = make_receipt(), make_grant(order_id=order.id)
    file, usage, event = make_file(), make_usage(), make_event()

    def check(reader: LedgerReader) -> None:
        assert reader.quote(quote.id) == quote
        assert reader.approval(approval.id) == approval
        assert reader.approval_for(quote.id) == approval
        assert reader.order(order.id) == order
        assert reader.orders() == (order,)
        assert reader.receipts(order.id) == (receipt,)
        assert reader.grant(grant.id) == grant
        assert reader.grants_by_id(["nobody", grant.id]) == {grant.id: grant}
        assert reader.grants_for(REF) == (grant,)
        assert reader.grant_for_order(order.id) == grant
        assert reader.grants() == (grant,)
        assert reader.known_license_ids(REF) == {"ml-1"}
        assert reader.files(grant.id) == (file,)
        assert reader.terms_text("ab" * 32) == '{"a":"é"}'
        assert reader.usages() == (usage,)
        assert [entry.event for entry in reader.audit()] == [event]

    with ledger.transaction() as work:
        work.keep_terms("ab" * 32, '{"a":"é"}')
        work.add_quote(quote)
        work.add_approval(approval)
        work.add_order(order)
        work.add_receipt(receipt)
        work.add_grant(grant)
        work.add_file(file)
        work.replace_usages(usage.scene, [usage])
        entry = work.record(event)
        assert entry.event == event
        check(work)
    check(ledger)
    ledger.close()
    check(open_again())


def test_lists_are_newest_first_and_later_written_first_at_the_same_moment(ledger: Ledger) -> None:
    times = [3, 1, 2, 2]
    with ledger.transaction() as work:
        work.add_quote(make_quote())
        for number, at in enumerate(times):
            work.add_approval(make_approval(number, quote_id="quote_1", approved_at=moment(at)))
            work.add_order(make_order(number, created_at=moment(at)))
            work.add_receipt(make_receipt(number, order_id="order_0", received_at=moment(at)))
            work.add_grant(make_grant(number, granted_at=moment(at)))
        work.replace_usages(
            "a", [make_usage(number, scene="a", seen_at=moment(at)) for number, at in enumerate(times)]
        )
    order = ["0", "3", "2", "1"]
    assert [found.id for found in ledger.orders()] == [f"order_{number}" for number in order]
    assert [found.id for found in ledger.receipts("order_0")] == [f"receipt_{number}" for number in order]
    assert [found.id for found in ledger.grants()] == [f"grant_{number}" for number in order]
    assert [found.id for found in ledger.grants_for(REF)] == [f"grant_{number}" for number in order]
    assert [found.grant_id for found in ledger.usages()] == [f"grant_{number}" for number in order]
    newest = ledger.approval_for("quote_1")
    assert newest is not None
    assert newest.id == "approval_0"


def test_orders_by_state_by_listing_and_up_to_a_limit(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for number, state in enumerate(OrderState):
            work.add_order(make_order(number, state=state, ref=REF, license_id=f"l{number}"))
        work.add_order(make_order(100, state=OrderState.PAID, ref=OTHER))
    by_state = ledger.orders(states=[OrderState.PAID])
    assert {found.id for found in by_state} == {
        f"order_{list(OrderState).index(OrderState.PAID)}",
        "order_100",
    }
    assert len(ledger.orders(states=set(OrderState))) == len(OrderState) + 1
    assert len(ledger.orders(states=(OrderState.PAID, OrderState.PAID, OrderState.FAILED))) == 3
    assert [found.id for found in ledger.orders(ref=OTHER)] == ["order_100"]
    assert [found.ref for found in ledger.orders(states=[OrderState.PAID], ref=REF)] == [REF]
    assert [found.id for found in ledger.orders(limit=2)] == ["order_100", f"order_{len(OrderState) - 1}"]
    assert ledger.orders(limit=0) == ()
    assert ledger.orders(limit=-1) == ()


def test_grants_by_state_and_by_listing(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for number, state in enumerate(GrantState):
            work.add_grant(make_grant(number, state=state))
        work.add_grant(make_grant(100, ref=OTHER, marketplace_license_id=""))
    assert [found.state for found in ledger.grants(state=GrantState.REVOKED)] == [GrantState.REVOKED]
    assert len(ledger.grants(state=GrantState.ACTIVE, limit=1)) == 1
    assert ledger.grants(limit=0) == ()
    assert len(ledger.grants_for(REF)) == len(GrantState)
    assert ledger.known_license_ids(REF) == {f"ml-{number}" for number in range(len(GrantState))}
    assert ledger.known_license_ids(OTHER) == frozenset()


def test_ids_of_the_same_listing_at_two_marketplaces_are_not_mixed_up(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.add_grant(make_grant(1, ref=REF))
        work.add_grant(make_grant(2, ref=OTHER))
        work.add_grant(make_grant(3, ref=ListingRef(marketplace="CGTRADER", id="123")))
    assert [found.id for found in ledger.grants_for(REF)] == ["grant_1"]
    assert [found.id for found in ledger.grants_for(OTHER)] == ["grant_2"]


def test_a_grant_changes_its_state_and_nothing_else(ledger: Ledger) -> None:
    grant = make_grant()
    with ledger.transaction() as work:
        work.add_grant(grant)
    for state in GrantState:
        with ledger.transaction() as work:
            work.change_grant_state(grant.id, state, at=AT)
        assert ledger.grant(grant.id) == replace(grant, state=state)
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.change_grant_state("nobody", GrantState.REVOKED, at=AT)


def test_files_come_in_their_order_and_the_same_one_only_once(ledger: Ledger) -> None:
    files = [make_file(number) for number in (3, 1, 2)]
    twin = replace(files[0], name="same content, other name.glb")
    with ledger.transaction() as work:
        work.add_grant(make_grant(1))
        work.add_grant(make_grant(2))
        for file in (*files, twin, replace(files[0], downloaded_at=moment(99))):
            work.add_file(file)
        work.add_file(replace(files[0], grant_id="grant_2"))
    with ledger.transaction() as work:
        work.add_file(files[1])
    assert ledger.files("grant_1") == (*files, twin)
    assert ledger.files("grant_2") == (replace(files[0], grant_id="grant_2"),)


@pytest.mark.parametrize("source", list(TermsSource))
def test_a_license_is_said_by_any_of_its_sources(ledger: Ledger, source: TermsSource) -> None:
    with ledger.transaction() as work:
        work.add_quote(make_quote(license_source=source, surcharge="You will be charged 9.99 USD."))
        work.add_grant(make_grant(source=source))
    quote, grant = ledger.quote("quote_1"), ledger.grant("grant_1")
    assert quote is not None
    assert grant is not None
    assert (quote.license_source, grant.source) == (source, source)
    assert quote.surcharge == "You will be charged 9.99 USD."


def test_documents_come_in_their_order_and_the_same_one_only_once(ledger: Ledger) -> None:
    papers = [make_document(number) for number in (3, 1, 2)]
    with ledger.transaction() as work:
        work.add_order(make_order(1))
        work.add_order(make_order(2))
        for paper in (*papers, replace(papers[0], added_at=moment(99))):
            work.add_document(paper)
        work.add_document(replace(papers[0], order_id="order_2"))
    assert ledger.documents("order_1") == tuple(papers)
    assert ledger.documents("order_2") == (replace(papers[0], order_id="order_2"),)
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add_document(make_document(9, order_id="nobody"))


def test_receipts_and_documents_of_many_orders_come_at_once(ledger: Ledger) -> None:
    count = 1200
    with ledger.transaction() as work:
        for number in range(count):
            work.add_order(make_order(number))
        for number in reversed(range(count)):
            work.add_receipt(make_receipt(number, received_at=moment(number)))
        for number in (3, 1, 2):
            work.add_document(make_document(number, order_id="order_7"))
    ids = [f"order_{number}" for number in range(count)]
    receipts = ledger.receipts_of(iter([*ids, "nobody", "order_7"]))
    assert len(receipts) == count
    assert receipts["order_7"] == (make_receipt(7, received_at=moment(7)),)
    papers = tuple(make_document(number, order_id="order_7") for number in (3, 1, 2))
    assert ledger.documents_of(ids) == {"order_7": papers}


def test_an_order_has_one_refund_that_is_not_refused(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.add_order(make_order(1))
        work.add_order(make_order(2))
        work.add_refund(make_refund(1))
        work.add_refund(make_refund(2, order_id="order_2"))
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add_refund(make_refund(3))
    refused = make_refund(1, state=RefundState.REFUSED, settled_at=moment(5), reference="case 7")
    with ledger.transaction() as work:
        work.change_refund(refused)
        work.add_refund(make_refund(3))
    done = make_refund(
        3, state=RefundState.REFUNDED, settled_at=moment(6), amount=Money(minor=900, currency="EUR")
    )
    with ledger.transaction() as work:
        work.change_refund(done)
    assert ledger.refunds("order_1") == (done, refused)
    assert [found.id for found in ledger.refunds()] == ["refund_3", "refund_2", "refund_1"]
    for change in (make_refund(3), make_refund(1), make_refund(9)):
        with pytest.raises(LedgerConflict), ledger.transaction() as work:
            work.change_refund(change)
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add_refund(make_refund(4))


@pytest.mark.parametrize("facts", [{"order_id": "order_1"}, {"reason": "another"}, {"requested_by": "eve"}])
def test_what_a_refund_is_about_never_changes(ledger: Ledger, facts: dict[str, str]) -> None:
    with ledger.transaction() as work:
        work.add_order(make_order(1))
        work.add_order(make_order(2))
        work.add_refund(make_refund(1, order_id="order_2"))
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.change_refund(make_refund(1, **{"order_id": "order_2", **facts}, state=RefundState.REFUSED))
    stored = ledger.refund("refund_1")
    assert stored is not None
    assert stored.state is RefundState.REQUESTED


@pytest.mark.parametrize("facts", [{"order_id": "nobody"}, {"grant_id": "nobody"}])
def test_a_refund_is_of_an_order_and_a_grant_that_are_there(ledger: Ledger, facts: dict[str, str]) -> None:
    with ledger.transaction() as work:
        work.add_order(make_order(1))
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add_refund(make_refund(1, **facts))
    assert ledger.refunds() == ()


def test_terms_are_kept_once_and_never_changed(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.keep_terms("aa", "one")
        work.keep_terms("aa", "one")
        work.keep_terms("bb", "")
    with ledger.transaction() as work:
        work.keep_terms("aa", "one")
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.keep_terms("aa", "another")
    assert ledger.terms_text("aa") == "one"
    assert ledger.terms_text("bb") == ""


def test_usages_of_a_scene_are_replaced_and_those_of_others_stay(ledger: Ledger) -> None:
    first = [make_usage(number, scene="a") for number in range(3)]
    other = make_usage(1, scene="b")
    with ledger.transaction() as work:
        work.replace_usages("a", first)
        work.replace_usages("b", [other])
    assert set(ledger.usages(scene="a")) == set(first)
    assert set(ledger.usages(grant_id="grant_1")) == {first[1], other}
    assert ledger.usages(grant_id="grant_1", scene="b") == (other,)
    second = replace(first[2], data_blocks=9)
    with ledger.transaction() as work:
        work.replace_usages("a", iter([second]))
    assert ledger.usages(scene="a") == (second,)
    with ledger.transaction() as work:
        work.replace_usages("a", [])
    assert ledger.usages() == (other,)


def test_usages_of_many_scenes_are_replaced_at_once_or_not_at_all(ledger: Ledger) -> None:
    scenes = {f"{number}.blend": [make_usage(0, scene=f"{number}.blend")] for number in range(1201)}
    other = make_usage(1, scene="other")
    with ledger.transaction() as work:
        work.replace_usages("other", [other])
        work.replace_usages_of(scenes)
    assert len(ledger.usages()) == 1202
    with pytest.raises(LedgerError), ledger.transaction() as work:
        work.replace_usages_of({"0.blend": [], "1.blend": [make_usage(1, scene="b")]})
    assert len(ledger.usages()) == 1202
    with ledger.transaction() as work:
        work.replace_usages_of({**dict.fromkeys(scenes, ()), "0.blend": [make_usage(2, scene="0.blend")]})
        work.replace_usages_of({})
    assert set(ledger.usages()) == {other, make_usage(2, scene="0.blend")}


def test_usages_that_contradict_each_other_or_the_scene_are_refused_as_a_whole(ledger: Ledger) -> None:
    kept = make_usage(1, scene="a")
    with ledger.transaction() as work:
        work.replace_usages("a", [kept])
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.replace_usages("a", [make_usage(1, scene="a"), make_usage(1, scene="a")])
    with pytest.raises(LedgerError), ledger.transaction() as work:
        work.replace_usages("a", [make_usage(1, scene="b")])
    assert ledger.usages() == (kept,)


def test_grants_and_declarations_are_found_by_the_numbers_on_faces(ledger: Ledger) -> None:
    twins = [make_grant(1, id=TWINS[0]), make_grant(2, id=TWINS[1])]
    other, declared = make_grant(3), make_declaration(1)
    shared, alone, own = (hash_grant_id(value.id) for value in (twins[0], other, declared))
    assert hash_grant_id(TWINS[1]) == shared
    with ledger.transaction() as work:
        for grant in (*reversed(twins), other):
            work.add_grant(grant)
        work.add_declaration(declared)
    assert ledger.grants_by_face(iter([alone, shared, 5, shared, own])) == {
        alone: (other,), shared: tuple(sorted(twins, key=lambda grant: grant.id)),
    }  # fmt: skip
    assert ledger.declarations_by_face([own, alone]) == {own: (declared,)}


def test_resolutions_come_in_their_order_and_never_change(ledger: Ledger) -> None:
    decided = [make_resolution(number, decided_at=moment(-number)) for number in (3, 1, 2)]
    with ledger.transaction() as work:
        for resolution in decided:
            work.add_resolution(resolution)
    assert ledger.resolutions() == tuple(decided)
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add_resolution(make_resolution(1, reason="another"))
    assert ledger.resolutions() == tuple(decided)


def test_a_declaration_is_withdrawn_once_and_never_changed_otherwise(ledger: Ledger) -> None:
    first, second = make_declaration(1), make_declaration(2)
    with ledger.transaction() as work:
        work.add_declaration(first)
        work.add_declaration(second)
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add_declaration(replace(first, title="another"))
    with ledger.transaction() as work:
        work.withdraw_declaration(first.id, at=moment(50))
    withdrawn = replace(first, withdrawn_at=moment(50))
    for declaration_id in (first.id, "declaration_9"):
        with pytest.raises(LedgerConflict), ledger.transaction() as work:
            work.withdraw_declaration(declaration_id, at=moment(60))
    assert ledger.declaration(first.id) == withdrawn
    assert ledger.declarations() == (second, withdrawn)
    assert ledger.declarations(limit=1) == (second,)
    assert ledger.declarations_by_id([second.id, "x", first.id]) == {first.id: withdrawn, second.id: second}


def test_fingerprints_of_one_grant_are_replaced_and_those_of_others_stay(ledger: Ledger) -> None:
    first = [make_content(1), make_content(2, kind=ContentKind.MESH), make_content(3), make_content(3)]
    declared = make_content(9, grant_id="declaration_1")
    with ledger.transaction() as work:
        work.add_grant(make_grant(1))
        work.add_declaration(make_declaration(1))
        work.replace_fingerprints("grant_1", first)
        work.replace_fingerprints("declaration_1", [declared])
    assert list(ledger.fingerprints("image")) == [first[0], first[2], first[3], declared]
    assert list(ledger.fingerprints("mesh")) == [first[1]]
    with ledger.transaction() as work:
        work.replace_fingerprints("grant_1", iter([first[2]]))
    assert list(ledger.fingerprints("image")) == [declared, first[2]]
    with ledger.transaction() as work:
        work.replace_fingerprints("grant_1", [])
    assert not ledger.fingerprinted("grant_1")
    assert ledger.fingerprinted("declaration_1")


def test_what_one_grant_is_recognized_by_and_whether_anything_changed(ledger: Ledger) -> None:
    states = [ledger.fingerprint_state()]

    def write(contents: list[KnownContent]) -> None:
        with ledger.transaction() as work:
            work.replace_fingerprints("grant_1", contents)
            assert work.fingerprints_of("grant_1") == tuple(contents)
        states.append(ledger.fingerprint_state())

    with ledger.transaction() as work:
        work.add_grant(make_grant(1))
    write([make_content(1), make_content(2, kind=ContentKind.MESH)])
    write([make_content(1), make_content(3)])
    write([])
    assert ledger.fingerprint_state() == states[-1] == states[0]
    assert len(set(states)) == 3
    assert ledger.fingerprints_of("grant_1") == ledger.fingerprints_of("nobody") == ()


def test_grants_are_found_by_the_files_that_are_here(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for number in (1, 2, 3):
            work.add_grant(make_grant(number))
            work.add_file(make_file(number, grant_id=f"grant_{number}"))
        work.add_file(make_file(1, grant_id="grant_3"))
        work.replace_fingerprints("grant_2", [make_content(1, grant_id="grant_2")])
    here = [f"{number:064x}" for number in (*range(100, 1700), 2, 1)]
    assert set(ledger.grants_with_files(here)) == {"grant_1", "grant_2", "grant_3"}
    assert set(ledger.grants_with_files(iter(here), fingerprinted=False)) == {"grant_1", "grant_3"}
    assert ledger.grants_with_files([]) == ledger.grants_with_files(["nothing"]) == ()


def test_fingerprints_of_nobody_or_of_somebody_else_are_refused(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.add_grant(make_grant(1))
        work.replace_fingerprints("grant_1", [make_content(1)])
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.replace_fingerprints("grant_7", [make_content(2, grant_id="grant_7")])
    with pytest.raises(LedgerError), ledger.transaction() as work:
        work.replace_fingerprints("grant_1", [make_content(2, grant_id="grant_7")])
    assert list(ledger.fingerprints("image")) == [make_content(1)]


def test_more_fingerprints_than_are_read_at_once(ledger: Ledger) -> None:
    many = [make_content(number) for number in range(12_345)]
    with ledger.transaction() as work:
        work.add_grant(make_grant(1))
        work.replace_fingerprints("grant_1", many)
    going = ledger.fingerprints("image")
    begun = [next(going) for _ in range(10)]
    with ledger.transaction() as work:
        work.add_grant(make_grant(2))
    assert [*begun, *going] == many


def test_times_come_back_in_utc_from_whatever_zone(ledger: Ledger) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    with ledger.transaction() as work:
        work.add_grant(make_grant(granted_at=elsewhere, valid_until=elsewhere))
    grant = ledger.grant("grant_1")
    assert grant is not None
    assert grant.granted_at == AT
    assert grant.granted_at.utcoffset() == timedelta(0)
    assert grant.valid_until == AT


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800", "\udfff end"])
def test_text_that_not_every_database_keeps_is_refused(ledger: Ledger, bad: str) -> None:
    for write in (
        lambda work: work.add_grant(make_grant(title=bad)),
        lambda work: work.add_order(make_order(failure=bad)),
        lambda work: work.keep_terms("x", bad),
        lambda work: work.replace_usages(bad, [make_usage(scene=bad)]),
    ):
        with pytest.raises(LedgerError) as caught, ledger.transaction() as work:
            write(work)  # type: ignore[no-untyped-call]
        assert caught.value.code == "ledger.invalid_value"
    assert_empty(ledger)


def test_numbers_and_times_that_not_every_database_keeps_are_refused(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.add_grant(make_grant())
    for file in (make_file(size=2**63), make_file(downloaded_at=AT.replace(tzinfo=None))):
        with pytest.raises(LedgerError) as caught, ledger.transaction() as work:
            work.add_file(file)
        assert caught.value.code == "ledger.invalid_value"
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add_file(make_file(size=-1))
    assert ledger.files("grant_1") == ()


def test_asking_for_what_cannot_be_there_is_an_answer_or_a_clear_error(ledger: Ledger) -> None:
    assert ledger.grant("'; DROP TABLE grants; --") is None
    with pytest.raises(LedgerError) as caught:
        ledger.grant("\ud800")
    assert caught.value.code == "ledger.invalid_value"


def test_ten_thousand_rows(ledger: Ledger) -> None:
    count = 10_000
    with ledger.transaction() as work:
        for number in range(count):
            work.add_grant(make_grant(number))
        work.replace_usages("a", (make_usage(number, scene="a") for number in range(count)))
    assert len(ledger.grants()) == 1000
    assert len(ledger.grants(limit=count + 1)) == count
    assert len(ledger.usages(scene="a")) == count
    assert len(ledger.known_license_ids(REF)) == count
    ids = [f"grant_{number}" for number in range(count)]
    found = ledger.grants_by_id(iter([*ids, "nobody", *ids]))
    assert set(found) == set(ids)
    assert found["grant_777"] == make_grant(777)


def test_a_title_of_a_megabyte(ledger: Ledger) -> None:
    title = "𝄞é\n" * 200_000
    with ledger.transaction() as work:
        work.add_grant(make_grant(title=title))
    grant = ledger.grant("grant_1")
    assert grant is not None
    assert grant.title == title
