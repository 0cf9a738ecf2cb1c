"""Say what is animated: a property that moves is not what it is set to now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def is_animated(block: Any, path: str) -> bool:
    """Say whether a property of a data-block has an f-curve or a driver."""
    data = block.animation_data
    if data is None:
        return False
    if data.drivers.find(path) is not None:
        return True
    return any(curves.find(path) is not None for action in actions_of(data) for curves in _curves(action))


def animated_paths(block: Any) -> set[str]:
    """Return the paths of all properties that are animated."""
    data = block.animation_data
    if data is None:
        return set()
    paths = {str(curve.data_path) for curve in data.drivers}
    for action in actions_of(data):
        for curves in _curves(action):
            paths.update(str(curve.data_path) for curve in curves)
    return paths


def actions_of(data: Any) -> Iterator[Any]:
    """Yield the actions of animation data, those on NLA tracks too."""
    if data.action is not None:
        yield data.action
    for track in data.nla_tracks:
        yield from _actions_of_strips(track.strips)


def _actions_of_strips(strips: Any) -> Iterator[Any]:
    for strip in strips:
        if strip.action is not None:
            yield strip.action
        yield from _actions_of_strips(strip.strips)  # those of a meta strip


def _curves(action: Any) -> Iterator[Any]:
    """Yield an action's collections of f-curves; since 4.4 they are in layers, and there only since 5.0."""
    layers = getattr(action, "layers", None)
    if not layers:
        curves = getattr(action, "fcurves", None)
        if curves is not None:
            yield curves
        return
    for layer in layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield bag.fcurves
