"""Sounds: a strip in the sequencer, or the bare sound for speakers."""

from __future__ import annotations

from typing import Any

import bpy

from ...core.errors import ImportRefused
from ...core.host import ImportPlan, ImportUse
from .job import Job
from .sequencer import Sequencer


def import_sound(job: Job) -> None:
    """Import a sound as what was asked for."""
    sequencer = None if job.plan.use is ImportUse.DATA else Sequencer(job)
    sound = load_sound(job.plan)
    if sequencer is None:
        # What has no user is gone after saving and loading.
        sound.use_fake_user = True
        return
    (channel,) = sequencer.free_channels(1)
    sequencer.add_sound(sound, channel)
    sequencer.select()


def load_sound(plan: ImportPlan) -> Any:
    """Load the plan's file as a sound of the plan's name; raise ImportRefused when it is none."""
    try:
        sound: Any = bpy.data.sounds.load(str(plan.path), check_existing=False)
    except RuntimeError as error:
        raise ImportRefused("Blender cannot read this sound.", context={"format": plan.format}) from error
    if sound.samplerate == 0:
        raise ImportRefused(
            "Blender cannot read this sound." if has_sound() else "This Blender was built without sound.",
            context={"format": plan.format},
        )
    sound.name = plan.name
    return sound


def has_sound() -> bool:
    """Say whether this Blender was built with sound."""
    return bool(getattr(bpy.app.build_options, "audaspace", True))
