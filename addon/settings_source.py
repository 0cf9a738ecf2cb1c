"""Where this Blender's settings come from: the environment, the preferences, and defaults, in this order."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .prefs import preferences

if TYPE_CHECKING:
    from ..core.settings import Settings


def read_settings() -> Settings:
    """Put the settings together: the environment goes before the preferences, and those before defaults."""
    from ..core.model.optimize import Optimize
    from ..core.settings import settings_from_environ

    environ = dict(os.environ)
    chosen = preferences()
    folder = str(getattr(chosen, "data_dir", "")) if chosen is not None else ""
    if folder:
        environ.setdefault("CLEARANCE_DATA_DIR", str(Path(bpy.path.abspath(folder)).absolute()))
    settings = settings_from_environ(environ, home=Path.home(), user=_system_user())
    if chosen is None:
        return settings
    return replace(
        settings,
        user=settings.user if "CLEARANCE_USER" in environ else chosen.user.strip() or settings.user,
        project=settings.project or chosen.project.strip(),
        client=settings.client or chosen.client.strip(),
        purchase_order=settings.purchase_order or chosen.purchase_order.strip(),
        sandbox_url=settings.sandbox_url or chosen.sandbox_url.strip(),
        contract_licenses={
            entry.name: entry.contract_license.strip()
            for entry in chosen.marketplaces
            if entry.contract_license.strip()
        },
        opted_in=frozenset(entry.name for entry in chosen.marketplaces if entry.opted_in),
        pickup_folders=(_pickup_folder(chosen.pickup_folder),),
        optimize=Optimize(
            texture_limit_px=int(chosen.texture_limit),
            merge_duplicates=chosen.merge_duplicates,
            proxy_ratio=chosen.proxy_percent / 100 if chosen.proxy_percent < 100 else 0.0,
        ),
    )


def _pickup_folder(chosen: str) -> Path:
    return Path(bpy.path.abspath(chosen)).absolute() if chosen else Path.home() / "Downloads"


def _system_user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user database
        return ""
