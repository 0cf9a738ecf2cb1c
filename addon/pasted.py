"""Stamps on the nodes of materials: pasting a material into another takes them along. Main thread only."""

from __future__ import annotations

from typing import Any

from ..core.ids import hash_grant_id
from ..core.stamp_format import PROPERTY, find_foreign


def text_within(material: Any) -> str | None:
    """Return the stamp on a material's nodes; what is no text is told as text, to be called damaged."""
    tree = material.node_tree
    value = None if tree is None else tree.get(PROPERTY)
    return value if value is None or isinstance(value, str) else str(value)


def read(material: Any, stamp: str | None) -> frozenset[int]:
    """Return the number of the grant that came in with pasted nodes; ``stamp`` is the material's own."""
    foreign = find_foreign(stamp, text_within(material))
    return frozenset() if foreign is None else frozenset({hash_grant_id(foreign)})


def put_within(material: Any, text: str) -> bool:
    """Write a stamp on the nodes where it is another than the material's; say whether that was new."""
    tree, stamp = material.node_tree, material.get(PROPERTY)
    if tree is None or not isinstance(stamp, str) or find_foreign(stamp, text) is None:
        return False
    if tree.get(PROPERTY) == text:
        return False
    tree[PROPERTY] = text
    return True
