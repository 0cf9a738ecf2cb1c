# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed extension in this process's Blender: one profile for the run, an empty scene for each test.

`build.py test` prepares a profile with the zip in it. Started by hand, `CLEARANCE_ZIP` is installed into
the profile that `BLENDER_USER_RESOURCES` names, or into a throwaway one.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

MODULE = "bl_ext.user_default.clearance"

_spec = importlib.util.find_spec("bpy")
if _spec is None or _spec.origin is None:  # no Blender here (stubs have no origin): nothing to collect
    collect_ignore_glob = ["test_*.py"]
elif "BLENDER_USER_RESOURCES" not in os.environ:
    os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp(prefix="clearance-profile-")

Load = Callable[[str], Any]


@pytest.fixture(scope="session")
def bpy() -> Any:
    """Blender, with the extension installed and enabled."""
    blender: Any = importlib.import_module("bpy")
    addon_utils: Any = importlib.import_module("addon_utils")  # there only after bpy
    blender.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    folder = Path(os.environ["BLENDER_USER_RESOURCES"], "extensions", "user_default", "clearance")
    if not folder.is_dir():
        repositories = blender.context.preferences.extensions.repos
        if not any(item.module == "user_default" for item in repositories):
            repositories.new(name="User Default", module="user_default", remote_url="", custom_directory="")
        blender.ops.extensions.package_install_files(
            filepath=os.environ["CLEARANCE_ZIP"], repo="user_default", enable_on_install=True
        )
    assert addon_utils.enable(MODULE, default_set=True) is not None
    return blender


@pytest.fixture(scope="session")
def load(bpy: Any) -> Load:
    """Return modules of the installed extension: `load("addon.runtime")`."""
    return lambda name: importlib.import_module(f"{MODULE}.{name}")


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test an empty scene, a ledger of its own, and no network."""
    if "bpy" not in request.fixturenames:
        yield
        return
    blender, load = request.getfixturevalue("bpy"), request.getfixturevalue("load")
    monkeypatch.setenv("CLEARANCE_DATA_DIR", str(tmp_path / "clearance-data"))
    # No password store of this machine: keys live as long as the process.
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    load("addon.runtime").close()
    blender.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    blender.context.preferences.system.use_online_access = False
    blender.context.preferences.filepaths.use_scripts_auto_execute = False
    yield
    load("addon.runtime").close()


@pytest.fixture
def app(bpy: Any, load: Load) -> Any:
    """The real app on a new ledger, with nothing to do: at its start it tells the ledger what was counted."""
    made = load("addon.runtime").app()
    assert load("addon.pump").drain_until_idle(timeout_s=60.0)
    return made


@pytest.fixture
def host(bpy: Any, load: Load) -> Any:
    """This Blender as the core's host."""
    return load("addon.runtime").host()


@pytest.fixture
def stamp(load: Load) -> Any:
    """Some license."""
    return load("core.stamp_format").Stamp(
        grant_id="grant_0123456789abcdefghjkmnpqrs",
        marketplace="cgtrader",
        listing_id="42",
        license_id="cgtrader.royalty_free",
        terms_sha256="ab" * 32,
        credit="Oak chair by Anna, CGTrader",
    )


@pytest.fixture
def plan(load: Load) -> Callable[..., Any]:
    """Make import plans: `plan(path, "model", name="Chair")`."""

    def make(path: Path, kind: str = "model", **values: Any) -> Any:
        given = {"format": path.suffix.lstrip(".").lower(), "name": "Oak chair"} | values
        return load("core.host").ImportPlan(
            path=path, kind=load("core.model.listing").MediaKind(kind), **given
        )

    return make


_exit_status: list[int] = []


def pytest_sessionfinish(exitstatus: int) -> None:
    """Remember how the tests went."""
    _exit_status.append(int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Leave without Blender's own clean-up: as a Python module it may crash there, or never end (4.5)."""
    if "bpy" in sys.modules and _exit_status:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_exit_status[-1])
