"""From a plan to the function that imports it; what does not fit is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable

from ...core.errors import ImportRefused
from ...core.host import ImportPlan, ImportUse
from .images import import_image
from .job import Job
from .models import import_model
from .movies import import_movie
from .sounds import import_sound
from .uses import Family, family_of, uses_of_plan

_IMPORTERS: dict[Family, Callable[[Job], None]] = {
    Family.MODEL: import_model,
    Family.PICTURE: import_image,
    Family.MOVIE: import_movie,
    Family.SOUND: import_sound,
}
_NAMES = {
    ImportUse.COLLECTION: "a collection of objects",
    ImportUse.MATERIAL: "a material",
    ImportUse.REFERENCE: "a reference",
    ImportUse.BACKGROUND: "a camera background",
    ImportUse.WORLD: "a world",
    ImportUse.SEQUENCER: "a strip in the sequencer",
    ImportUse.DATA: "a data-block for later",
}


def find_importer(plan: ImportPlan) -> Callable[[Job], None]:
    """Return the importer for a plan; raise ImportRefused when its format or its use does not fit."""
    family = family_of(plan.format)
    if family is None:
        raise ImportRefused(
            f"Blender cannot import .{plan.format} files. The download is kept; open it in another program.",
            code="host.unknown_format",
            context={"format": plan.format},
        )
    fitting = uses_of_plan(plan)
    if plan.use is not ImportUse.AUTO and plan.use not in fitting:
        raise ImportRefused(
            f"A .{plan.format} file cannot become {_NAMES[plan.use]}. It can become "
            f"{' or '.join(_NAMES[use] for use in fitting)}.",
            code="host.use_does_not_fit",
            context={"format": plan.format, "use": plan.use.value},
        )
    return _IMPORTERS[family]
