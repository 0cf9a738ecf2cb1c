"""Deliveries held against their offers: once for the same files, recorded with the grant and audited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes import CountingIds, FakeClock
from fbx_samples import make_model
from file_samples import make_glb, make_png, make_zip
from ledger_values import make_approval, make_grant, make_order, make_quote

from core.errors import CancelledError, DownloadError, UserInputError
from core.files.store import Store
from core.http.cancel import CancelToken
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.model.delivery import Offered, SourceFacts
from core.model.delivery_check import CheckResult, DeliveryCheck
from core.model.grant import GrantFile
from core.model.listing import Listing, MediaKind
from core.quality.finding import Severity
from core.services.delivering.check_delivery import Arrivals, CheckDelivery

OFFER = '{"as_of": "2026-11-23", "formats": ["fbx"], "kind": "model", "rigged": true, "source": "quote"}'
FROM = SourceFacts(host="dl.example", secured=True, certificate_sha256="cd" * 32, checksum_promised=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with one purchase."""
    quote = make_quote(1)
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as opened:
        with opened.transaction() as work:
            work.add_quote(quote)
            work.add_approval(make_approval(1))
            work.add_order(make_order(1, quote_id=quote.id, approval_id="approval_1", ref=quote.ref))
            work.add_grant(make_grant(1, order_id="order_1"))
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def checking(ledger: Ledger, store: Store) -> CheckDelivery:
    return CheckDelivery(ledger=ledger, store=store, clock=FakeClock(), ids=CountingIds())


def note_offer(ledger: Ledger, facts: str = OFFER) -> None:
    with ledger.transaction() as work:
        work.add(Offered(id="quote_1", facts=facts, noted_at=make_quote(1).created_at))


def deliver(ledger: Ledger, store: Store, name: str, content: bytes) -> GrantFile:
    part = store.incoming() / "part"
    part.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    store.adopt(part, sha256)
    file = GrantFile(
        grant_id="grant_1", sha256=sha256, name=name, size=len(content), media_type="",
        downloaded_at=make_quote(1).created_at,
    )  # fmt: skip
    with ledger.transaction() as work:
        work.add_file(file)
    return file


def actions(ledger: Ledger) -> list[str]:
    return [one.event.action for one in ledger.audit()]


def test_what_differs_is_recorded_with_the_grant(
    checking: CheckDelivery, ledger: Ledger, store: Store
) -> None:
    note_offer(ledger)
    file = deliver(ledger, store, "chair.zip", make_zip({"chair.fbx": make_model(), "oak.png": make_png()}))
    checking.arrivals.note(file.sha256, FROM)
    checked = checking.run("grant_1", actor="ann")
    assert checked.differs
    assert "- rig: It was offered as rigged, and no file has a rig." in checked.claim
    (check,) = ledger.values(DeliveryCheck, grant_id="grant_1")
    assert (check.result, check.checked_by) == (CheckResult.DIFFERS, "ann")
    assert (check.source_host, check.source_certificate_sha256) == ("dl.example", "cd" * 32)
    assert json.loads(check.facts)["offered"]["rigged"] is True
    entry = ledger.audit()[-1].event
    assert (entry.action, entry.subject) == ("delivery.checked", "grant_1")
    assert dict(entry.details)["result"] == "differs"
    assert checking.claim_for_order("order_1") == checked.claim
    assert ledger.verify_audit().ok


def test_the_same_files_are_checked_once(checking: CheckDelivery, ledger: Ledger, store: Store) -> None:
    note_offer(ledger)
    file = deliver(ledger, store, "chair.fbx", make_model(rig=True))
    checking.arrivals.note(file.sha256, FROM)
    first = checking.run("grant_1", actor="ann")
    assert first.check.result is CheckResult.AS_OFFERED
    later = CheckDelivery(ledger=ledger, store=store, clock=FakeClock(), ids=CountingIds())
    assert later.run("grant_1", actor="ben").check == first.check
    assert actions(ledger).count("delivery.checked") == 1
    other = CheckDelivery(ledger=ledger, store=store, clock=FakeClock(), ids=checking.ids)
    again = other.run("grant_1", actor="ben", again=True)
    assert again.check.id != first.check.id
    assert again.check.source_host == "dl.example"
    assert checking.latest("grant_1") == again
    deliver(ledger, store, "more.glb", make_glb())
    assert checking.latest("grant_1") is None
    more = checking.run("grant_1", actor="ann")
    assert more.check.source_host == ""
    assert actions(ledger).count("delivery.checked") == 3


def test_an_unknown_offer_is_said_and_a_feed_is_named(ledger: Ledger, store: Store) -> None:
    deliver(ledger, store, "chair.fbx", make_model())
    plain = CheckDelivery(ledger=ledger, store=store, clock=FakeClock(), ids=CountingIds())
    unknown = plain.run("grant_1", actor="ann")
    assert unknown.check.result is CheckResult.UNKNOWN
    assert any("not known what was offered" in one.sentence for one in unknown.findings)
    assert unknown.claim == ""
    listing = Listing(
        ref=make_quote(1).ref, title="Chair", kind=MediaKind.MODEL, offers=(), formats=("blend",)
    )
    fed = CheckDelivery(
        ledger=ledger, store=store, clock=FakeClock(), ids=plain.ids, find_listing=lambda _ref: listing
    )
    found = fed.run("grant_1", actor="ann", again=True)
    assert found.differs
    assert any("product feed said on 2026-11-23" in one.sentence for one in found.findings)


def test_what_is_not_here_is_said_and_nothing_is_recorded(
    checking: CheckDelivery, ledger: Ledger, store: Store
) -> None:
    with pytest.raises(UserInputError, match="no such license"):
        checking.run("grant_9", actor="ann")
    with pytest.raises(UserInputError, match="download them first"):
        checking.run("grant_1", actor="ann")
    assert checking.after("grant_1", actor="ann") is None
    assert checking.claim_for_order("order_9") == ""
    file = deliver(ledger, store, "chair.glb", make_glb())
    place = store.place(file.sha256)
    place.chmod(0o600)
    place.write_bytes(bytes(file.size))
    with pytest.raises(DownloadError, match="damaged"):
        checking.run("grant_1", actor="ann")
    assert checking.after("grant_1", actor="ann") is None
    assert "delivery.checked" not in actions(ledger)


def test_a_check_can_be_stopped(checking: CheckDelivery, ledger: Ledger, store: Store) -> None:
    deliver(ledger, store, "chair.glb", make_glb())
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(CancelledError):
        checking.after("grant_1", actor="ann", cancel=cancel)
    assert list((store.root / "work").iterdir()) == []
    assert "delivery.checked" not in actions(ledger)


def test_a_hostile_archive_loses_no_download(checking: CheckDelivery, ledger: Ledger, store: Store) -> None:
    deliver(ledger, store, "chair.zip", make_zip({"../../evil.sh": b"x"}))
    assert checking.after("grant_1", actor="ann") is None
    assert ledger.files("grant_1") != ()


def test_of_several_sources_the_least_holds() -> None:
    arrivals = Arrivals()
    one, two = (
        GrantFile(
            grant_id="g", sha256=f"{n:064x}", name="a", size=1, media_type="",
            downloaded_at=make_quote(1).created_at,
        )
        for n in (1, 2)
    )  # fmt: skip
    arrivals.note(one.sha256, FROM)
    assert arrivals.of([one]) == FROM
    assert arrivals.of([one, two]) == SourceFacts()
    arrivals.note(two.sha256, SourceFacts(host="other.example", secured=False, checksum_promised=True))
    both = arrivals.of([one, two])
    assert (both.host, both.secured, both.certificate_sha256) == ("dl.example, other.example", False, "")
    assert both.checksum_promised is False
    assert arrivals.of([]) == SourceFacts()


def test_findings_are_worst_first(checking: CheckDelivery, ledger: Ledger, store: Store) -> None:
    note_offer(ledger)
    deliver(ledger, store, "chair.zip", make_zip({"chair.fbx": make_model(textures=[b"lost.png"])}))
    order = list(Severity)
    ranks = [order.index(one.severity) for one in checking.run("grant_1", actor="ann").findings]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0
