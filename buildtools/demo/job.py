# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, done by the extension's own operators in a real Blender: search to license report.

Runs inside a Python that has bpy, started by `build.py demo`, with BLENDER_USER_RESOURCES and
CLEARANCE_DATA_DIR set and the extension installed. It writes `result.json` with `"ok": true` as its last act.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import bpy

# Found only once bpy is imported.
# isort: split
import addon_utils

from buildtools.demo.shops import SHOPS, Shop
from buildtools.demo.talk import say, shorten, title

MODULE = "bl_ext.user_default.clearance"
PROJECT = "Autumn lookbook"
PATIENCE_S = 120.0
BROWSER = Path(__file__).with_name("browser.py")
KEYS = {"consumer_key": "client_id", "consumer_secret": "client_secret"}
"""What the sandbox calls some of the credentials, and what Clearance calls them."""
ENTERED = ("client_id", "client_secret", "redirect_uri")


class Demo:
    """One run. ``clearance`` is the installed extension's runtime."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.out: Path = options.out
        self.sandbox_url: str = options.sandbox_url
        self.credentials: dict[str, dict[str, str]] = json.loads(
            options.credentials.read_text(encoding="utf-8")
        )
        self.downloads = self.out / "downloads"
        self.bought: list[str] = []
        self.owned: list[str] = []

    def run(self) -> None:
        """Do it all."""
        self.enable()
        self.make_scene()
        self.connect()
        self.look_around()
        for shop in SHOPS:
            self.get(shop)
        self.dress_scene()
        self.report()
        self.summarize()

    def enable(self) -> None:
        """Start from factory settings, with the extension as it was installed."""
        os.environ["CLEARANCE_SANDBOX_URL"] = self.sandbox_url
        os.environ["CLEARANCE_PROJECT"] = PROJECT
        # What opens web pages: sign-in, checkout and website are done by a stand-in for the buyer.
        os.environ["BROWSER"] = f"{Path(sys.executable).as_posix()} {BROWSER.as_posix()} %s"
        os.environ["DEMO_DOWNLOADS"] = str(self.downloads)
        # Where the Unity Editor would keep what it downloads.
        os.environ["ASSETSTORE_CACHE_PATH"] = str(self.out / "unity-cache")
        self.downloads.mkdir(parents=True, exist_ok=True)
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        addon_utils.enable(MODULE, default_set=True)
        if MODULE not in bpy.context.preferences.addons:
            raise SystemExit(f"{MODULE} could not be enabled")
        bpy.context.preferences.system.use_online_access = True
        self.runtime: Any = importlib.import_module(f"{MODULE}.addon.runtime")
        title(f"Clearance in Blender {bpy.app.version_string}")

    @property
    def session(self) -> Any:
        """What the panels would show."""
        return self.runtime.app().session

    def make_scene(self) -> None:
        """Build what the artist has already: a floor, a camera, a light, and what the project plans."""
        bpy.data.batch_remove([*bpy.data.meshes, *bpy.data.materials])
        bpy.data.batch_remove([thing for thing in bpy.data.objects if thing.type not in ("CAMERA", "LIGHT")])
        mesh = bpy.data.meshes.new("Floor")
        mesh.from_pydata([(-3, -3, 0), (3, -3, 0), (3, 3, 0), (-3, 3, 0)], [], [(0, 1, 2, 3)])
        layer = mesh.uv_layers.new(name="UVMap")
        for corner, uv in enumerate(((0, 0), (2, 0), (2, 2), (0, 2))):
            layer.data[corner].uv = uv
        bpy.context.scene.collection.objects.link(bpy.data.objects.new("Floor", mesh))
        use = bpy.context.scene.clearance_use
        use.name, use.purpose = PROJECT, "commercial"
        use.outputs = {"render", "video"}
        use.budget, use.currency, use.audience = 8000, "USD", 100_000
        use.print_run, use.impressions = 20_000, 200_000

    def connect(self) -> None:
        """Enter the keys, sign in, add the feeds, and test what can be tested."""
        title("Accounts")
        _ = self.session  # started here, so that the preferences know the marketplaces
        chosen = bpy.context.preferences.addons[MODULE].preferences
        chosen.pickup_folder = str(self.downloads)
        for shop in SHOPS:
            if shop.contract_license:
                chosen.marketplaces[shop.marketplace].contract_license = shop.contract_license
        self.wait()
        self.runtime.rebuild_if_stale()
        for shop in SHOPS:
            if shop.on_website:
                self.add_feed(shop)
            else:
                self.enter_keys(shop)
        for marketplace, account in sorted(self.session.state.accounts.items()):
            if account.problem is not None:
                raise SystemExit(f"{marketplace}: {account.problem.message}")
            if account.summary:
                say(f"{marketplace:<13} {shorten(account.summary, 96)}")
        say(f"keys are kept in: {self.session.credentials_kind()}")

    def enter_keys(self, shop: Shop) -> None:
        """Enter what the sandbox gives out, sign in where the buyer does, and try it."""
        keys = {KEYS.get(name, name): value for name, value in self.credentials[shop.marketplace].items()}
        given = {name: keys[name] for name in ENTERED if name in keys}
        if not shop.sign_in and "user_token" in keys:
            given["user_token"] = keys["user_token"]
        bpy.ops.clearance.store_key(marketplace=shop.marketplace, **given)
        if shop.sign_in:
            bpy.ops.clearance.sign_in(marketplace=shop.marketplace)
            self.wait()
        bpy.ops.clearance.test_connection(marketplace=shop.marketplace)
        self.wait()

    def add_feed(self, shop: Shop) -> None:
        """Fetch the marketplace's product feed, as a partner does, and add it."""
        path = self.out / "feeds" / f"{shop.marketplace}-{Path(shop.feed).name}"
        path.parent.mkdir(exist_ok=True)
        with urllib.request.urlopen(f"{self.sandbox_url}/{shop.feed}", timeout=20) as answer:  # noqa: S310
            path.write_bytes(answer.read())
        bpy.ops.clearance.add_feed(marketplace=shop.marketplace, filepath=str(path))
        self.wait()
        progress = self.session.state.feed
        if progress.problem is not None:
            raise SystemExit(f"{shop.marketplace}: {progress.problem.message}")
        feed = progress.result.feed
        say(f"{shop.marketplace:<13} {feed.products} products in a feed of {feed.day}")

    def look_around(self) -> None:
        """Search all marketplaces at once, and show what they found."""
        title("Searching all marketplaces for “oak”")
        bpy.ops.clearance.search(text="oak")
        self.wait()
        state = self.session.state
        for marketplace, search in sorted(state.searches.items()):
            if search.problem is not None:
                raise SystemExit(f"{marketplace}: {search.problem.message}")
            total = search.pages[0].total if search.pages else 0
            say(f"{marketplace:<13} {'some' if total is None else total} found")
        for listing in state.results[:8]:
            offer = listing.offers[0] if listing.offers else None
            price = offer.cost if offer is not None and offer.cost is not None else "on your plan"
            badge = "owned" if self.session.owns(listing) else ""
            say(f"  {listing.ref!s:<26} {shorten(listing.title, 34):<34} {price!s:<16} {badge}")

    def find(self, shop: Shop) -> Any:
        """Search one marketplace and choose the first of the wanted kind that is not editorial."""
        bpy.ops.clearance.search(text=shop.words, kind=shop.kind, marketplaces=shop.marketplace)
        self.wait()
        state = self.session.state
        problem = state.searches[shop.marketplace].problem
        if problem is not None:
            raise SystemExit(f"{shop.marketplace}: {problem.message}")
        wanted = [one for one in state.results if one.kind == shop.kind and not one.editorial]
        if not wanted:
            raise SystemExit(f"{shop.marketplace}: nothing of kind {shop.kind} was found")
        # What is owned already is taken again, so that a second run uses it.
        return next((one for one in wanted if str(one.ref) in state.owned_refs), wanted[0])

    def get(self, shop: Shop) -> None:
        """Quote, ask the policy, buy unless it is owned, download, verify, import and stamp."""
        listing = self.find(shop)
        title(f"{shop.marketplace}: “{shorten(listing.title, 60)}”")
        bpy.ops.clearance.select(ref=str(listing.ref))
        self.wait()
        selection = self.session.state.selection
        if selection.problem is not None:
            raise SystemExit(selection.problem.message)
        result = selection.result
        if result.why_not:
            raise SystemExit(result.why_not)
        self.show_quote(result)
        if selection.owned:
            grant = selection.owned[0]
            say(f"owned     {grant.id} since {grant.granted_at:%Y-%m-%d}: nothing is bought")
            self.owned.append(grant.id)
            bpy.ops.clearance.import_asset(grant_id=grant.id, use=shop.use)
        elif shop.on_website:
            self.buy_on_website(result)
        else:
            self.buy(shop, result)
        self.wait()

    def show_quote(self, result: Any) -> None:
        """Say what it costs, under which license, and what the policy thinks."""
        quote = result.quote
        say(f"price     {quote.cost}" + (" (at checkout)" if quote.web_checkout else ""))
        say(f"license   {result.terms.label or quote.license_label} (by {quote.license_source})")
        if quote.balance is not None:
            say(f"pays      {quote.balance.label}; left before: {quote.balance.left}")
        say(f"policy    {result.answer.decision.replace('_', ' ')} (commercial, stills and video)")
        for finding in result.answer.findings[:4]:
            say(f"          {finding.severity}: {shorten(finding.message, 110)}")

    def reason(self, result: Any) -> str:
        """Say why it may be bought although the policy leaves something open."""
        return "" if result.answer.decision == "allow" else "Cleared for the lookbook by the producer"

    def buy(self, shop: Shop, result: Any) -> None:
        """Press "Buy", pay on the checkout page where there is one, and import what came."""
        noted = [
            {"name": "", "ref_id": field.id, "value": field.choices[0] if field.choices else PROJECT}
            for field in result.references
            if field.required
        ]
        for field in noted:
            say(f"noted     {field['value']}")
        bpy.ops.clearance.buy(
            quote_id=result.quote.id,
            reason=self.reason(result),
            references=noted,
            then_import=shop.use == "AUTO",
        )
        done = "imported" if shop.use == "AUTO" else "ready"
        progress = self.follow(result, done)
        if shop.use != "AUTO":
            bpy.ops.clearance.import_asset(grant_id=progress.grant_id, use=shop.use)
            progress = self.follow(result, "imported")
        self.bought.append(progress.grant_id)
        balances = self.session.state.accounts[shop.marketplace].balances
        left = next((one for one in balances if one.account_id == result.quote.account_id), None)
        say(f"bought    {progress.grant_id}" + (f"; left after: {left.left}" if left is not None else ""))

    def buy_on_website(self, result: Any) -> None:
        """Open the website, where the stand-in buys and downloads; enter the proof; pick up the file."""
        bpy.ops.clearance.buy(quote_id=result.quote.id, reason=self.reason(result), then_import=True)
        progress = self.follow(result, "awaiting_evidence")
        seen = self.downloads / f"order-{result.quote.ref.marketplace}-{result.quote.ref.id}.json"
        until = time.monotonic() + PATIENCE_S
        while not seen.is_file() and time.monotonic() < until:
            time.sleep(0.1)
        paper = json.loads(seen.read_text(encoding="utf-8"))
        say(f"website   order {paper['order_number']} of {paper['bought_on']}, {paper['price']}")
        bpy.ops.clearance.confirm_purchase(
            order_id=progress.order_id,
            marketplace=result.quote.ref.marketplace,
            order_number=paper["order_number"],
            bought_on=paper["bought_on"],
            price=paper["price"],
            license_label=result.quote.license_label,
            invoice=paper["invoice"],
        )
        progress = self.follow(result, "awaiting_file")
        found, match = self.find_download(progress)
        say(f"file      {found.archive.path.name}: {', '.join(match.reasons)}")
        bpy.ops.clearance.take_download(
            path=str(found.archive.path), grant_id=progress.grant_id, then_import=True
        )
        progress = self.follow(result, "imported")
        self.bought.append(progress.grant_id)
        say(f"bought    {progress.grant_id}")

    def find_download(self, progress: Any) -> tuple[Any, Any]:
        """Look for the file until it is there: what has just arrived may still be growing."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            bpy.ops.clearance.look_for_downloads()
            self.wait()
            for found in self.session.state.pickup.found:
                for match in found.matches:
                    if match.candidate.grant_id == progress.grant_id:
                        return found, match
            time.sleep(0.5)
        raise SystemExit(f"the download of “{progress.title}” was not found in {self.downloads}")

    def follow(self, result: Any, stage: str) -> Any:
        """Wait until a purchase has come so far; press what the panel offers on the way."""
        until = time.monotonic() + PATIENCE_S
        while True:
            self.wait()
            progress = next(p for p in self.session.state.progress if p.ref == result.quote.ref)
            if progress.problem is not None:
                raise SystemExit(progress.problem.message)
            if progress.stage == stage:
                return progress
            if progress.stage == "awaiting_checkout":
                say("paying on the marketplace's own page")
                bpy.ops.clearance.check_payment(order_id=progress.order_id)
            if time.monotonic() > until:
                raise SystemExit(f"“{progress.title}” is still {progress.stage} after {PATIENCE_S:.0f} s")
            time.sleep(0.1)

    def dress_scene(self) -> None:
        """Use what came in: the image's material goes onto the artist's own floor."""
        for material in bpy.data.materials:
            stamp = json.loads(material.get("clearance", "{}"))
            if stamp.get("marketplace") == "shutterstock":
                bpy.data.meshes["Floor"].materials.append(material)
                break
        scene = self.out / "scene.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(scene), compress=True)
        self.wait()

    def report(self) -> None:
        """Make the scene license report and save it."""
        bpy.ops.clearance.report_scene()
        self.wait()
        state = self.session.state
        if state.report_problem is not None:
            raise SystemExit(state.report_problem.message)
        for ending in ("json", "html"):
            bpy.ops.clearance.save_report(filepath=str(self.out / f"report.{ending}"), format=ending)
        self.wait()
        # The report's numbers are in memory only until the file is saved once more with them noted.
        bpy.ops.wm.save_mainfile()
        self.wait()

    def summarize(self) -> None:
        """Say what was bought, for how much of what, what the scene may be used for, where the files are."""
        state = self.session.state
        report = state.report
        ledger = self.runtime.app().ledger
        title("Summary")
        for grant_id in (*self.bought, *self.owned):
            grant = ledger.grant(grant_id)
            (receipt,) = ledger.receipts(grant.order_id)
            order = ledger.order(grant.order_id)
            cost = receipt.charged or order.cost
            word = "bought" if grant_id in self.bought else "owned "
            say(f"{word}  {shorten(grant.title, 40):<40} {cost!s:<12} from {grant.ref.marketplace}")
        if not self.bought:
            say("nothing was bought: what is owned was found and used")
        say("")
        say(f"{report.verdict.replace('_', ' ').upper()}: {report.summary}")
        for grant in report.grants:
            say(
                f"  {grant.verdict.replace('_', ' '):<13} {shorten(grant.title, 40):<40} "
                f"{grant.data_blocks} data-blocks"
            )
        if report.undeclared:
            say(f"  undeclared    {', '.join(report.undeclared[:6])} (the artist's own, not declared yet)")
        say("")
        for name in ("scene.blend", "report.html", "report.json"):
            say(f"  {self.out / name}")
        (self.out / "result.json").write_text(
            json.dumps(
                {
                    "ok": True,
                    "bought": self.bought,
                    "owned": self.owned,
                    "verdict": report.verdict,
                    "undeclared": list(report.undeclared),
                }
            ),
            encoding="utf-8",
        )

    def wait(self) -> None:
        """Let the workers finish; in a window a timer would do this."""
        bpy.ops.clearance.wait(timeout=PATIENCE_S)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox-url", required=True)
    parser.add_argument("--credentials", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    Demo(parser.parse_args()).run()
    sys.stdout.flush()
    # bpy as a module may crash (4.2) or wait for ever (4.5) in its own clean-up; all files are written.
    os._exit(0)


if __name__ == "__main__":
    main()
