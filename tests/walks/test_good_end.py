"""The whole way at every marketplace: from no key to a file that is ready to be imported, with its stamp."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from walk_rows import Walk
from walk_table import WALKS
from walks import Walker

from core.host import ImportUse
from core.marketplaces.base import Capability
from core.model.grant import GrantState
from core.model.license import TermsSource
from core.model.order import OrderState
from core.stamp_format import decode, encode

every_marketplace = pytest.mark.parametrize("walk", WALKS.values(), ids=str)


@every_marketplace
def test_from_no_key_to_a_stamp(start: Callable[..., Walker], walk: Walk) -> None:
    user = start(walk, requests_per_second=2)  # as it is outside of tests
    assert user.grants == ()
    user.connect()
    prepared = user.get()
    assert user.charges == 1
    (grant,) = user.grants
    (order,) = user.orders
    assert (grant.state, order.state) == (GrantState.ACTIVE, OrderState.FULFILLED)
    assert grant.ref.id == walk.good
    assert not grant.license_id.endswith(".unknown"), "the license is one that is known"
    assert grant.source is (TermsSource.USER if walk.on_website else grant.source)
    (file,) = user.app.ledger.files(grant.id)
    stored = user.app.services.download.store.path(file.sha256)
    assert stored is not None
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == file.sha256
    assert prepared.grant == grant
    plan = prepared.plan
    assert plan.path.is_file()
    assert plan.path != stored, "the store is never handed to an importer"
    assert plan.kind is walk.kind
    assert plan.use is ImportUse.AUTO
    assert plan.format in user.host.supported_formats
    stamp = prepared.stamp
    assert (stamp.grant_id, stamp.marketplace, stamp.listing_id) == (grant.id, walk.marketplace, walk.good)
    assert (stamp.license_id, stamp.terms_sha256) == (grant.license_id, grant.terms_sha256)
    text = encode(stamp)
    assert decode(text) == stamp
    for private in (*user.account_keys.values(), order.marketplace_order_id, "newcomer"):
        assert len(private) < 4 or private not in text, "what a customer may not see is not on the object"
    assert user.app.ledger.terms_text(grant.terms_sha256)


@every_marketplace
def test_it_costs_few_requests(new_user: Walker, walk: Walk) -> None:
    new_user.connect()
    new_user.get()
    hosts = walk.info.api_hosts
    asked = [row for row in new_user.requests() if row["host"] in hosts]
    assert len(asked) <= 20
    assert len(asked) <= walk.info.requests_per_hour / 5, "five assets an hour are possible everywhere"
    if not walk.has_keys:
        assert [row for row in asked if row["headers"].get("user-agent", "").startswith("Clearance")] == []


@every_marketplace
def test_an_hour_later_it_is_all_still_there(start: Callable[..., Walker], walk: Walk) -> None:
    user = start(walk)
    user.connect()
    prepared = user.get()
    again = start(walk)  # the next day: another session over the same folder, and no key
    again.host.online = False
    again.session.refresh_library()
    again.wait()
    assert [grant.id for grant in again.state.library] == [prepared.grant.id]
    again.session.prepare_import(prepared.grant.id)
    again.wait()
    once_more = again.session.prepared(prepared.grant.id)
    assert once_more is not None
    assert once_more.stamp == prepared.stamp
    assert again.requests() == []


def test_seven_licenses_in_one_ledger(start: Callable[..., Walker]) -> None:
    stamps = []
    for walk in WALKS.values():
        user = start(walk)
        user.connect()
        stamps.append(user.get().stamp)
    assert {stamp.marketplace for stamp in stamps} == set(WALKS)
    assert len({stamp.license_id for stamp in stamps}) == len(WALKS)
    assert len({stamp.grant_id for stamp in stamps}) == len(WALKS)
    assert user.app.ledger.grants() and len(user.app.ledger.grants()) == len(WALKS)


@pytest.mark.parametrize("walk", [w for w in WALKS.values() if w.can(Capability.HISTORY)], ids=str)
def test_the_marketplace_says_the_same(new_user: Walker, walk: Walk) -> None:
    """What was bought stands in their records, and is recognized there as ours."""
    new_user.connect()
    new_user.get()
    new_user.session.load_history(walk.marketplace, kind=walk.kind)
    new_user.wait()
    history = new_user.state.history[walk.marketplace]
    assert history.problem is None
    (row,) = [row for row in history.rows if row.record.ref.id == walk.good]
    assert row.grant == new_user.grants[0]
    assert not row.adoptable
