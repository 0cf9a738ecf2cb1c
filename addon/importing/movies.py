"""Videos: a movie texture, strips in the sequencer, a camera's background, or the bare movie clip.

A video cannot be packed, so what is made here refers to its file, which has to be in a folder that stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ...core.errors import ImportRefused
from ...core.host import ImportPlan, ImportUse
from .cameras import add_background, find_camera
from .images import load_image, make_material
from .job import Job
from .sequencer import Sequencer
from .sounds import has_sound, load_sound

_SAME_FPS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """What a video file says of itself."""

    frames: int
    fps: float


def import_movie(job: Job) -> None:
    """Import a video as what was asked for."""
    plan = job.plan
    if plan.keep_files_in is None:
        raise ImportRefused(
            "A video cannot be packed into a .blend file. The download is kept; add it in the Movie Clip "
            "Editor or the Video Sequencer.",
            code="host.cannot_pack",
            context={"format": plan.format},
        )
    use = ImportUse.MATERIAL if plan.use is ImportUse.AUTO else plan.use
    camera = find_camera(job.scene) if use is ImportUse.BACKGROUND else None
    sequencer = Sequencer(job) if use is ImportUse.SEQUENCER else None
    clip = _load_clip(plan)
    footage = Footage(frames=clip.frame_duration, fps=clip.fps)
    if use in {ImportUse.MATERIAL, ImportUse.SEQUENCER}:
        bpy.data.movieclips.remove(clip)
    scene = job.scene if sequencer is None else sequencer.scene
    if sequencer is not None:
        has_track = _add_strips(job, sequencer)
        _tell_of_rate(job, footage, scene, has_track=has_track)
    elif use is ImportUse.MATERIAL:
        texture = make_material(plan.name, load_image(plan))
        texture.image_user.frame_duration = footage.frames
        texture.image_user.frame_start = scene.frame_start
        texture.image_user.use_auto_refresh = True
        texture.image_user.use_cyclic = True
        _tell_of_rate(job, footage, scene)
    elif use is ImportUse.BACKGROUND:
        clip.frame_start = scene.frame_start
        add_background(job, camera, clip=clip)
        _tell_of_rate(job, footage, scene)
    else:
        # What has no user is gone after saving and loading.
        clip.use_fake_user = True


def _load_clip(plan: ImportPlan) -> Any:
    """Load a movie clip; the only thing in Blender that tells a video's frame rate."""
    try:
        clip: Any = bpy.data.movieclips.load(str(plan.path), check_existing=False)
    except RuntimeError as error:
        raise ImportRefused("Blender cannot read this video.", context={"format": plan.format}) from error
    if clip.source != "MOVIE" or clip.frame_duration < 1 or clip.fps <= 0:
        raise ImportRefused("Blender cannot read this video.", context={"format": plan.format})
    clip.name = plan.name
    return clip


def _add_strips(job: Job, sequencer: Sequencer) -> bool:
    """Add the picture, and below it the sound; say whether there is one."""
    sound = None
    if has_sound():
        sound = _load_track(job.plan)
    else:
        job.notes.append("This Blender was built without sound, so only the video's picture was added.")
    channels = sequencer.free_channels(1 if sound is None else 2)
    sequencer.add_movie(str(job.plan.path), channels[-1])
    if sound is not None:
        sequencer.add_sound(sound, channels[0])
    sequencer.select()
    return sound is not None


def _load_track(plan: ImportPlan) -> Any:
    """Return the video's sound, or None for a silent one."""
    before = set(bpy.data.sounds)
    try:
        return load_sound(plan)
    except ImportRefused:
        for sound in set(bpy.data.sounds) - before:
            bpy.data.sounds.remove(sound)
        return None


def _tell_of_rate(job: Job, footage: Footage, scene: Any, *, has_track: bool = False) -> None:
    """Say so when the scene's frame rate is another: each of its frames shows one frame of the video."""
    own = scene.render.fps / scene.render.fps_base
    if abs(own - footage.fps) < _SAME_FPS:
        return
    speed = "slower" if own < footage.fps else "faster"
    sound = " and out of step with its sound" if has_track else ""
    job.notes.append(
        f"The video has {footage.fps:.4g} frames a second and the scene {own:.4g}, which was not changed: "
        f"it plays {speed} than it should{sound}."
    )
