# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators as scripts and buttons meet them: why they are grey, what they leave, what undo does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import blender_files as files
import pytest
from session_states import States

Load = Callable[[str], Any]
Plan = Callable[..., Any]


@pytest.fixture
def made(load: Load, app: Any) -> States:
    """Values of the installed package's own classes."""
    return States(load)


@pytest.fixture
def owned(load: Load, app: Any, made: States, plan: Plan, tmp_path: Path) -> Any:
    """Something that is owned, downloaded and ready to import: a real plan in the session."""
    grant = made.grant()
    path = files.make_model(tmp_path / "in", "glb")
    files.make_users_scene()
    app.session.state.library = [grant]
    app.session._prepared[grant.id] = load("core.services.delivering.import_plan").PreparedImport(
        plan=plan(path), stamp=load("core.stamp_format").make_stamp(grant), grant=grant, title=grant.title
    )
    return grant


def online(bpy: Any) -> None:
    bpy.context.preferences.system.use_online_access = True


@pytest.mark.parametrize(
    "name",
    ["search", "load_more", "buy", "download", "check_payment", "reconcile", "sign_in", "test_connection"],
)
def test_offline_everything_that_needs_the_network_says_so(name: str, bpy: Any, app: Any) -> None:
    with pytest.raises(RuntimeError, match="Blender is offline"):
        getattr(bpy.ops.clearance, name)()


def test_offline_no_connection_is_made(bpy: Any, load: Load, app: Any, made: States) -> None:
    """Not even by what gets past the buttons: the session's own calls end in "offline"."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        runtime = load("addon.runtime")
        settings = replace(app.settings, sandbox_url=url)
        other = load("core.app").build_app(settings, host=runtime.host())
        for marketplace in ("cgtrader", "shutterstock"):
            for field in ("client_id", "client_secret", "user_token"):
                other.session.store_key(marketplace, field, "k" * 20)
        apis = [info.id for info in other.session.marketplaces if info.api_hosts and info.opt_in is None]
        other.session.search(made.listings.SearchQuery(text="chair"), marketplaces=apis)
        other.session.test_connection("cgtrader")
        assert other.tasks.wait(timeout_s=20)
        problems = [search.problem.code for search in other.session.state.searches.values()]
        assert len(problems) >= 5
        assert set(problems) == {"offline"}
        assert other.session.state.accounts["cgtrader"].problem.code == "offline"
        with pytest.raises(TimeoutError):
            server.accept()
        other.close()


def test_searching_without_a_key_says_what_is_missing(bpy: Any, app: Any) -> None:
    online(bpy)
    with pytest.raises(RuntimeError, match="Enter a marketplace's key"):
        bpy.ops.clearance.search(text="chair")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("results", "Select a result first"),
        ("denied", "does not allow"),
        ("owned selection", "You own this already"),
        ("quoting", "Select a result first"),
    ],
)
def test_what_cannot_be_bought_says_why(name: str, why: str, bpy: Any, app: Any, made: States) -> None:
    online(bpy)
    state = made.every_state()[name]
    if state.selection is not None and state.selection.result is not None:
        quote = replace(state.selection.result.quote, expires_at=datetime.now(UTC) + timedelta(hours=1))
        state.selection.result = replace(state.selection.result, quote=quote)
    app.session.state = state
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.clearance.buy()


def test_what_needs_review_needs_a_reason(bpy: Any, app: Any, made: States) -> None:
    online(bpy)
    state = made.every_state()["review"]
    quote = replace(state.selection.result.quote, expires_at=datetime.now(UTC) + timedelta(hours=1))
    state.selection.result = replace(state.selection.result, quote=quote)
    app.session.state = state
    with pytest.raises(RuntimeError, match="write why"):
        bpy.ops.clearance.buy(quote_id="quote_1", reason="  ")
    assert state.progress == []


def test_the_report_has_to_be_made_before_it_is_saved(bpy: Any, app: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Check the scene first"):
        bpy.ops.clearance.save_report(filepath=str(tmp_path / "r.json"), format="json")


def test_importing_waits_for_object_mode(bpy: Any, owned: Any) -> None:
    bpy.context.view_layer.objects.active = bpy.data.objects["Mine"]
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Object Mode"):
        bpy.ops.clearance.import_asset(grant_id=owned.id)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_import_and_stamp_are_one_undo_step(bpy: Any, owned: Any) -> None:
    def seen() -> tuple[bool, bool, bool]:
        item = bpy.data.objects.get("Chair seat")
        stamped = item is not None and item.get("clearance") is not None
        return item is not None, stamped, "clearance_register" in bpy.context.scene

    bpy.ops.ed.undo_push(message="before")
    assert seen() == (False, False, False)
    assert bpy.ops.clearance.import_asset("EXEC_DEFAULT", True, grant_id=owned.id) == {"FINISHED"}
    assert seen() == (True, True, True)
    bpy.ops.ed.undo()
    assert seen() == (False, False, False)
    bpy.ops.ed.redo()
    assert seen() == (True, True, True)
    assert json.loads(bpy.data.objects["Chair seat"].data["clearance"])["grant_id"] == owned.id


def test_importing_tells_the_session(bpy: Any, load: Load, app: Any, made: States, owned: Any) -> None:
    app.session.state.progress = [made.progress("ready", grant_id=owned.id)]
    bpy.ops.clearance.import_asset(grant_id=owned.id)
    assert app.session.state.progress[0].stage == "imported"
    assert app.session.prepared(owned.id) is None


def test_an_import_that_cannot_be_stamped_is_taken_back(
    bpy: Any, load: Load, app: Any, made: States, owned: Any
) -> None:
    prepared = app.session._prepared[owned.id]
    # A stamp that the format refuses to write.
    app.session._prepared[owned.id] = replace(prepared, stamp=replace(prepared.stamp, grant_id=""))
    app.session.state.progress = [made.progress("ready", grant_id=owned.id)]
    before = files.names()
    with pytest.raises((RuntimeError, ValueError)):
        bpy.ops.clearance.import_asset(grant_id=owned.id)
    assert files.names() == before


def test_a_failing_import_is_shown_with_the_purchase(bpy: Any, app: Any, made: States, owned: Any) -> None:
    app.session._prepared[owned.id].plan.path.write_bytes(b"glTF")
    app.session.state.progress = [made.progress("ready", grant_id=owned.id)]
    before = files.names()
    with pytest.raises(RuntimeError):
        bpy.ops.clearance.import_asset(grant_id=owned.id)
    (progress,) = app.session.state.progress
    assert progress.stage == "failed"
    assert "glTF" in progress.problem.message
    assert files.names() == before


def test_what_is_not_owned_cannot_be_imported(bpy: Any, app: Any) -> None:
    with pytest.raises(RuntimeError, match="not in your library"):
        bpy.ops.clearance.import_asset(grant_id="grant_nobody")
    with pytest.raises(RuntimeError, match="Choose something"):
        bpy.ops.clearance.import_asset()


def test_a_key_stays_in_no_property(bpy: Any, app: Any) -> None:
    secret = "s3cret-" + "x" * 20
    bpy.ops.clearance.store_key(marketplace="cgtrader", client_id="id-1", client_secret=secret)
    assert app.session.state.accounts["cgtrader"].has_app_key
    last = bpy.context.window_manager.operator_properties_last("clearance.store_key")
    assert (last.client_id, last.client_secret, last.user_token) == ("", "", "")
    assert secret not in repr(app.session.state)
    assert not any("store_key" in item.bl_idname.lower() for item in bpy.context.window_manager.operators)
    bpy.ops.clearance.forget_keys(marketplace="cgtrader")
    assert not app.session.state.accounts["cgtrader"].has_app_key


@pytest.mark.parametrize("secret", ["", "   ", "two words"])
def test_what_is_no_key_is_refused(secret: str, bpy: Any, app: Any) -> None:
    with pytest.raises(RuntimeError, match=r"not a key|Nothing was entered"):
        bpy.ops.clearance.store_key(marketplace="cgtrader", client_id=secret)


def test_only_web_pages_are_opened(bpy: Any, app: Any) -> None:
    for address in ("file:///etc/passwd", "javascript:alert(1)", "", "C:\\windows"):
        with pytest.raises(RuntimeError, match="not the address"):
            bpy.ops.clearance.open_page(url=address)
    assert bpy.ops.clearance.open_page(url="https://example.com") == {"FINISHED"}


def test_the_report_of_an_own_scene(bpy: Any, load: Load, app: Any, tmp_path: Path) -> None:
    files.make_users_scene()
    assert bpy.ops.clearance.report_scene() == {"FINISHED"}
    assert bpy.ops.clearance.wait(timeout=30) == {"FINISHED"}
    assert app.session.state.report.undeclared == ("OBJECT/Mine", "MATERIAL/Mine", "MESH/Mine")
    formats = load("core.model.report_format").ReportFormat
    for one in formats:
        bpy.ops.clearance.save_report(filepath=str(tmp_path / one.name_file("r")), format=one.value)
    bpy.ops.clearance.wait(timeout=30)
    assert {path.name for path in tmp_path.glob("r.*")} == {one.name_file("r") for one in formats}
    assert json.loads((tmp_path / "r.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (tmp_path / "r.html").stat().st_size > 500
    assert "Mine" in (tmp_path / "r.csv").read_text(encoding="utf-8")


def test_another_file_has_no_report_yet(bpy: Any, app: Any) -> None:
    bpy.ops.clearance.report_scene()
    bpy.ops.clearance.wait(timeout=30)
    assert app.session.state.report is not None
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert app.session.state.report is None


def test_a_finding_selects_what_it_is_about(bpy: Any, app: Any, owned: Any) -> None:
    bpy.ops.clearance.import_asset(grant_id=owned.id)
    bpy.ops.clearance.select_finding(subject="OBJECT/Mine")
    assert [item.name for item in bpy.context.selected_objects] == ["Mine"]
    bpy.ops.clearance.select_finding(subject="MATERIAL/Mine")
    assert [item.name for item in bpy.context.selected_objects] == ["Mine"]
    bpy.ops.clearance.select_finding(subject=owned.id)
    assert {item.name for item in bpy.context.selected_objects} == {"Chair", "Chair seat"}
    bpy.ops.clearance.select_finding(subject="OBJECT/Nobody")
    assert bpy.context.selected_objects == []


def test_the_intended_use_is_read_from_the_scene(bpy: Any, load: Load, app: Any) -> None:
    use = bpy.context.scene.clearance_use
    use.name, use.outputs, use.territory, use.print_run = "Autumn", {"print", "video"}, "de, us,", 5000
    use.budget, use.currency = 20_000, "eur"
    got = app.session.state.use
    assert got.name == "Autumn"
    assert got.outputs == {"print", "video"}
    assert got.territory == ("DE", "US")
    assert (got.print_run, got.impressions) == (5000, None)
    assert str(got.production_budget) == "20,000.00 EUR"


def test_the_query_is_read_from_the_panel(bpy: Any, load: Load, app: Any) -> None:
    given = bpy.context.window_manager.clearance
    given.text, given.kind, given.sort, given.max_price = "oak", "model", "price_low", 12.5
    given.formats, given.rigged = ".FBX, blend", True
    query = load("addon.props").read_query(given)
    assert (query.text, query.kind, query.sort) == ("oak", "model", "price_low")
    assert query.filters.max_price.minor == 1250
    assert query.filters.formats == ("fbx", "blend")
    assert query.filters.rigged is True
    assert query.filters.animated is None
    given.marketplaces = {"cgtrader"}
    assert set(given.marketplaces) == {"cgtrader"}


def test_the_timer_never_raises_and_stays_in_its_budget_of_calls(
    bpy: Any, load: Load, app: Any, made: States
) -> None:
    pump = load("addon.pump")
    assert pump.tick() == pump.IDLE_S
    app.tasks.submit("test", "Failing", lambda _task: 1 / 0, on_error=lambda _error: None)
    app.tasks.submit("test", "Raising", lambda _task: None, on_done=lambda _none: {}["nothing"])
    done = threading.Event()
    app.tasks.submit("test", "Last", lambda _task: None, on_done=lambda _none: done.set())
    while not done.is_set():
        assert pump.tick() in {pump.BUSY_S, pump.IDLE_S}


def test_thumbnails_become_icons(bpy: Any, load: Load, app: Any, made: States) -> None:
    thumbnail = load("core.files.pictures").Thumbnail(width=2, height=2, rgba=bytes(range(16)))
    previews = load("addon.previews")
    for number in range(200):
        app.session.state.thumbnails[f"cgtrader:{number}"] = thumbnail
    load("addon.pump").feed_previews(app, until=None)
    assert app.session.state.thumbnails == {}
    assert all(previews.has(f"cgtrader:{number}") for number in range(200))
    assert not previews.has("cgtrader:200")
    previews.put("cgtrader:1", thumbnail)
    previews.close()
    assert not previews.has("cgtrader:1")


def test_changed_preferences_make_a_new_app(bpy: Any, load: Load, app: Any) -> None:
    runtime = load("addon.runtime")
    chosen = load("addon.prefs").preferences()
    chosen.project = "Spring"
    runtime.rebuild_if_stale()
    assert runtime.app() is not app
    assert runtime.app().settings.project == "Spring"
    chosen.project = ""


def test_waiting_ends_when_the_time_is_over(bpy: Any, app: Any) -> None:
    stop = threading.Event()
    app.tasks.submit("test", "Slow", lambda _task: stop.wait(10))
    with pytest.raises(RuntimeError, match="not done"):
        bpy.ops.clearance.wait(timeout=0.05)
    stop.set()
    assert bpy.ops.clearance.wait(timeout=10) == {"FINISHED"}


def test_the_size_of_what_is_not_in_the_ledger_is_refused(bpy: Any, app: Any, made: States) -> None:
    app.session.state = made.every_state()["owned in a size that nobody told"]
    assert bpy.ops.clearance.state_size("EXEC_DEFAULT", grant_id="grant_none", size="hd") == {"FINISHED"}
    assert app.tasks.wait(timeout_s=20)
    assert app.session.state.problem.code == "grant.unknown"
