"""Walk a real Blender window through every state of the panels and take a picture of each.

    CLEARANCE_ZIP=… CLEARANCE_WALK_SANDBOX=URL CLEARANCE_WALK_KEYS=FILE CLEARANCE_WALK_OUT=FOLDER \
        BROWSER="python3 tests/gui/browser.py %s &" blender --factory-startup --python tests/gui/walk.py

BROWSER stands for the person who signs in and pays; without it the walk ends at the first purchase. With
CLEARANCE_WALK_ONLY=studio only the panels of a studio are walked through (tests/gui/walk_studio.py);
CLEARANCE_WALK_WIDER says by how many pixels the sidebar is made wider.

Needs a screen. The pictures are looked at by people; a text file beside them says which steps were done.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy

MODULE = "bl_ext.user_default.clearance"
OUT = Path(os.environ["CLEARANCE_WALK_OUT"])
SANDBOX = os.environ["CLEARANCE_WALK_SANDBOX"]
KEYS = json.loads(Path(os.environ["CLEARANCE_WALK_KEYS"]).read_text(encoding="utf-8"))
STEP_S = 0.25
PATIENCE = 240
WIDER = int(os.environ.get("CLEARANCE_WALK_WIDER", "200"))
ONLY = os.environ.get("CLEARANCE_WALK_ONLY", "")

Wait = float | Callable[[], bool]


def walk() -> Iterator[Wait]:
    """Yield what to wait for between the steps: seconds, or something to become true."""
    yield 1.0
    yield from show_sidebar()
    yield 0.7
    shot("01-offline")
    bpy.context.preferences.system.use_online_access = True
    runtime = importlib.import_module(f"{MODULE}.addon.runtime")
    yield lambda: runtime.peek() is not None
    yield 0.7
    shot("02-no-keys")
    session = runtime.app().session
    shutterstock, cgtrader = KEYS["shutterstock"], KEYS["cgtrader"]
    bpy.ops.clearance.store_key(
        marketplace="shutterstock",
        client_id=shutterstock["consumer_key"],
        client_secret=shutterstock["consumer_secret"],
        user_token=shutterstock["user_token"],
    )
    bpy.ops.clearance.store_key(
        marketplace="cgtrader", client_id=cgtrader["client_id"], client_secret=cgtrader["client_secret"]
    )
    for marketplace in ("getty_images", "adobe_stock", "pond5"):
        given = KEYS[marketplace]
        bpy.ops.clearance.store_key(
            marketplace=marketplace, client_id=given["client_id"], client_secret=given["client_secret"]
        )
        bpy.ops.clearance.test_connection(marketplace=marketplace)
    bpy.ops.clearance.sign_in(marketplace="cgtrader")
    yield lambda: not any(t.kind == "account" for t in runtime.app().tasks.tasks)
    yield 0.7
    shot("03-ready")
    if ONLY == "studio":
        yield from show_studio(session)
        return
    window_manager = bpy.context.window_manager
    window_manager.clearance.text = "oak"
    bpy.ops.clearance.search()
    yield 0.05
    shot("04-searching")
    yield lambda: not any(t.kind in ("search", "thumbnail") for t in runtime.app().tasks.tasks)
    yield 2.0
    shot("05-results")
    listing = next(
        one for one in session.state.results if one.ref.marketplace == "cgtrader" and not one.editorial
    )
    bpy.ops.clearance.select(ref=str(listing.ref))
    yield 0.05
    shot("06-quoting")
    yield lambda: session.state.selection is not None and session.state.selection.result is not None
    yield 0.7
    shot("07-details")
    with view_3d():
        bpy.ops.clearance.buy("INVOKE_DEFAULT", quote_id=session.state.selection.result.quote.id)
    yield 1.0
    shot("08-buy-dialog")
    press("Escape")
    yield 0.7
    bpy.ops.clearance.buy(
        quote_id=session.state.selection.result.quote.id, reason="for the walk", then_import=True
    )
    yield lambda: any(p.stage == "awaiting_checkout" for p in session.state.progress)
    yield 0.5
    scroll(60)
    yield 1.0
    shot("09-awaiting-checkout")
    order = next(p for p in session.state.progress if p.stage == "awaiting_checkout")
    bpy.ops.clearance.check_payment(order_id=order.order_id)
    yield lambda: any(p.stage == "imported" for p in session.state.progress)
    yield 1.0
    view_all()
    yield 8.0
    shot("10-imported")
    scroll(-100)
    yield 1.0
    window_manager.clearance.text = "zzzz nothing"
    bpy.ops.clearance.search()
    yield lambda: not any(t.kind == "search" for t in runtime.app().tasks.tasks)
    yield 0.7
    shot("11-empty")
    fault("503", host="api.cgtrader.com", times=0)
    window_manager.clearance.text = "oak"
    bpy.ops.clearance.search()
    yield lambda: not any(t.kind in ("search", "thumbnail") for t in runtime.app().tasks.tasks)
    yield 1.5
    shot("14-one-marketplace-down")
    fault("lost_answer", method="POST", path_regex="^/v2/images/licenses$")
    image = next(one for one in session.state.results if one.ref.marketplace == "shutterstock")
    bpy.ops.clearance.select(ref=str(image.ref))
    yield lambda: session.state.selection is not None and session.state.selection.result is not None
    bpy.ops.clearance.buy(
        quote_id=session.state.selection.result.quote.id, reason="for the walk", then_import=True
    )
    yield lambda: any(p.stage == "in_doubt" for p in session.state.progress)
    scroll(25)
    yield 1.0
    shot("15-in-doubt")
    bpy.ops.clearance.report_scene()
    yield lambda: session.state.report is not None
    scroll(100)
    yield 1.0
    shot("12-report")
    window_manager.clearance_overlay = True
    yield lambda: runtime.overlay().shown is not None
    yield 1.0
    shot("16-overlay")
    window_manager.clearance_overlay = False
    yield from show_more(session)
    show_preferences()
    yield 1.5
    shot("13-preferences")
    close_other_windows()
    no_faults()
    yield from show_studio(session)


def show_more(session: Any) -> Iterator[Wait]:
    """Show the panels that are closed at first, one by one: downloads, library, refund, health."""
    bpy.ops.clearance.refresh_health()
    bpy.ops.clearance.load_history(marketplace="shutterstock", kind="image")
    bpy.ops.clearance.look_for_downloads()
    grant = session.state.library[0]
    bpy.ops.clearance.refund(order_id=grant.order_id)
    yield lambda: session.state.refund is not None and session.state.refund.advice is not None
    yield 1.0
    for number, names in enumerate((("pickup",), ("library", "history"), ("refund",), ("health",)), start=20):
        shown = show_only(names)
        yield 1.0
        shot(f"{number}-{names[0]}")
        for panel in reversed(shown):
            bpy.utils.unregister_class(panel)
    for module in modules_of_panels():
        for panel in module.CLASSES:
            bpy.utils.register_class(panel)
    chosen = bpy.context.preferences.addons[MODULE].preferences
    chosen.marketplaces["getty_images"].expanded = True
    chosen.marketplaces["turbosquid"].expanded = True


def show_studio(session: Any) -> Iterator[Wait]:
    """Show the panels of a studio."""
    here = Path(__file__).parent
    for folder in (here, here.parent / "support", here.parents[1]):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    import walk_studio

    yield from walk_studio.show(session, SimpleNamespace(**globals()))


def modules_of_panels() -> list[Any]:
    """Return the modules whose panels are in the tab."""
    names = ("alerts", "sidebar", "requests", "seats", "finance")
    return [importlib.import_module(f"{MODULE}.addon.ui.panels.{name}") for name in names]


def show_only(names: tuple[str, ...]) -> list[Any]:
    """Take the tab's panels away and show copies of some of them, open; return the copies."""
    known: dict[str, Any] = {}
    for module in modules_of_panels():
        for panel in module.CLASSES:
            known[panel.__name__] = panel
    # Those below another one go first.
    for panel in reversed(known.values()):
        if panel.is_registered:
            bpy.utils.unregister_class(panel)
    copies = []
    for name in names:
        panel = known[f"CLEARANCE_PT_{name}"]
        own = {"bl_idname": f"{panel.bl_idname}_open", "bl_options": set(), "bl_parent_id": ""}
        copy = type(f"{panel.__name__}_open", (panel,), own)
        bpy.utils.register_class(copy)
        copies.append(copy)
    with view_3d() as area:
        area.tag_redraw()
    return copies


def show_sidebar() -> Iterator[Wait]:
    """Fill the window with the viewport, open our tab, and make the sidebar a little wider, by hand."""
    with view_3d():
        bpy.ops.screen.screen_full_area()
        bpy.data.batch_remove([*bpy.data.meshes, *bpy.data.materials])
        bpy.data.batch_remove([thing for thing in bpy.data.objects if thing.type != "CAMERA"])
    yield 1.0
    with view_3d() as area:
        area.spaces.active.show_region_ui = True
    yield 1.0
    sidebar = find_sidebar()
    height = bpy.context.window_manager.windows[0].height
    top = height - (sidebar.y + sidebar.height)
    # Only once the sidebar has been drawn; before that the attribute is read-only.
    sidebar.active_panel_category = "Clearance"
    yield 1.0
    drag(sidebar.x, top + 500, sidebar.x - WIDER, top + 500)
    yield 1.5


def find_sidebar() -> Any:
    """Return the region that our panels are in."""
    with view_3d() as area:
        return next(r for r in area.regions if r.type == "UI")


def scroll(clicks: int) -> None:
    """Turn the wheel over the sidebar: down when positive."""
    sidebar = find_sidebar()
    height = bpy.context.window_manager.windows[0].height
    move = f"mousemove {sidebar.x + 100} {height - sidebar.y - 200}"
    subprocess.Popen(
        ["sh", "-c", f"xdotool {move} click --repeat {abs(clicks)} --delay 20 {5 if clicks > 0 else 4}"]
    )


def drag(x: int, y: int, to_x: int, to_y: int) -> None:
    """Drag as a user does."""
    steps = f"mousemove {x} {y} sleep 0.2 mousedown 1 sleep 0.1 mousemove {(x + to_x) // 2} {to_y} sleep 0.1"
    subprocess.Popen(["sh", "-c", f"xdotool {steps} mousemove {to_x} {to_y} sleep 0.1 mouseup 1"])


def view_all() -> None:
    """Look at everything, as it will be textured."""
    with view_3d() as area:
        area.spaces.active.shading.type = "MATERIAL"
        bpy.ops.view3d.view_selected()
        area.spaces.active.overlay.show_outline_selected = False


def show_preferences() -> None:
    """Open the preferences at our box."""
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Clearance"
    bpy.ops.screen.userpref_show()
    module = importlib.import_module(MODULE)
    bpy.ops.preferences.addon_expand(module=module.__name__)


def close_other_windows() -> None:
    """Close all windows but the first: what is photographed is the whole screen."""
    for window in list(bpy.context.window_manager.windows)[1:]:
        with bpy.context.temp_override(window=window):
            bpy.ops.wm.window_close()


class view_3d:  # noqa: N801 - reads as a statement
    """Work in the viewport of the main window."""

    def __enter__(self) -> Any:
        """Enter."""
        window = bpy.context.window_manager.windows[0]
        area = next(a for a in window.screen.areas if a.type == "VIEW_3D")
        region = next(r for r in area.regions if r.type == "WINDOW")
        self.override = bpy.context.temp_override(window=window, area=area, region=region)
        self.override.__enter__()
        return area

    def __exit__(self, *args: object) -> None:
        """Leave."""
        self.override.__exit__(*args)


def shot(name: str) -> None:
    """Take a picture of the whole screen."""
    bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=2)
    path = OUT / f"{name}-{bpy.app.version[0]}.{bpy.app.version[1]}.png"
    command = f"xwd -root -silent | convert xwd:- {path}"
    subprocess.run(["sh", "-c", command], check=True)
    note(f"took {path.name}")


def fault(name: str, **match: Any) -> None:
    """Let the sandbox do wrong, as its own tests do."""
    where = {key: match.pop(key) for key in ("host", "method", "path_regex") if key in match}
    body = json.dumps({"fault": name, "match": where, "times": match.get("times", 1)}).encode()
    urllib.request.urlopen(f"{SANDBOX}/_control/faults", data=body, timeout=10).close()


def no_faults() -> None:
    """Let the sandbox do right again."""
    request = urllib.request.Request(f"{SANDBOX}/_control/faults", method="DELETE")
    urllib.request.urlopen(request, timeout=10).close()


def press(key: str) -> None:
    """Press a key as a user does."""
    subprocess.run(["xdotool", "key", key], check=True)


def note(text: str) -> None:
    """Write down what was done."""
    with (OUT / "walk.txt").open("a", encoding="utf-8") as file:
        file.write(f"{bpy.app.version_string}: {text}\n")
    print(text, flush=True)


def main() -> None:
    """Install the zip, enable it, and start walking on Blender's own timer."""
    os.environ["CLEARANCE_SANDBOX_URL"] = SANDBOX
    bpy.context.preferences.view.show_splash = False
    # Newer Blenders refuse to install while offline; installing from a file needs no network.
    bpy.ops.extensions.package_install_files(
        filepath=os.environ["CLEARANCE_ZIP"], repo="user_default", enable_on_install=True
    )
    steps = walk()
    waiting: list[Any] = [0.0, 0]

    def tick() -> float | None:
        what, tries = waiting
        if callable(what) and not what():
            waiting[1] = tries + 1
            if tries > PATIENCE:
                note("waited in vain")
                state = importlib.import_module(f"{MODULE}.addon.runtime").app().session.state
                note(str([(p.stage, p.problem) for p in state.progress] + [state.problem]))
                tasks = importlib.import_module(f"{MODULE}.addon.runtime").app().tasks.tasks
                note(str([(task.kind, task.title) for task in tasks]))
                bpy.ops.wm.quit_blender()
                return None
            return STEP_S
        try:
            waiting[:] = [next(steps), 0]
        except StopIteration:
            note("done")
            bpy.ops.wm.quit_blender()
            return None
        except Exception:  # noqa: BLE001 - told in the notes
            note(traceback.format_exc())
            bpy.ops.wm.quit_blender()
            return None
        return waiting[0] if isinstance(waiting[0], float) else STEP_S

    bpy.app.timers.register(tick, first_interval=2.0, persistent=True)


main()
