"""Use the session as a host does: immediate calls, results after draining, against the sandbox."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess
from scenes import make_big_scene

from core.app import App
from core.errors import UserInputError
from core.model.delivery_check import CheckResult
from core.model.findings import Decision, Verdict
from core.model.intended_use import IntendedUse, OutputKind
from core.model.listing import ListingRef, MediaKind, SearchQuery
from core.model.report_format import ReportFormat
from core.quality.finding import QualityFinding, Severity, Subject
from core.quality.record import encode_findings
from core.session.importing import NOT_AS_OFFERED
from core.session.state import AccountState, Phase

MODEL = ListingRef(marketplace="cgtrader", id="4400123")
IMAGE = ListingRef(marketplace="shutterstock", id="1120280100")


def wait(app: App) -> None:
    """Let everything finish."""
    assert app.tasks.wait(timeout_s=60)


def select(app: App, ref: ListingRef, text: str) -> Any:
    """Search and select one listing."""
    app.session.search(SearchQuery(text=text))
    wait(app)
    app.session.select(ref)
    wait(app)
    return app.session.state.selection


def test_all_marketplaces_fill_one_list(app: App) -> None:
    """Results of all arrive, each listing once, and nothing is bought by looking."""
    app.session.search(SearchQuery(text="oak"))
    assert {search.phase for search in app.session.state.searches.values()} == {Phase.BUSY}
    wait(app)
    state = app.session.state
    assert {state.searches[name].phase for name in ("cgtrader", "shutterstock")} == {Phase.READY}
    assert {one.ref.marketplace for one in state.results} >= {"cgtrader", "shutterstock"}
    assert len({one.ref for one in state.results}) == len(state.results)
    app.session.request_thumbnails(one.key for one in state.results)
    wait(app)
    assert set(state.thumbnails) | state.thumbnails_failed == {one.key for one in state.results}
    assert state.thumbnails


def test_a_picture_and_a_film_of_one_number_have_a_picture_each(app: App) -> None:
    """They are two results; their thumbnails do not take each other's place."""
    app.session.search(SearchQuery(text="oak"))
    wait(app)
    state = app.session.state
    image = next(one for one in state.results if one.previews and one.kind is MediaKind.IMAGE)
    film = replace(image, kind=MediaKind.VIDEO, previews=())
    state.results.append(film)
    app.session.request_thumbnails([image.key, film.key])
    wait(app)
    assert image.ref == film.ref
    assert image.key in state.thumbnails
    assert state.thumbnails_failed == {film.key}


def test_more_pages_until_the_end(app: App) -> None:
    """Loading more ends, with every listing once."""
    app.session.search(SearchQuery(text="", per_page=10))
    wait(app)
    seen = len(app.session.state.results)
    state = app.session.state
    for _ in range(60):
        if all(search.next_cursor is None for search in state.searches.values()):
            break
        app.session.load_more()
        wait(app)
    assert len(state.results) > seen
    assert all(search.next_cursor is None for search in state.searches.values())
    assert len({one.ref for one in state.results}) == len(state.results) >= 70


def test_an_older_search_never_overwrites_a_newer(app: App, sandbox: SandboxProcess) -> None:
    """What arrives late belongs to a search that nobody looks at any more."""
    sandbox.fault("slow", host="api.cgtrader.com", delay_s=0.6)
    app.session.search(SearchQuery(text="table"))
    app.session.search(SearchQuery(text="chair", kind=MediaKind.MODEL))
    wait(app)
    assert app.session.state.query == SearchQuery(text="chair", kind=MediaKind.MODEL)
    assert all("chair" in f"{one.title} {one.tags}".lower() for one in app.session.state.results)


def test_offline_makes_no_connection(app: App, host: Any, sandbox: SandboxProcess) -> None:
    """Each marketplace says that it is offline, and the sandbox sees nothing."""
    host.online = False
    sandbox.clear_requests()
    app.session.search(SearchQuery(text="oak"))
    wait(app)
    problems = {search.problem.code for search in app.session.state.searches.values() if search.problem}
    assert problems == {"offline"}
    assert sandbox.requests() == []


def test_an_image_from_quote_to_prepared_import(app: App, sandbox: SandboxProcess) -> None:
    """One click buys, downloads, checks and prepares; the host is told that it may import."""
    selection = select(app, IMAGE, "oak")
    assert selection.result.quote.balance.left.amount > 0
    ready: list[str] = []
    app.session.on_prepared = ready.append
    app.session.buy(selection.result.quote.id, reason="test", then_import=True)
    wait(app)
    (progress,) = app.session.state.progress
    assert progress.problem is None
    assert progress.stage == "ready"
    assert ready == [progress.grant_id]
    prepared = app.session.prepared(progress.grant_id)
    assert prepared is not None
    assert prepared.plan.path.is_file()
    assert prepared.stamp.grant_id == progress.grant_id
    app.session.imported(progress.grant_id, 2)
    wait(app)
    assert progress.stage == "imported"
    assert not prepared.plan.path.exists()
    grant = app.ledger.grant(progress.grant_id)
    assert grant is not None
    picture = app.services.pictures.find([grant])[grant.id]
    assert max(picture.width, picture.height) <= 256
    assert len(sandbox.books()["charges"]) == 1
    assert app.session.state.owned_refs == {f"{IMAGE} image": progress.grant_id}


def test_a_model_through_its_checkout(app: App, host: Any, sandbox: SandboxProcess) -> None:
    """The browser is opened; nothing is granted before the payment; then it goes on by itself."""
    selection = select(app, MODEL, "chair")
    ready: list[str] = []
    app.session.on_prepared = ready.append
    app.session.buy(selection.result.quote.id, reason="test", then_import=True)
    wait(app)
    (progress,) = app.session.state.progress
    assert progress.stage == "awaiting_checkout"
    assert host.opened == [progress.checkout_url]
    app.session.check_checkout(progress.order_id)
    wait(app)
    assert progress.stage == "awaiting_checkout"
    assert app.session.state.library == []
    sandbox.pay(progress.checkout_url)
    app.session.check_checkout(progress.order_id)
    wait(app)
    assert progress.problem is None
    assert ready == [progress.grant_id]
    prepared = app.session.prepared(progress.grant_id)
    assert prepared is not None
    assert prepared.plan.format == "glb"


def test_a_purchase_in_doubt_says_so(app: App, sandbox: SandboxProcess) -> None:
    """A lost answer is shown as in doubt, blocks a second purchase, and is settled from the records."""
    selection = select(app, IMAGE, "oak")
    sandbox.fault("lost_answer", method="POST", path_regex="^/v2/images/licenses$")
    app.session.buy(selection.result.quote.id, reason="test")
    wait(app)
    (progress,) = app.session.state.progress
    assert progress.stage == "in_doubt"
    assert progress.problem is not None
    app.session.reconcile()
    wait(app)
    assert len(app.session.state.library) == 1
    assert len(sandbox.books()["charges"]) == 1


def test_waiting_can_be_given_up(app: App) -> None:
    """An order that nobody pays disappears from the list, and the same thing can be ordered again."""
    selection = select(app, MODEL, "chair")
    app.session.buy(selection.result.quote.id, reason="test")
    wait(app)
    app.session.cancel_order(app.session.state.progress[0].order_id)
    wait(app)
    assert app.session.state.progress == []
    app.session.select(MODEL)
    wait(app)
    again = app.session.state.selection
    assert again is not None
    assert again.result is not None
    app.session.buy(again.result.quote.id, reason="test")
    wait(app)
    assert app.session.state.progress[0].stage == "awaiting_checkout"


def test_the_use_decides(app: App) -> None:
    """Handing out the model's file is denied where a render is not; a denied quote is not bought."""
    selection = select(app, MODEL, "chair")
    assert selection.result.answer.decision is not Decision.DENY
    app.session.set_use(IntendedUse(outputs=frozenset({OutputKind.FILE_SHARE_PUBLIC})))
    assert selection.result.answer.decision is Decision.DENY
    app.session.buy(selection.result.quote.id, reason="I want it")
    wait(app)
    assert app.session.state.progress[0].problem is not None
    assert app.session.state.progress[0].problem.code == "policy.denied"
    assert app.ledger.orders() == ()


def test_accounts_are_told_by_presence(app: App) -> None:
    """Keys go in, are never seen again, and a connection test names the user."""
    app.session.test_connection("shutterstock")
    app.session.test_connection("cgtrader")
    wait(app)
    accounts = app.session.state.accounts
    assert all(account.phase is Phase.READY and account.summary for account in accounts.values())
    with pytest.raises(UserInputError):
        app.session.store_key("shutterstock", "client_id", "has a blank")
    with pytest.raises(UserInputError):
        app.session.store_key("shutterstock", "card_number", "4242")


def test_a_report_of_a_big_scene(app: App, tmp_path: Path) -> None:
    """A scan becomes a report in a worker, and is saved in every format."""
    scan, _, _, _ = make_big_scene(objects=200, grants=8)
    app.session.report(scan)
    assert app.session.state.report_phase is Phase.BUSY
    wait(app)
    report = app.session.state.report
    assert report is not None
    # The ledger knows none of these grants: stamps alone prove nothing.
    assert report.verdict in (Verdict.NEEDS_REVIEW, Verdict.NOT_CLEARED)
    for one in ReportFormat:
        app.session.save_report(tmp_path / one.name_file("r"), one)
    wait(app)
    written = {one: (tmp_path / one.name_file("r")).stat().st_size for one in ReportFormat}
    assert all(size > 50 for size in written.values()), written
    app.session.save_report(tmp_path / "r.docx", "docx")
    wait(app)
    assert app.session.state.problem is not None


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.select(ListingRef(marketplace="cgtrader", id="never-seen")),
        lambda s: s.buy("quote_none"),
        lambda s: s.download("grant_none"),
        lambda s: s.prepare_import("grant_none"),
        lambda s: s.cancel_order("order_none"),
        lambda s: s.save_report(Path("x.html"), "html"),
    ],
)
def test_impossible_calls_say_what_to_do(app: App, call: Any) -> None:
    """Calls that cannot be made raise at once, with a sentence."""
    with pytest.raises(UserInputError) as caught:
        call(app.session)
    assert len(caught.value.message) > 10


def test_a_search_of_everything_leaves_out_what_has_no_key(app: App) -> None:
    """What is chosen by name is asked all the same; where nothing has a key, all say so."""
    state = app.session.state
    app.session.refresh_account("shutterstock")
    state.accounts["cgtrader"] = AccountState(marketplace="cgtrader")
    app.session.search(SearchQuery(text="oak"))
    wait(app)
    assert state.without_key == ("cgtrader",)
    assert "cgtrader" not in state.searches
    assert "shutterstock" in state.searches
    app.session.search(SearchQuery(text="oak"), marketplaces=["cgtrader"])
    wait(app)
    assert state.without_key == ()
    assert set(state.searches) == {"cgtrader"}
    state.accounts.update({info.id: AccountState(marketplace=info.id) for info in app.session.marketplaces})
    app.session.search(SearchQuery(text="oak"))
    wait(app)
    assert state.without_key == ()
    assert set(state.searches) >= {"cgtrader", "shutterstock"}


def test_a_delivery_that_differs_is_shown_before_it_is_imported(app: App) -> None:
    """The first click ends at what differs; whoever clicks again has seen it, and is told once more."""
    selection = select(app, IMAGE, "oak")
    ready: list[str] = []
    app.session.on_prepared = ready.append
    app.session.buy(selection.result.quote.id, reason="test")
    wait(app)
    (progress,) = app.session.state.progress
    app.session.download(progress.grant_id)
    wait(app)
    assert progress.checked is not None
    assert progress.checked.check.result is CheckResult.AS_OFFERED
    finding = QualityFinding(
        subject=Subject.RESOLUTION, severity=Severity.DIFFERS, sentence="Too small.", promised=True
    )
    worse = replace(
        progress.checked.check,
        id="check_worse",
        result=CheckResult.DIFFERS,
        differences=encode_findings([finding]),
    )
    with app.ledger.transaction() as work:
        work.add(worse)
    app.session.prepare_import(progress.grant_id)
    wait(app)
    assert progress.stage == "ready"
    assert progress.checked.differs
    assert ready == []
    prepared = app.session.prepared(progress.grant_id)
    assert prepared is not None
    assert NOT_AS_OFFERED in prepared.warnings
    app.session.prepare_import(progress.grant_id)
    wait(app)
    assert ready == [progress.grant_id]
    app.session.advise_refund(progress.checked.order_id)
    wait(app)
    assert app.session.state.refund is not None
    assert "- resolution: Too small." in app.session.state.refund.claim
