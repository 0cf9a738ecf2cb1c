"""Where there is no API: found in a feed, bought on the website, proved by the user, picked up here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from file_samples import WEB_PAGE, make_zip
from walk_rows import Walk
from walk_table import WALKS
from walks import Walker, check_sentence
from web_buyer import Paper, in_sandbox

from core.errors import UserInputError
from core.model.evidence import WebPurchase
from core.model.findings import Decision
from core.model.money import UNSTATED_CURRENCY, Money
from core.model.order import OrderState
from core.session.state import OrderProgress, Phase

WEBSITES = [walk for walk in WALKS.values() if walk.on_website]
OPT_IN = [walk for walk in WEBSITES if walk.info.opt_in is not None]
EDITORIAL = [walk for walk in WEBSITES if walk.editorial]
CACHED = [walk for walk in WEBSITES if walk.into_cache]

every_website = pytest.mark.parametrize("walk", WEBSITES, ids=str)


def start_buying(buyer: Walker) -> OrderProgress:
    """Come as far as the website's page."""
    progress = buyer.start_website(buyer.quote())
    assert progress.problem is None
    assert progress.stage == "awaiting_evidence"
    return progress


def own(buyer: Walker) -> tuple[OrderProgress, Paper]:
    """Buy on the website and confirm it; the file is still to be picked up."""
    progress = start_buying(buyer)
    paper = buyer.buy_there(progress.checkout_url)
    assert buyer.confirm(progress, paper) is None
    assert progress.stage == "awaiting_file"
    return progress, paper


# Feeds


@every_website
def test_no_feed_yet(new_user: Walker, walk: Walk) -> None:
    search = new_user.search()
    assert search.problem is not None
    said = new_user.said(search.problem)
    assert walk.info.web is not None
    assert "there is none yet" in said and "add it under Preferences" in said
    link = walk.info.web.search_link(walk.words)
    assert said.endswith(link), "the website can be searched at once"
    assert new_user.open_page(link).status == 200
    new_user.sandbox.clear_requests()
    assert new_user.requests() == []


@pytest.mark.parametrize("walk", OPT_IN, ids=str)
def test_the_open_search_is_not_switched_on(start: Callable[..., Walker], walk: Walk) -> None:
    new_user = start(walk)
    said = new_user.said(new_user.search().problem)
    assert walk.info.opt_in is not None
    assert "switch on" in said and walk.info.opt_in.label in said
    assert new_user.requests() == [], "without a yes nobody is asked"
    asking = start(walk, opted_in=frozenset({walk.marketplace}))
    assert asking.search().problem is None
    assert [one.ref.id for one in asking.state.results] == [walk.good]
    asking.sandbox.fault("503", times=0)
    assert "cannot be reached right now" in asking.said(asking.search().problem)
    asking.sandbox.clear_faults()
    asking.sandbox.fault("429", retry_after=600)
    assert "10 minutes" in asking.said(asking.search().problem)
    asking.host.online = False
    assert "offline" in asking.said(asking.search().problem, names=False)


@every_website
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.csv", None),
        ("page.html", WEB_PAGE),
        ("empty.csv", b""),
        ("other.csv", b"title\tcolor\nOak\tbrown\n"),
        ("broken.json", b'{"products": [{"id": "1", '),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 200),
    ],
)
def test_a_file_that_is_no_feed(new_user: Walker, name: str, content: bytes | None) -> None:
    file = new_user.folder("feeds") / name
    if content is not None:
        file.write_bytes(content)
    progress = new_user.add_feed_file(file)
    assert progress.phase is Phase.FAILED
    said = new_user.said(progress.problem, names=False)
    assert name in said
    assert new_user.state.feeds == ()


@every_website
def test_a_product_that_the_feed_no_longer_has(buyer: Walker, walk: Walk) -> None:
    """The feed is older than the website: its page says that it is gone, and the order is given up."""
    ref = buyer.find()
    (feed,) = buyer.app.services.feeds.list_feeds(walk.marketplace)
    buyer.session.remove_feed(walk.marketplace, feed.id)
    buyer.wait()
    result = buyer.select(ref).result
    assert result is not None
    assert "is not in your product feeds" in result.note
    check_sentence(f"{result.note} Look there.")
    progress = buyer.start_website(result)
    assert progress.stage == "awaiting_evidence"
    buyer.session.cancel_order(progress.order_id)
    buyer.wait()
    assert buyer.state.progress == []
    buyer.assert_nothing_bought()


# The website


@every_website
def test_nothing_is_bought_from_here(buyer: Walker) -> None:
    result = buyer.quote()
    progress = buyer.buy(result)
    said = buyer.said(progress.problem)
    assert "sells on its website only" in said and "enter the order number" in said
    assert buyer.host.opened == []
    buyer.assert_nothing_bought()


@every_website
def test_offline_the_feed_and_the_ledger_still_work(buyer: Walker) -> None:
    buyer.host.online = False
    buyer.sandbox.clear_requests()
    result = buyer.quote()
    progress = buyer.start_website(result)
    assert progress.stage == "awaiting_evidence", "a page is opened by the browser, not by us"
    assert buyer.host.opened == [progress.checkout_url]
    assert buyer.requests() == []


@pytest.mark.parametrize("walk", EDITORIAL, ids=str)
def test_editorial_in_a_commercial_project(buyer: Walker, walk: Walk) -> None:
    selection = buyer.select(buyer.find(walk.editorial, walk.editorial_words))
    assert selection.result is not None
    assert selection.result.answer.decision is Decision.DENY
    progress = buyer.start_website(selection.result)
    said = buyer.said(progress.problem, names=False)
    assert "editorial" in said and "Replace" in said and "Nothing was bought" in said
    assert buyer.host.opened == [], "no page is opened"
    buyer.assert_nothing_bought()


@every_website
def test_the_price_is_the_feeds_and_has_its_day(buyer: Walker, walk: Walk) -> None:
    result = buyer.quote()
    assert "product feed" in result.note and "counts" in result.note
    assert [option.wanted.license_label for option in result.options]
    other = result.options[-1].wanted
    buyer.session.choose_option(other)
    buyer.wait()
    selection = buyer.state.selection
    assert selection is not None and selection.result is not None
    assert selection.result.quote.license_label == other.license_label


@every_website
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order_number": ""}, "Enter the order number"),
        ({"order_number": " \t "}, "Enter the order number"),
        ({"license_label": ""}, "Choose the license"),
        ({"price": Money(minor=1900, currency=UNSTATED_CURRENCY)}, "with its currency"),
        ({"price": Money(minor=-100, currency="USD")}, "not below zero"),
        ({"documents": (Path("/nowhere/invoice.pdf"),)}, "Choose it again"),
    ],
    ids=["no number", "blanks", "no license", "no currency", "negative", "no invoice file"],
)
def test_what_was_entered_cannot_be(buyer: Walker, changes: dict[str, Any], words: str) -> None:
    progress = start_buying(buyer)
    paper = buyer.buy_there(progress.checkout_url)
    said = buyer.said(buyer.confirm(progress, paper, **changes), names=False)
    assert words in said
    assert progress.stage == "awaiting_evidence", "it can be corrected"
    assert buyer.grants == ()
    assert buyer.stored_files() == []
    assert buyer.confirm(progress, paper) is None
    assert progress.stage == "awaiting_file"


@every_website
def test_a_day_that_is_still_to_come(buyer: Walker) -> None:
    progress = start_buying(buyer)
    paper = buyer.buy_there(progress.checkout_url)
    problem = buyer.confirm(progress, paper, bought_on=paper.bought_on + timedelta(days=30))
    assert "still to come" in buyer.said(problem, names=False)


@every_website
@pytest.mark.parametrize("content", [b"", None], ids=["empty", "folder"])
def test_an_invoice_that_is_none(buyer: Walker, content: bytes | None) -> None:
    progress = start_buying(buyer)
    paper = buyer.buy_there(progress.checkout_url)
    wrong = buyer.folder("papers") / "invoice.pdf"
    if content is None:
        wrong.mkdir()
    else:
        wrong.write_bytes(content)
    buyer.said(buyer.confirm(progress, paper, documents=(wrong,)), names=False)
    assert buyer.grants == ()


@every_website
def test_an_order_number_that_was_entered_before(buyer: Walker, walk: Walk) -> None:
    _, paper = own(buyer)
    buyer.session.record_web_purchase(
        buyer.find(),
        WebPurchase(
            order_number=paper.order_number, bought_on=paper.bought_on, license_label=paper.license_label
        ),
        title="The same",
        kind=walk.kind,
    )
    buyer.wait()
    said = buyer.said(buyer.state.problem, names=False)
    assert paper.order_number in said
    assert len(buyer.grants) == 1


@every_website
def test_the_invoice_comes_later(buyer: Walker) -> None:
    progress = start_buying(buyer)
    paper = buyer.buy_there(progress.checkout_url)
    assert buyer.confirm(progress, paper, documents=()) is None
    assert buyer.app.ledger.documents(progress.order_id) == ()
    buyer.session.add_documents(progress.order_id, [paper.invoice])
    buyer.wait()
    assert buyer.state.problem is None
    (document,) = buyer.app.ledger.documents(progress.order_id)
    assert document.name == paper.invoice.name


@every_website
def test_asking_whether_it_is_paid(buyer: Walker) -> None:
    """Nobody can be asked: the order waits for what the user enters."""
    progress = start_buying(buyer)
    buyer.sandbox.clear_requests()
    buyer.session.check_checkout(progress.order_id)
    buyer.wait()
    assert (progress.stage, progress.problem) == ("awaiting_evidence", None)
    buyer.reconcile()
    assert progress.stage == "awaiting_evidence"
    assert buyer.requests() == []


# The file


@every_website
def test_the_file_is_not_there_yet(buyer: Walker) -> None:
    progress, paper = own(buyer)
    paper.file.unlink()
    view = buyer.look()
    assert "Download the file on the website first" in " ".join(note.text for note in view.notes)
    assert any(progress.title in line and "bought" in line for line in view.waiting)
    buyer.prepare(progress)
    said = buyer.said(progress.problem)
    assert "hands out files on its website only" in said and "Download" in said
    taken = buyer.take(paper.file, progress.grant_id)
    assert "can be picked up" in buyer.said(taken.problem, names=False)
    assert taken.stage == "failed"


@every_website
def test_the_folder_is_not_there(start: Callable[..., Walker], walk: Walk, tmp_path: Path) -> None:
    buyer = start(walk, pickup_folders=(tmp_path / "gone",))
    buyer.connect()
    notes = " ".join(note.text for note in buyer.look().notes)
    assert f"{tmp_path / 'gone'} cannot be looked into: it is not there" in notes


@every_website
def test_the_file_is_still_arriving(buyer: Walker) -> None:
    progress, paper = own(buyer)
    content = paper.file.read_bytes()
    paper.file.unlink()
    arriving = buyer.put(buyer.folder("downloads") / f"{paper.file.name}.crdownload", content[:1000])
    view = buyer.look()
    assert any("Still being downloaded" in note.text for note in view.notes)
    assert view.rows == ()
    taken = buyer.take(arriving, progress.grant_id)
    if taken.problem is not None:
        buyer.said(taken.problem)
    assert buyer.session.prepared(progress.grant_id) is None


@every_website
def test_the_wrong_file_is_picked(buyer: Walker, walk: Walk) -> None:
    progress, _ = own(buyer)
    page = in_sandbox(walk.info.web.product_page(walk.other), buyer.sandbox) if walk.info.web else ""
    other = buyer.buy_there(page)
    view = buyer.look()
    wrong = next(row for row in view.rows if row.path == str(other.file))
    assert wrong.grant_id == "", "it is not proposed"
    taken = buyer.take(other.file, progress.grant_id)
    if walk.into_cache:  # its packages say themselves what they are
        said = buyer.said(taken.problem, names=False)
        assert walk.other in said and walk.good in said
        assert "Nothing was taken" in said and "Choose the license that it belongs to" in said
        assert buyer.app.ledger.files(progress.grant_id) == ()
        taken = buyer.take(other.file, progress.grant_id, accept_other_product=True)
    assert taken.problem is None, "the user's word counts"


@pytest.mark.parametrize("walk", [walk for walk in WEBSITES if not walk.into_cache], ids=str)
def test_a_package_of_another_marketplace(buyer: Walker, start: Callable[..., Walker]) -> None:
    from unity_packages import chair_package, store_field

    progress, _ = own(buyer)
    package = buyer.folder("downloads") / "chairs.unitypackage"
    buyer.put(package, chair_package().package(extra=store_field()))
    said = buyer.said(buyer.take(package, progress.grant_id).problem, names=False)
    assert "Unity Asset Store" in said and "Nothing was taken" in said


def bomb() -> bytes:
    """Return a zip that would fill the disk."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(60):
            archive.writestr(f"{number}.obj", b"\0" * 20_000_000)
    return out.getvalue()


HOSTILE = {
    "page.zip": WEB_PAGE,
    "empty.zip": b"",
    "cut.zip": make_zip({"chair.obj": Random(1).randbytes(50_000)})[:20_000],
    "noise.zip": b"\x13\x37" * 4000,
    "climber.zip": make_zip({"../../../climbs/out.obj": b"v 0 0 0\n"}),
    "absolute.zip": make_zip({"/etc/out.obj": b"v 0 0 0\n"}),
    "program.zip": b"MZ" + b"\0" * 4000,
}


@every_website
@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_damaged_or_hostile(buyer: Walker, name: str) -> None:
    progress, _ = own(buyer)
    known = buyer.stored_files()
    file = buyer.put(buyer.folder("downloads") / name, HOSTILE[name])
    content = file.read_bytes()
    taken = buyer.take(file, progress.grant_id, then_import=True)
    said = buyer.said(taken.problem, names=False)
    assert "Download it again" in said or "Do not open it" in said or "Choose the file" in said
    assert taken.stage == "failed"
    assert buyer.session.prepared(progress.grant_id) is None
    assert buyer.stored_files() == known
    assert buyer.app.ledger.files(progress.grant_id) == ()
    assert file.read_bytes() == content, "the user's own file is not touched"
    assert not (buyer.app.settings.data_dir.parent / "climbs").exists()


@every_website
def test_an_archive_bomb(buyer: Walker) -> None:
    progress, _ = own(buyer)
    file = buyer.put(buyer.folder("downloads") / "bomb.zip", bomb())
    taken = buyer.take(file, progress.grant_id)
    said = buyer.said(taken.problem)
    assert "Do not open it" in said
    assert buyer.app.ledger.files(progress.grant_id) == ()


@every_website
def test_what_is_owned_is_not_bought_again(buyer: Walker) -> None:
    own(buyer)
    selection = buyer.select(buyer.find())
    assert selection.owned
    assert selection.result is not None
    progress = buyer.start_website(selection.result)
    said = buyer.said(progress.problem, names=False)
    assert "You own" in said
    assert len(buyer.host.opened) == 1, "the page was opened once"
    assert buyer.charges == 1


@every_website
def test_what_cannot_be_pressed(buyer: Walker) -> None:
    for press in (
        lambda: buyer.session.start_web_purchase("quote_none"),
        lambda: buyer.session.open_order_page("order_none"),
        lambda: buyer.session.take_download(Path("x.zip"), "grant_none"),
    ):
        with pytest.raises(UserInputError) as caught:
            press()
        buyer.said(caught.value, names=False)


@pytest.mark.parametrize("walk", CACHED, ids=str)
def test_the_other_program_has_fetched_it(buyer: Walker, walk: Walk) -> None:
    progress, paper = own(buyer)
    view = buyer.look()
    (row,) = [row for row in view.rows if row.path == str(paper.file)]
    assert row.certain
    assert row.grant_id == progress.grant_id
    assert [order.state for order in buyer.orders] == [OrderState.PAID]
