"""Make pictures, videos and sounds with the Blender that runs the tests, or by the standard library."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import bpy
from blender_files import clear

from sandbox.media.movie import MovieFormat, make_movie

FRAMES = 12


def make_wav(path: Path, *, seconds: float = 0.5, rate: int = 8000) -> Path:
    """Write a tone."""
    samples = b"".join(
        struct.pack("<h", int(9000 * math.sin(number * 0.35))) for number in range(int(seconds * rate))
    )
    shape = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    body = b"WAVE" + shape + struct.pack("<4sI", b"data", len(samples)) + samples
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    return path


def make_mov(path: Path, *, fps: float = 24.0) -> Path:
    """Write a silent movie of half a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = MovieFormat(width=64, height=32, fps=fps)
    path.write_bytes(make_movie("tiles", "blue", shape, 7, seconds=FRAMES / fps))
    return path


def make_mp4(path: Path, *, with_sound: bool) -> Path:
    """Render an orange movie of 12 frames with a tone; the scene is empty afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clear()
    scene: Any = bpy.context.scene
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    length = {"length": FRAMES} if bpy.app.version >= (5, 0, 0) else {"frame_end": FRAMES + 1}
    strips.new_effect(name="color", type="COLOR", channel=1, frame_start=1, **length).color = (1.0, 0.3, 0.0)
    if with_sound:
        tone = make_wav(path.with_suffix(".wav"))
        strips.new_sound(name="tone", filepath=str(tone), channel=2, frame_start=1)
    scene.frame_start, scene.frame_end = 1, FRAMES
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 64, 32, 100
    if bpy.app.version >= (5, 0, 0):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
    render.ffmpeg.audio_codec = "AAC" if with_sound else "NONE"
    render.filepath, render.use_file_extension = str(path), False
    bpy.ops.render.render(animation=True)
    clear()
    return path


def make_hdr(path: Path, *, width: int = 16, height: int = 8, kind: str = "HDR") -> Path:
    """Write a picture that is brighter than white on one side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image: Any = bpy.data.images.new("picture", width, height, float_buffer=kind in {"HDR", "OPEN_EXR"})
    row = [
        part
        for x in range(width)
        for part in ((8.0, 4.0, 1.0, 1.0) if x * 2 < width else (0.1, 0.2, 0.9, 1.0))
    ]
    image.pixels.foreach_set(row * height)
    image.filepath_raw, image.file_format = str(path), kind
    image.save()
    bpy.data.images.remove(image)
    return path
