"""Backgrounds of the scene's camera: pictures and movie clips behind what it sees. They are not rendered."""

from __future__ import annotations

from typing import Any

from ...core.errors import ImportRefused
from .job import Job


def find_camera(scene: Any) -> Any:
    """Return the data of the scene's camera; raise ImportRefused when it cannot take a background."""
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        raise ImportRefused(
            "There is no camera in this scene to put it behind. Add a camera, or choose another use.",
            code="host.no_camera",
        )
    if camera.data.library is not None:
        raise ImportRefused(
            "The scene's camera is linked from another file; it cannot be changed. Choose another use.",
            code="host.camera_linked",
        )
    return camera.data


def add_background(job: Job, camera: Any, *, image: Any = None, clip: Any = None) -> None:
    """Put a picture or a movie clip behind the camera, beside the backgrounds that it has."""
    was_shown = camera.show_background_images
    background = camera.background_images.new()
    address = background.as_pointer()

    def remove() -> None:
        for item in list(camera.background_images):
            if item.as_pointer() == address:
                camera.background_images.remove(item)
        camera.show_background_images = was_shown

    job.take_back.append(remove)
    if clip is not None:
        background.source = "MOVIE_CLIP"
        background.use_camera_clip = False
        background.clip = clip
    else:
        background.source = "IMAGE"
        background.image = image
    background.frame_method = "FIT"
    hidden = [item for item in camera.background_images if item != background]
    camera.show_background_images = True
    if hidden and not was_shown:
        job.notes.append("The backgrounds of the camera were switched off; they are all shown now.")
