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
from pathlib import Path
from typing import Any

import bpy

# Found only once bpy is imported.
# isort: split
import addon_utils

MODULE = "bl_ext.user_default.clearance"
PROJECT = "Autumn lookbook"
PATIENCE_S = 120.0
WANTED = (("model", "oak chair"), ("image", "walnut"))
BROWSER = Path(__file__).with_name("demo_browser.py")


class Demo:
    """One run. ``clearance`` is the installed extension's runtime."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.out: Path = options.out
        self.sandbox_url: str = options.sandbox_url
        self.credentials: dict[str, dict[str, str]] = json.loads(
            options.credentials.read_text(encoding="utf-8")
        )
        self.bought: list[str] = []
        self.owned: list[str] = []

    def run(self) -> None:
        """Do it all."""
        self.enable()
        self.make_scene()
        self.connect()
        for kind, text in WANTED:
            listing = self.find(kind, text)
            self.get(listing)
        self.dress_scene()
        self.report()
        self.summarize()

    def enable(self) -> None:
        """Start from factory settings, with the extension as it was installed."""
        os.environ["CLEARANCE_SANDBOX_URL"] = self.sandbox_url
        os.environ["CLEARANCE_PROJECT"] = PROJECT
        # What opens web pages: the sandbox's sign-in and checkout are done by a stand-in for the buyer.
        os.environ["BROWSER"] = f"{Path(sys.executable).as_posix()} {BROWSER.as_posix()} %s"
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
        """Enter the sandbox's keys, sign in, and test both connections."""
        title("Accounts")
        shutterstock, cgtrader = self.credentials["shutterstock"], self.credentials["cgtrader"]
        bpy.ops.clearance.store_key(
            marketplace="shutterstock",
            client_id=shutterstock["consumer_key"],
            client_secret=shutterstock["consumer_secret"],
            user_token=shutterstock["user_token"],
        )
        bpy.ops.clearance.store_key(
            marketplace="cgtrader", client_id=cgtrader["client_id"], client_secret=cgtrader["client_secret"]
        )
        bpy.ops.clearance.sign_in(marketplace="cgtrader")
        self.wait()
        bpy.ops.clearance.test_connection(marketplace="shutterstock")
        bpy.ops.clearance.test_connection(marketplace="cgtrader")
        self.wait()
        for marketplace, account in sorted(self.session.state.accounts.items()):
            if account.problem is not None:
                raise SystemExit(f"{marketplace}: {account.problem.message}")
            say(f"{marketplace:<13} {account.summary}")
        say(f"keys are kept in: {self.session.credentials_kind()}")

    def find(self, kind: str, text: str) -> Any:
        """Search both marketplaces, show what they found, and choose the first of the wanted kind."""
        title(f"Searching for “{text}”")
        bpy.ops.clearance.search(text=text)
        self.wait()
        state = self.session.state
        for marketplace, search in sorted(state.searches.items()):
            if search.problem is not None:
                raise SystemExit(f"{marketplace}: {search.problem.message}")
            total = search.pages[0].total if search.pages else 0
            say(f"{marketplace:<13} {total} found")
        for listing in state.results[:6]:
            offer = listing.offers[0] if listing.offers else None
            price = offer.cost if offer is not None and offer.cost is not None else "by subscription"
            badge = "owned" if str(listing.ref) in state.owned_refs else ""
            say(f"  {listing.ref!s:<26} {shorten(listing.title, 34):<34} {price!s:<16} {badge}")
        wanted = [listing for listing in state.results if listing.kind == kind and not listing.editorial]
        if not wanted:
            raise SystemExit(f"nothing of kind {kind} was found")
        # What is owned already is taken again, so that a second run uses it.
        return next((listing for listing in wanted if str(listing.ref) in state.owned_refs), wanted[0])

    def get(self, listing: Any) -> None:
        """Quote, ask the policy, buy unless it is owned, download, verify, import and stamp."""
        title(f"Getting “{shorten(listing.title, 60)}”")
        bpy.ops.clearance.select(ref=str(listing.ref))
        self.wait()
        selection = self.session.state.selection
        if selection.problem is not None:
            raise SystemExit(selection.problem.message)
        result = selection.result
        balance = result.quote.balance
        say(
            f"price     {result.quote.cost}"
            + (" (currency at checkout)" if result.quote.web_checkout else "")
        )
        say(f"license   {result.terms.label}")
        if balance is not None:
            say(f"pays      {balance.label}; left before: {balance.left}")
        say(f"policy    {result.answer.decision.replace('_', ' ')} (commercial, stills and video)")
        for finding in result.answer.findings:
            say(f"          {finding.severity}: {finding.message}")
        if selection.owned:
            grant = selection.owned[0]
            say(f"owned     {grant.id} since {grant.granted_at:%Y-%m-%d}: nothing is bought")
            self.owned.append(grant.id)
            bpy.ops.clearance.import_asset(grant_id=grant.id)
        else:
            self.buy(result)
        self.wait()

    def buy(self, result: Any) -> None:
        """Press "Buy", and pay on the checkout page where there is one."""
        reason = "" if result.answer.decision == "allow" else "Cleared for the lookbook by the producer"
        bpy.ops.clearance.buy(quote_id=result.quote.id, reason=reason, then_import=True)
        until = time.monotonic() + PATIENCE_S
        while True:
            self.wait()
            progress = next(p for p in self.session.state.progress if p.ref == result.quote.ref)
            if progress.problem is not None:
                raise SystemExit(progress.problem.message)
            if progress.stage == "imported":
                break
            if progress.stage == "awaiting_checkout":
                say("paying on the marketplace's own page")
                bpy.ops.clearance.check_payment(order_id=progress.order_id)
            if time.monotonic() > until:
                raise SystemExit(f"“{progress.title}” is still {progress.stage} after {PATIENCE_S:.0f} s")
            time.sleep(0.1)
        self.bought.append(progress.grant_id)
        say(f"bought    {progress.grant_id}")

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


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def say(text: str) -> None:
    """Print a line below a heading."""
    print(f"  {text}", flush=True)


def shorten(text: str, length: int) -> str:
    """Cut a title for a line, without its control characters."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"


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
