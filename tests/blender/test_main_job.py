# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job through the operators, against the sandbox: search, quote, buy, import, stamp, report."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import blender_files as files
import pytest
from sandbox_process import SandboxProcess, start_sandbox

Load = Callable[[str], Any]
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """Both marketplaces, for all tests of this module."""
    with start_sandbox(
        tmp_path_factory.mktemp("sandbox"),
        os.environ.get("CLEARANCE_SANDBOX_PYTHON", sys.executable),
        models=os.environ.get("CLEARANCE_SANDBOX_MODELS"),
    ) as running:
        yield running


class Buyer:
    """An artist at work, in a script."""

    def __init__(self, bpy: Any, load: Load, sandbox: SandboxProcess) -> None:
        self.bpy, self.load, self.sandbox = bpy, load, sandbox
        self.ops = bpy.ops.clearance

    @property
    def session(self) -> Any:
        """What the panels would show."""
        return self.load("addon.runtime").app().session

    def connect(self) -> None:
        """Enter the keys, and test both connections."""
        shutterstock, cgtrader = (self.sandbox.credentials[name] for name in ("shutterstock", "cgtrader"))
        self.ops.store_key(
            marketplace="shutterstock",
            client_id=shutterstock["consumer_key"],
            client_secret=shutterstock["consumer_secret"],
            user_token=shutterstock["user_token"],
        )
        self.ops.store_key(
            marketplace="cgtrader",
            client_id=cgtrader["client_id"],
            client_secret=cgtrader["client_secret"],
            # The sign-in's own port is one for the whole machine, and other tests may be at it.
            user_token=self.sandbox.make_token("cgtrader"),
        )
        for name in ("shutterstock", "cgtrader"):
            self.ops.test_connection(marketplace=name)
        self.wait()
        for name in ("shutterstock", "cgtrader"):
            account = self.session.state.accounts[name]
            assert account.problem is None, account.problem
            assert account.has_user
            assert account.summary

    def wait(self) -> None:
        """Let the workers finish."""
        assert self.ops.wait(timeout=PATIENCE_S) == {"FINISHED"}

    def find(self, text: str, kind: str) -> Any:
        """Search and return the first result of a kind."""
        self.ops.search(text=text)
        self.wait()
        found = [one for one in self.session.state.results if one.kind == kind and not one.editorial]
        assert found
        return found[0]

    def select(self, listing: Any) -> Any:
        """Ask for the price; return the selection."""
        self.ops.select(ref=str(listing.ref))
        self.wait()
        selection = self.session.state.selection
        assert selection.problem is None, selection.problem
        return selection

    def buy(self, selection: Any) -> Any:
        """Buy and import; pay where the marketplace wants it; return the progress."""
        self.ops.buy(quote_id=selection.result.quote.id, reason="Cleared by the producer")
        until = time.monotonic() + PATIENCE_S
        while True:
            self.wait()
            progress = next(p for p in self.session.state.progress if p.ref == selection.ref)
            assert progress.problem is None, progress.problem
            if progress.stage == "imported":
                return progress
            assert progress.stage == "awaiting_checkout", progress.stage
            assert time.monotonic() < until
            self.sandbox.pay(progress.checkout_url)
            self.ops.check_payment(order_id=progress.order_id)


@pytest.fixture
def buyer(bpy: Any, load: Load, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Buyer:
    """Somebody with keys, online, in front of no browser."""
    sandbox.reset()
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setenv("CLEARANCE_SANDBOX_URL", sandbox.url)
    files.make_users_scene()
    bpy.context.preferences.system.use_online_access = True
    person = Buyer(bpy, load, sandbox)
    person.connect()
    return person


def stamped() -> dict[str, set[str]]:
    """Return the types of stamped data-blocks by marketplace."""
    found: dict[str, set[str]] = {}
    for block in files.blocks():
        if text := block.get("clearance"):
            found.setdefault(json.loads(text)["marketplace"], set()).add(block.id_type)
    return found


def test_the_main_job(bpy: Any, buyer: Buyer, tmp_path: Path) -> None:
    before = files.names()
    chair = buyer.select(buyer.find("oak chair", "model"))
    assert chair.result.quote.web_checkout
    buyer.buy(chair)
    image = buyer.select(buyer.find("walnut", "image"))
    assert image.result.quote.balance is not None
    buyer.buy(image)
    kinds = stamped()
    assert {"OBJECT", "MESH", "COLLECTION", "MATERIAL"} <= kinds["cgtrader"]
    assert {"IMAGE", "MATERIAL"} <= kinds["shutterstock"]
    for block in files.blocks():
        if (block.id_type, block.name_full) in before:
            assert block.get("clearance") is None
    assert len(json.loads(bpy.context.scene["clearance_register"])) == 2
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    buyer.ops.report_scene()
    buyer.wait()
    report = buyer.session.state.report
    assert len(report.grants) == 2
    assert set(report.undeclared) == {"OBJECT/Mine", "MESH/Mine", "MATERIAL/Mine"}
    assert report.lost == ()
    assert buyer.session.state.problem is None
    buyer.ops.save_report(filepath=str(tmp_path / "report.json"), format="json")
    buyer.wait()
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))


def test_what_is_owned_is_not_bought_again(bpy: Any, buyer: Buyer) -> None:
    listing = buyer.find("walnut", "image")
    buyer.buy(buyer.select(listing))
    charged = buyer.sandbox.books()["totals"]
    again = buyer.select(buyer.find("walnut", "image"))
    assert again.owned
    with pytest.raises(RuntimeError, match="You own this already"):
        buyer.ops.buy(quote_id=again.result.quote.id, reason="again")
    files.make_users_scene()
    assert buyer.ops.import_asset(grant_id=again.owned[0].id) == {"FINISHED"}
    assert "shutterstock" in stamped()
    assert buyer.sandbox.books()["totals"] == charged


def test_a_session_later_it_is_still_there(bpy: Any, load: Load, buyer: Buyer) -> None:
    buyer.buy(buyer.select(buyer.find("walnut", "image")))
    grant = buyer.session.state.library[0]
    load("addon.runtime").close()
    bpy.context.preferences.system.use_online_access = False
    files.make_users_scene()
    # Offline, from the store: nothing is asked of anybody.
    buyer.sandbox.clear_requests()
    assert buyer.ops.import_asset(grant_id=grant.id) == {"FINISHED"}
    assert "shutterstock" in stamped()
    assert buyer.sandbox.requests() == []


def test_an_answer_that_is_lost_buys_nothing_twice(buyer: Buyer) -> None:
    selection = buyer.select(buyer.find("walnut", "image"))
    buyer.sandbox.fault("lost_answer", method="POST", path_regex="/licenses$")
    buyer.ops.buy(quote_id=selection.result.quote.id, reason="Cleared by the producer")
    buyer.wait()
    (progress,) = buyer.session.state.progress
    assert progress.stage in {"in_doubt", "imported"}
    buyer.sandbox.clear_faults()
    buyer.ops.reconcile()
    buyer.wait()
    assert buyer.sandbox.books()["totals"]["shutterstock"]["charges"] == 1
    assert any(grant.ref == selection.ref for grant in buyer.session.state.library)


def test_a_damaged_download_imports_nothing(bpy: Any, buyer: Buyer) -> None:
    selection = buyer.select(buyer.find("walnut", "image"))
    buyer.sandbox.fault("html", host="download.shutterstock.com", times=0)
    buyer.ops.buy(quote_id=selection.result.quote.id, reason="Cleared by the producer")
    buyer.wait()
    (progress,) = buyer.session.state.progress
    assert progress.stage == "failed"
    assert progress.problem is not None
    assert stamped() == {}
    buyer.sandbox.clear_faults()
    assert buyer.ops.import_asset(grant_id=progress.grant_id) == {"FINISHED"}
    assert "shutterstock" in stamped()


def test_one_marketplace_down_leaves_the_other(buyer: Buyer) -> None:
    buyer.sandbox.fault("503", host="api.cgtrader.com", times=0)
    buyer.ops.search(text="oak")
    buyer.wait()
    searches = buyer.session.state.searches
    assert searches["cgtrader"].problem is not None
    assert searches["shutterstock"].problem is None
    assert any(listing.ref.marketplace == "shutterstock" for listing in buyer.session.state.results)
