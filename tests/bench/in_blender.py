"""Measure inside a Blender with the extension installed; prints one line ``BENCH {json}``. Started by run.py.

Figures are in seconds: of the main thread's CPU time, but for the steps of the timer. Every process measures
once: what is imported is imported.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bpy

# Found only once bpy is imported.
# isort: split
import addon_utils
import bpy.utils.previews

MODULE = "bl_ext.user_default.clearance"
THUMBNAILS = 200
OBJECTS = 10_000
GRANTS = 300


def main() -> None:
    """Measure all of it."""
    figures: dict[str, float] = {}
    before = set(sys.modules)
    started = time.thread_time()
    if addon_utils.enable(MODULE) is None:
        raise SystemExit(f"{MODULE} cannot be enabled")
    figures["register_s"] = time.thread_time() - started
    figures["register_modules"] = len(set(sys.modules) - before)
    runtime: Any = importlib.import_module(f"{MODULE}.addon.runtime")
    with tempfile.TemporaryDirectory() as folder:
        figures |= measure_thumbnails(runtime, Path(folder))
    figures |= measure_scan()
    figures |= measure_handlers()
    figures |= measure_switched_off()
    runtime.close()
    print("BENCH " + json.dumps(figures), flush=True)
    # bpy as a module may crash (4.2) or wait for ever (4.5) in its own clean-up.
    os._exit(0)


def measure_thumbnails(runtime: Any, folder: Path) -> dict[str, float]:
    """Let 200 pictures arrive, and hold the longest step against Blender decoding the same JPEGs."""
    pump: Any = importlib.import_module(f"{MODULE}.addon.pump")
    pictures: Any = importlib.import_module(f"{MODULE}.core.files.pictures")
    jpegs = [make_jpeg(number) for number in range(THUMBNAILS)]
    app = runtime.app()
    app.tasks.wait(timeout_s=30)
    state = app.session.state

    def arrive(number: int) -> None:
        def done(thumbnail: Any) -> None:
            state.thumbnails[f"bench:{number}"] = thumbnail

        app.tasks.submit(
            "thumbnail", "picture", lambda _task: pictures.decode_thumbnail(jpegs[number]), on_done=done
        )

    steps: list[float] = []

    def step() -> None:
        started = time.perf_counter()
        pump.step(budget_s=pump.BUDGET_S)
        steps.append(time.perf_counter() - started)

    step()  # in a window the timer comes first half a second after the extension, long before any picture
    for number in range(THUMBNAILS):
        arrive(number)
    while not app.tasks.idle or state.thumbnails:
        step()
        time.sleep(0.002)
    steps.sort()
    collection = bpy.utils.previews.new()
    theirs: list[float] = []
    for number in range(0, THUMBNAILS, 10):
        path = folder / f"{number}.jpg"
        path.write_bytes(jpegs[number])
        started = time.perf_counter()
        preview = collection.load(str(number), str(path), "IMAGE")
        _ = preview.image_size[:]  # Blender decodes when it is first asked
        theirs.append(time.perf_counter() - started)
    bpy.utils.previews.remove(collection)
    theirs.sort()
    return {
        "step_longest_s": steps[-1],
        "step_median_s": steps[len(steps) // 2],
        "blender_jpeg_median_s": theirs[len(theirs) // 2],
        "blender_jpeg_longest_s": theirs[-1],
    }


def measure_scan() -> dict[str, float]:
    """Read the witnesses of 10,000 stamped objects, against looking at every property once."""
    stamp_io: Any = importlib.import_module(f"{MODULE}.addon.stamp_io")
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    stamp_format: Any = importlib.import_module(f"{MODULE}.core.stamp_format")
    texts = [
        stamp_format.encode(
            stamp_format.Stamp(
                grant_id=f"grant_{number}",
                marketplace="m",
                listing_id="1",
                license_id="l",
                terms_sha256="0" * 64,
            )
        )
        for number in range(GRANTS)
    ]
    mesh = bpy.data.meshes.new("Shared")
    for number in range(OBJECTS):
        thing = bpy.data.objects.new(f"Object.{number}", mesh)
        thing["clearance"] = texts[number % GRANTS]
        thing.hide_render = number % 4 == 0
        bpy.context.scene.collection.objects.link(thing)
    started = time.thread_time()
    scan = stamp_io.scan("bench")
    took = time.thread_time() - started
    if len(scan.data_blocks) < OBJECTS:
        raise SystemExit("the scan missed objects")
    shown = sum(one.in_output is True for one in scan.data_blocks if one.id_type == "OBJECT")
    if shown != OBJECTS * 3 // 4:
        raise SystemExit("the scan is wrong about what is rendered")
    output: Any = importlib.import_module(f"{MODULE}.addon.output")
    started = time.thread_time()
    output.find_output()
    walked = time.thread_time() - started
    build: Any = importlib.import_module(f"{MODULE}.core.reports.build")
    uses: Any = importlib.import_module(f"{MODULE}.core.model.intended_use")
    started = time.thread_time()
    report = build.build_report(
        stamp_io.scan("bench"), grants={}, terms={}, use=uses.IntendedUse(), now=datetime.now(UTC)
    )
    reported = time.thread_time() - started
    if len(report.grants) != GRANTS:
        raise SystemExit("the report missed licenses")
    started = time.thread_time()
    seen = sum(1 for thing in bpy.data.objects if thing.get("clearance"))
    plain = time.thread_time() - started
    if seen != OBJECTS:
        raise SystemExit("objects lost their property")
    return {"scan_s": took, "look_s": plain, "output_s": walked, "report_s": reported}


def measure_handlers() -> dict[str, float]:
    """Measure what a load and a save cost the main thread with us: its own CPU time, without waiting.

    The scene is the one with 10,000 stamped objects. Beside it, what Blender takes for both.
    """
    handlers: Any = importlib.import_module(f"{MODULE}.addon.handlers")

    def time_of(*steps: Any) -> float:
        started = time.thread_time()
        for step in steps:
            step()
        return time.thread_time() - started

    figures = {
        "on_load_s": time_of(handlers.on_load_begins, handlers.on_load),
        "on_save_s": time_of(handlers.on_save, handlers.on_saved),
    }
    handlers.unregister()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "big.blend")
        figures["blender_saves_s"] = time_of(lambda: bpy.ops.wm.save_as_mainfile(filepath=path))
        figures["blender_loads_s"] = time_of(lambda: bpy.ops.wm.open_mainfile(filepath=path))
    if len(bpy.data.objects) != OBJECTS:
        raise SystemExit("the file lost objects")
    return figures


def measure_switched_off() -> dict[str, float]:
    """Find what reaches the render of 10,000 objects that each have geometry nodes switched off."""
    output: Any = importlib.import_module(f"{MODULE}.addon.output")
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    mesh = bpy.data.meshes.new("Shared")
    tree = bpy.data.node_groups.new("Scatter", "GeometryNodeTree")
    tree.nodes.new("NodeGroupOutput")
    for number in range(OBJECTS):
        thing = bpy.data.objects.new(f"Object.{number}", mesh)
        modifier = thing.modifiers.new("Scatter", "NODES")
        modifier.node_group = tree
        modifier.show_render = False
        bpy.context.scene.collection.objects.link(thing)
    gc.collect()  # else it depends on all that was measured before whether one of them falls in here
    started = time.thread_time()
    found = output.find_output()
    took = time.thread_time() - started
    if found.holds(tree) or not found.holds(mesh):
        raise SystemExit("what is switched off was taken for shown")
    return {"switched_off_s": took}


def make_jpeg(number: int) -> bytes:
    """Make a picture as marketplaces send them: 512 pixels, a little noise."""
    from PIL import Image

    noise = Image.effect_noise((512, 512), 40 + number % 60).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=85)
    return out.getvalue()


if __name__ == "__main__":
    main()
