# SPDX-License-Identifier: GPL-3.0-or-later
"""Install, enable, use and disable the real zip inside one Blender, and write down what each step left.

    python tests/support/life_cycle_child.py ZIP ANSWER

Run in a process of its own, with BLENDER_USER_RESOURCES naming an empty profile: a Blender that has seen
other tests could not say what this extension leaves behind.
"""

from __future__ import annotations

import contextlib
import gc
import json
import sys
import threading
import types
from pathlib import Path
from typing import Any

import bpy

# Found only once bpy is imported.
# isort: split
import addon_utils

MODULE = "bl_ext.user_default.clearance"
ROUNDS = 3


def list_own_modules() -> list[types.ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if module is not None and (name == MODULE or name.startswith(MODULE + "."))
    ]


def list_own_timers() -> list[str]:
    """Blender cannot list its timers, only say whether a function is one: ask for all of ours."""
    names = []
    for module in list_own_modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType) and bpy.app.timers.is_registered(value):
                names.append(f"{module.__name__}.{name}")
    return sorted(names)


def list_handlers() -> list[str]:
    names = []
    for list_name in dir(bpy.app.handlers):
        handlers = getattr(bpy.app.handlers, list_name)
        if isinstance(handlers, list):
            names += [f"{list_name}: {item.__module__}.{item.__qualname__}" for item in handlers]
    return sorted(names)


def list_draw_functions() -> list[str]:
    """What was added to menus, headers and panels of Blender's own, beside what Blender draws there."""
    names = []
    for type_name in dir(bpy.types):
        draw = getattr(getattr(bpy.types, type_name, None), "draw", None)
        functions = getattr(draw, "_draw_funcs", ())
        names += [f"{type_name}: {item.__module__}.{item.__qualname__}" for item in functions]
    return sorted(name for name in names if ": bl_ui." not in name)


def list_properties() -> list[str]:
    names = []
    for type_name in dir(bpy.types):
        rna = getattr(getattr(bpy.types, type_name, None), "bl_rna", None)
        if rna is not None and issubclass(getattr(bpy.types, type_name), bpy.types.ID | bpy.types.bpy_struct):
            names += [f"{type_name}.{key}" for key in rna.properties.keys()]  # noqa: SIM118 -- not a dict
    return sorted(names)


def list_keymap_items() -> list[str]:
    names = []
    configuration = bpy.context.window_manager.keyconfigs.addon
    for keymap in configuration.keymaps if configuration is not None else ():
        names += [f"{keymap.name}: {item.idname}" for item in keymap.keymap_items]
    return sorted(names)


def list_registered_classes() -> list[str]:
    names = []
    for module in list_own_modules():
        for value in list(vars(module).values()):
            if (
                isinstance(value, type)
                and value.__module__ == module.__name__
                and issubclass(value, bpy.types.bpy_struct)
            ):
                with contextlib.suppress(AttributeError, RuntimeError):
                    if value.is_registered:
                        names.append(value.__name__)
    return sorted(names)


def list_operators() -> list[str]:
    return sorted(f"{group}.{name}" for group in dir(bpy.ops) for name in dir(getattr(bpy.ops, group)))


def describe() -> dict[str, list[str]]:
    gc.collect()
    return {
        "handlers": list_handlers(),
        "timers": list_own_timers(),
        "types": sorted(dir(bpy.types)),
        "registered classes": list_registered_classes(),
        "operators": list_operators(),
        "properties": list_properties(),
        "keymap items": list_keymap_items(),
        "draw functions": list_draw_functions(),
        "threads": sorted(thread.name for thread in threading.enumerate() if thread.is_alive()),
        "add-ons": sorted(bpy.context.preferences.addons.keys()),
    }


def read_policy_warnings() -> dict[str, list[str]]:
    addon_utils._extensions_warnings_get._is_first = True
    return {name: list(texts) for name, texts in addon_utils._extensions_warnings_get().items()}


def use() -> list[str]:
    """Touch every part: ask all operators whether they may run, then save and load a file."""
    asked = []
    for name in dir(bpy.ops.clearance):
        getattr(bpy.ops.clearance, name).poll()
        asked.append(name)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene_path = Path(bpy.app.tempdir) / "life_cycle.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene_path))
    bpy.ops.wm.open_mainfile(filepath=str(scene_path))
    return asked


def main() -> int:
    zip_path, answer_path = Path(sys.argv[1]), Path(sys.argv[2])
    result = bpy.ops.extensions.package_install_files(
        filepath=str(zip_path), repo="user_default", enable_on_install=False
    )
    answer: dict[str, Any] = {"installed": sorted(result), "rounds": []}
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    # Types that Blender makes only when first asked for, asked for once.
    describe()
    answer["before"] = describe()
    for _ in range(ROUNDS):
        module = addon_utils.enable(MODULE, default_set=True)
        enabled = describe()
        used = use() if module is not None else []
        warnings = read_policy_warnings()
        addon_utils.disable(MODULE, default_set=True)
        answer["rounds"].append(
            {
                "is_enabled": module is not None,
                "enabled": enabled,
                "used": used,
                "warnings": warnings,
                "after": describe(),
            }
        )
    # Once more without loading a file in between, which would drop handlers by itself.
    addon_utils.enable(MODULE, default_set=True)
    addon_utils.disable(MODULE, default_set=True)
    answer["rounds"][-1]["after_nothing"] = describe()
    answer["own_paths"] = [path for path in sys.path if "user_default" in path]
    index = next(
        number
        for number, item in enumerate(bpy.context.preferences.extensions.repos)
        if item.module == "user_default"
    )
    folder = Path(bpy.context.preferences.extensions.repos[index].directory) / "clearance"
    answer["was_there"] = folder.is_dir()
    bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="clearance")
    answer["is_still_there"] = folder.exists()
    answer_path.write_text(json.dumps(answer), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
