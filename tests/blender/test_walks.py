# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of the new-user walks in a real Blender: a stamped thing from each marketplace, saved and reported.

What is different about a marketplace stands in the table of the walks (tests/support/walk_table.py).
"""

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
from walk_rows import Walk
from walk_table import WALKS
from web_buyer import buy_there, open_page

Load = Callable[[str], Any]
PATIENCE_S = 60.0
KEYS = {"consumer_key": "client_id", "consumer_secret": "client_secret"}
ENTERED = ("client_id", "client_secret", "redirect_uri")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The seven marketplaces, for all tests of this module."""
    with start_sandbox(
        tmp_path_factory.mktemp("sandbox"),
        os.environ.get("CLEARANCE_SANDBOX_PYTHON", sys.executable),
        models=os.environ.get("CLEARANCE_SANDBOX_MODELS"),
    ) as running:
        yield running


class Newcomer:
    """An artist with a new installation, in a script."""

    def __init__(self, bpy: Any, load: Load, sandbox: SandboxProcess, folder: Path) -> None:
        self.bpy, self.load, self.sandbox, self.folder = bpy, load, sandbox, folder
        self.ops = bpy.ops.clearance

    @property
    def session(self) -> Any:
        """What the panels would show."""
        return self.load("addon.runtime").app().session

    def wait(self) -> None:
        """Let the workers finish."""
        assert self.ops.wait(timeout=PATIENCE_S) == {"FINISHED"}

    def connect(self, walk: Walk) -> None:
        """Enter a key, or add a feed."""
        if walk.on_website:
            self.folder.mkdir(exist_ok=True)
            feed = self.folder / Path(walk.feed).name
            feed.write_bytes(open_page(f"{self.sandbox.url}{walk.feed}", self.sandbox).body)
            self.ops.add_feed(marketplace=walk.marketplace, filepath=str(feed))
            self.wait()
            assert self.session.state.feed.problem is None
            return
        keys = {
            KEYS.get(name, name): text for name, text in self.sandbox.credentials[walk.marketplace].items()
        }
        wanted = walk.keys or ENTERED
        given = {name: keys[name] for name in wanted if name in keys}
        if walk.signs_in:
            # The sign-in's own port is one for the whole machine, and other tests may be at it.
            given["user_token"] = self.sandbox.make_token(walk.marketplace)
        self.ops.store_key(marketplace=walk.marketplace, **given)
        self.ops.test_connection(marketplace=walk.marketplace)
        self.wait()
        account = self.session.state.accounts[walk.marketplace]
        assert account.problem is None, account.problem
        assert account.summary

    def get(self, walk: Walk) -> Any:
        """Find it, buy it, and have it in the scene."""
        self.ops.search(text=walk.words, kind=str(walk.kind), marketplaces=walk.marketplace)
        self.wait()
        self.ops.select(ref=f"{walk.marketplace}:{walk.good}")
        self.wait()
        result = self.session.state.selection.result
        assert result is not None, self.session.state.selection.problem
        assert result.why_not == ""
        self.ops.buy(quote_id=result.quote.id, reason="Cleared by the producer", then_import=True)
        until = time.monotonic() + PATIENCE_S
        while True:
            self.wait()
            progress = next(p for p in self.session.state.progress if p.ref == result.quote.ref)
            assert progress.problem is None, progress.problem
            assert time.monotonic() < until
            match progress.stage:
                case "imported":
                    return progress
                case "awaiting_checkout":
                    self.sandbox.pay(progress.checkout_url)
                    self.ops.check_payment(order_id=progress.order_id)
                case "awaiting_evidence":
                    self.prove(walk, progress)
                case stage:
                    raise AssertionError(f"it stopped at {stage}")

    def prove(self, walk: Walk, progress: Any) -> None:
        """Buy on the website, enter what it says, and pick the file up."""
        paper = buy_there(
            progress.checkout_url,
            self.sandbox,
            tier=walk.tier,
            papers=self.folder / "papers",
            files=self.folder / "files",
        )
        self.ops.confirm_purchase(
            order_id=progress.order_id,
            marketplace=walk.marketplace,
            order_number=paper.order_number,
            bought_on=paper.bought_on.isoformat(),
            price=paper.price,
            license_label=paper.license_label,
            invoice=str(paper.invoice),
        )
        self.wait()
        assert progress.problem is None, progress.problem
        assert progress.stage == "awaiting_file"
        self.ops.take_download(path=str(paper.file), grant_id=progress.grant_id, then_import=True)


@pytest.fixture
def newcomer(
    bpy: Any, load: Load, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Newcomer:
    """Somebody without keys, online, in front of no browser."""
    sandbox.reset()
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setenv("CLEARANCE_SANDBOX_URL", sandbox.url)
    files.make_users_scene()
    bpy.context.preferences.system.use_online_access = True
    return Newcomer(bpy, load, sandbox, tmp_path / "there")


def stamps() -> dict[str, list[dict[str, Any]]]:
    """Return all stamps in the scene by marketplace, with the type of block that each is on."""
    found: dict[str, list[dict[str, Any]]] = {}
    for block in files.blocks():
        if text := block.get("clearance"):
            stamp = json.loads(text)
            found.setdefault(stamp["marketplace"], []).append({**stamp, "on": block.id_type})
    return found


def choose_contract_license(newcomer: Newcomer, walk: Walk) -> None:
    """Say in the preferences which license the contract gives, where no answer names one."""
    chosen = walk.settings.get("contract_licenses", {}).get(walk.marketplace)
    if chosen:
        newcomer.session  # noqa: B018 - starts it, so that the preferences know the marketplaces
        runtime = newcomer.load("addon.runtime")
        addons = newcomer.bpy.context.preferences.addons
        (name,) = [one.module for one in addons if one.module.endswith(".clearance")]
        addons[name].preferences.marketplaces[walk.marketplace].contract_license = chosen
        newcomer.wait()
        runtime.rebuild_if_stale()


@pytest.mark.parametrize("walk", WALKS.values(), ids=str)
def test_from_no_key_to_a_stamped_thing(bpy: Any, newcomer: Newcomer, walk: Walk, tmp_path: Path) -> None:
    before = files.names()
    choose_contract_license(newcomer, walk)
    newcomer.connect(walk)
    progress = newcomer.get(walk)
    assert progress.stamped > 0
    found = stamps()
    assert set(found) == {walk.marketplace}
    expected = {"model": "MESH", "image": "IMAGE", "video": "IMAGE", "audio": "SOUND"}
    assert expected[str(walk.kind)] in {stamp["on"] for stamp in found[walk.marketplace]}
    assert {stamp["listing_id"] for stamp in found[walk.marketplace]} == {walk.good}
    assert {stamp["grant_id"] for stamp in found[walk.marketplace]} == {progress.grant_id}
    for block in files.blocks():
        if (block.id_type, block.name_full) in before:
            assert block.get("clearance") is None, "what was the user's stays the user's"
    path = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    newcomer.wait()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert stamps() == found, "a file that is opened again has the same stamps"
    newcomer.ops.report_scene()
    newcomer.wait()
    report = newcomer.session.state.report
    assert newcomer.session.state.report_problem is None
    (grant,) = report.grants
    assert (grant.marketplace, grant.listing_id, grant.grant_id) == (
        walk.marketplace,
        walk.good,
        progress.grant_id,
    )
    assert grant.license_id.startswith(f"{walk.marketplace}.")
    assert not grant.license_id.endswith(".unknown")
    assert grant.license_label
    assert grant.data_blocks == len(found[walk.marketplace])
    assert report.lost == ()
    totals = newcomer.sandbox.books()["totals"]
    assert {name: total["charges"] for name, total in totals.items()} == {walk.marketplace: 1}


def test_seven_in_one_scene(bpy: Any, newcomer: Newcomer, tmp_path: Path) -> None:
    for walk in WALKS.values():
        choose_contract_license(newcomer, walk)
    for walk in WALKS.values():
        newcomer.connect(walk)
        newcomer.get(walk)
    assert set(stamps()) == set(WALKS)
    path = str(tmp_path / "seven.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    newcomer.wait()
    newcomer.load("addon.runtime").close()
    bpy.ops.wm.open_mainfile(filepath=path)
    assert len(json.loads(bpy.context.scene["clearance_register"])) == len(WALKS)
    newcomer.ops.report_scene()
    newcomer.wait()
    report = newcomer.session.state.report
    assert {grant.marketplace for grant in report.grants} == set(WALKS)
    assert len({grant.license_id for grant in report.grants}) == len(WALKS), "seven licenses"
    assert report.lost == ()
