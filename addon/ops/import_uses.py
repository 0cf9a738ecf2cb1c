"""What an asset can become, as the choices of a menu: only those that fit what it is."""

from __future__ import annotations

from typing import Any

from .. import runtime

AUTO = "AUTO"
Item = tuple[str, str, str, str, int]

# Blender does not keep these texts alive for a menu that is made while it is drawn; here they stay.
_ITEMS: dict[str, Item] = {
    name: (name, label, description, icon, number)
    for number, (name, label, description, icon) in enumerate(
        (
            (AUTO, "Usual", "What this kind of asset usually becomes", "IMPORT"),
            ("COLLECTION", "Collection", "Its objects, in a collection of their own", "OUTLINER_COLLECTION"),
            (
                "MATERIAL",
                "Material",
                "A material that shows it, kept in the file until you use it",
                "MATERIAL",
            ),
            (
                "REFERENCE",
                "Reference",
                "An empty that shows it in the viewport, upright; it is not rendered",
                "IMAGE_REFERENCE",
            ),
            (
                "BACKGROUND",
                "Camera Background",
                "Behind the view of the scene's camera; it is not rendered",
                "IMAGE_BACKGROUND",
            ),
            (
                "WORLD",
                "World",
                "A new world that it lights; the scene keeps its own unless you say otherwise",
                "WORLD",
            ),
            (
                "SEQUENCER",
                "Sequencer",
                "A strip at the current frame, on a free channel; frame range and rate stay as they are",
                "SEQUENCE",
            ),
            ("DATA", "Data Only", "The bare image, movie clip or sound, kept in the file for later", "FILE"),
        )
    )
}
_ALL = list(_ITEMS.values())


def list_uses(properties: Any, _context: Any) -> list[Item]:
    """Return the choices for the asset that an operator's ``grant_id`` names; all, when it is not known."""
    fitting = _fitting(str(properties.grant_id))
    if not fitting:
        return _ALL
    return [_ITEMS[name] for name in (AUTO, *fitting)]


def can_be_world(properties: Any) -> bool:
    """Say whether the asset would become a world."""
    fitting = _fitting(str(properties.grant_id))
    return properties.use == "WORLD" or (properties.use == AUTO and fitting[:1] == ("WORLD",))


def _fitting(grant_id: str) -> tuple[str, ...]:
    """Return names of uses, the usual one first; nothing when the asset is not known."""
    from ..importing.uses import uses_of_kind, uses_of_plan

    app = runtime.peek()
    if app is None:
        return ()
    selection = app.session.state.selection
    if not grant_id and selection is not None and selection.owned:
        grant_id = selection.owned[0].id
    prepared = app.session.prepared(grant_id)
    if prepared is not None:
        return tuple(use.name for use in uses_of_plan(prepared.plan))
    grant = next((one for one in app.session.state.library if one.id == grant_id), None)
    return () if grant is None else tuple(use.name for use in uses_of_kind(grant.kind))
