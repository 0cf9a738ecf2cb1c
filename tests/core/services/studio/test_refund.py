"""Given back: asked for, written to support, settled in one unit of work, and locked from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_marketplaces import POLICY
from fakes import paid
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.files.lasting import LastingFiles
from core.host import NoHost
from core.model.evidence import RefundState
from core.model.findings import Verdict
from core.model.grant import GrantFile, GrantState, Usage
from core.model.intended_use import IntendedUse
from core.model.money import Money
from core.model.order import OrderState
from core.model.scene import DataBlock, SceneScan
from core.services.buying.documents import attach
from core.services.delivering.import_plan import PlanImport
from core.services.reporting.report import MakeReport
from core.services.studio.refund import days_left
from core.stamp_format import encode, make_stamp


def bought(shop: Any) -> Any:
    """Own one thing of the agency."""
    shop.sender.answers["purchase"] = paid(license_label="Standard", charged=Money.parse("29", "USD"))
    return shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")


def use_in(shop: Any, grant_id: str, *scenes: str) -> None:
    with shop.ledger.transaction() as work:
        for scene in scenes:
            usage = Usage(grant_id=grant_id, scene=scene, data_blocks=3, seen_at=shop.clock.now())
            work.replace_usages(scene, [usage])


def test_the_policy_and_what_is_left_of_its_time(shop: Any) -> None:
    order = bought(shop)
    grant = shop.ledger.grant_for_order(order.id)
    use_in(shop, grant.id, "/shots/010.blend", "/shots/020.blend")
    advice = shop.refunds.advise(order.id)
    assert advice.policy == shop.refunds.policy("agency") == POLICY
    assert advice.days_left == 30
    assert {usage.scene for usage in advice.scenes} == {"/shots/010.blend", "/shots/020.blend"}
    assert advice.refund is None
    shop.clock.advance(31 * 86_400)
    assert shop.refunds.advise(order.id).days_left < 0
    assert shop.refunds.policy("contractor") is None
    assert shop.refunds.affected("") == ()


@given(days=st.integers(0, 400), window=st.none() | st.integers(0, 365))
def test_days_are_counted_down_to_the_last(days: int, window: int | None) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    left = days_left(replace(POLICY, window_days=window), bought_at=start, now=start + timedelta(days=days))
    assert left == (None if window is None else window - days)


def test_a_request_comes_with_a_message_for_support(shop: Any) -> None:
    order = bought(shop)
    refund = shop.refunds.request(order.id, reason="The rig is broken.\x00", actor="ann")
    assert refund.state is RefundState.REQUESTED
    assert shop.ledger.refunds(order.id) == (refund,)
    text = shop.refunds.message(refund.id)
    for words in ("Agency's support", "Drone flight (id 7)", "order number: L1", "The rig is broken.",
                  "bought on: 2026-11-23", "29.00 USD", "downloaded: no"):  # fmt: skip
        assert words in text
    assert shop.ledger.order(order.id).state is OrderState.PAID
    assert shop.refunds.advise(order.id).refund == refund


def test_a_settled_refund_takes_money_and_right_together(shop: Any, tmp_path: Path) -> None:
    order = bought(shop)
    grant = shop.ledger.grant_for_order(order.id)
    use_in(shop, grant.id, "/shots/010.blend")
    note = tmp_path / "credit note.pdf"
    note.write_bytes(b"%PDF credit")
    refund = shop.refunds.request(order.id, reason="broken", actor="ann")
    settled = shop.refunds.settle(
        refund.id, refunded=True, amount=Money.parse("29", "USD"), reference="CASE-9",
        documents=attach([note]), actor="bob",
    )  # fmt: skip
    assert (settled.state, settled.reference) == (RefundState.REFUNDED, "CASE-9")
    assert shop.ledger.order(order.id).state is OrderState.REFUNDED
    assert shop.ledger.grant(grant.id).state is GrantState.REFUNDED
    assert [one.name for one in shop.ledger.documents(order.id)] == ["credit note.pdf"]
    actions = [entry.event.action for entry in shop.ledger.audit()][-5:]
    assert actions == [
        "payment.refunded", "order.refunded", "scene.flagged", "grant.refunded", "refund.refunded",
    ]  # fmt: skip
    assert shop.ledger.verify_audit().ok
    assert [usage.scene for usage in shop.refunds.affected(grant.id)] == ["/shots/010.blend"]
    for call in (
        lambda: shop.refunds.settle(refund.id, refunded=False, actor="bob"),
        lambda: shop.refunds.request(order.id, reason="again", actor="bob"),
    ):
        with pytest.raises(errors.UserInputError):
            call()


def test_a_refused_refund_changes_nothing_and_may_be_tried_again(shop: Any) -> None:
    order = bought(shop)
    refund = shop.refunds.request(order.id, reason="broken", actor="ann")
    with pytest.raises(errors.UserInputError) as caught:
        shop.refunds.request(order.id, reason="really", actor="ann")
    assert caught.value.code == "refund.open"
    refused = shop.refunds.settle(
        refund.id, refunded=False, amount=Money.parse("29", "USD"), reference="no", actor="ann"
    )
    assert (refused.state, refused.amount) == (RefundState.REFUSED, None)
    assert shop.ledger.order(order.id).state is OrderState.PAID
    assert shop.ledger.grant_for_order(order.id).state is GrantState.ACTIVE
    assert shop.refunds.request(order.id, reason="with a film of it", actor="ann").id != refund.id


def test_only_what_was_bought_can_be_given_back(shop: Any) -> None:
    shop.sender.answers["purchase"] = errors.NotFound("gone")
    with pytest.raises(errors.NotFound):
        shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")
    (order,) = shop.ledger.orders()
    for order_id, code in ((order.id, "refund.not_paid"), ("order_none", "order.unknown")):
        for call in (shop.refunds.advise, lambda one: shop.refunds.request(one, reason="r", actor="a")):
            with pytest.raises(errors.UserInputError) as caught:
                call(order_id)
            assert caught.value.code == code
    with pytest.raises(errors.UserInputError) as caught:
        shop.refunds.settle("refund_none", refunded=True, actor="a")
    assert caught.value.code == "refund.unknown"
    paid_order = bought(shop)
    with pytest.raises(errors.UserInputError) as caught:
        shop.refunds.request(paid_order.id, reason=" \n", actor="a")
    assert caught.value.code == "refund.reason_needed"


def test_a_refunded_file_is_locked_and_the_report_says_so(shop: Any, tmp_path: Path) -> None:
    order = bought(shop)
    grant = shop.ledger.grant_for_order(order.id)
    with shop.ledger.transaction() as work:
        work.add_file(
            GrantFile(
                grant_id=grant.id, sha256="a" * 64, name="a.glb", size=3, media_type="model/gltf-binary",
                downloaded_at=shop.clock.now(),
            )
        )  # fmt: skip
    refund = shop.refunds.request(order.id, reason="broken", actor="ann")
    assert "downloaded: yes" in shop.refunds.message(refund.id)
    shop.refunds.settle(refund.id, refunded=True, actor="ann")
    with pytest.raises(errors.UserInputError) as caught:
        shop.download.run(grant.id, actor="ann")
    assert caught.value.code == "grant.not_active"
    lasting = LastingFiles(tmp_path / "library", store=shop.store)
    plan = PlanImport(
        ledger=shop.ledger,
        store=shop.store,
        host=NoHost(),
        lasting=lasting,
        hand_out=shop.download.hand_out,
    )
    with pytest.raises(errors.UserInputError) as caught:
        plan.run(grant.id)
    assert caught.value.code == "grant.not_active"
    stamp = encode(make_stamp(grant))
    block = DataBlock(id_type="MESH", name="Drone", stamp=stamp)
    scan = SceneScan(host="test", scene="/shots/010.blend", data_blocks=(block,), register=(stamp,))
    house = shop.quote.house
    report = MakeReport(ledger=shop.ledger, clock=shop.clock, catalogue=shop.catalogue, house=house).run(
        scan, IntendedUse(), actor="ann"
    )
    assert report.verdict is Verdict.NOT_CLEARED
    assert "grant.refunded" in {finding.rule for row in report.grants for finding in row.findings}
