"""The numbers by which Unity names the parts of a model file (``fileID``), computed from its nodes. Pure.

Newer Unity makes them by xxHash64 (Collet's published algorithm) of a text such as ``Type:Mesh->Seat0``: the
class, the mesh's name or the component's path below the model's root, and how many of the same came before
(``fileIdsGeneration: 2``; the first generation had the node's name instead of the path). Not documented by
Unity: found by others, and held against the numbers that all models' roots share. Older Unity counts and
lists the numbers in the model's ``.meta``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MASK = (1 << 64) - 1
_PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_ROOT = "//RootNode/root"
_RENDERERS = ("MeshRenderer", "SkinnedMeshRenderer")
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node of a model file; ``parent`` is another's key, or none's: then it stands at the top."""

    key: int
    name: str
    parent: int = 0
    has_mesh: bool = False


def number_parts(nodes: Mapping[int, Node]) -> dict[int, str]:
    """Return the numbers of all meshes and of the renderers that show them → the node's name.

    A number that two nodes would have leads to neither.
    """
    found: dict[int, str] = {}
    doubtful: set[int] = set()
    counts: dict[str, int] = {}
    top = [node for node in nodes.values() if node.parent not in nodes]
    for node in nodes.values():
        if not node.has_mesh:
            continue
        place = counts[node.name] = counts.get(node.name, -1) + 1
        texts = {f"Type:Mesh->{node.name}{place}"}
        for kind in _RENDERERS:
            texts.add(f"Type:{kind}->{node.name}{place}")
            texts.update(
                f"Type:{kind}->{path}/{kind}0" for path in _paths(node, nodes, is_alone=len(top) == 1)
            )
        for text in texts:
            number = make_file_id(text)
            if found.setdefault(number, node.name) != node.name:
                doubtful.add(number)
    return {number: name for number, name in found.items() if number not in doubtful}


def make_file_id(text: str) -> int:
    """Return the number of a part: a hash as a signed number of 64 bits."""
    number = _xxhash64(text.encode())
    return number - (1 << 64) if number >> 63 else number


def _paths(node: Node, nodes: Mapping[int, Node], *, is_alone: bool) -> Iterator[str]:
    """Yield the path below the root; without the top node too where it is the only one, and so the root."""
    names = [node.name]
    while node.parent in nodes and len(names) < MAX_DEPTH:
        node = nodes[node.parent]
        names.insert(0, node.name)
    yield "/".join((_ROOT, *names))
    if is_alone:
        yield "/".join((_ROOT, *names[1:]))


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _MASK


def _round(lane: int, value: int) -> int:
    return _rotate((lane + value * _PRIMES[1]) & _MASK, 31) * _PRIMES[0] & _MASK


def _xxhash64(data: bytes) -> int:
    """Hash with seed 0."""
    first, second, third, fourth, fifth = _PRIMES
    place = 0
    if len(data) >= 32:
        lanes = [(first + second) & _MASK, second, 0, -first & _MASK]
        while place + 32 <= len(data):
            for number in range(4):
                start = place + 8 * number
                lanes[number] = _round(lanes[number], int.from_bytes(data[start : start + 8], "little"))
            place += 32
        mixed = sum(_rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            mixed = ((mixed ^ _round(0, lane)) * first + fourth) & _MASK
    else:
        mixed = fifth
    mixed = (mixed + len(data)) & _MASK
    while place + 8 <= len(data):
        value = _round(0, int.from_bytes(data[place : place + 8], "little"))
        mixed = (_rotate(mixed ^ value, 27) * first + fourth) & _MASK
        place += 8
    if place + 4 <= len(data):
        value = int.from_bytes(data[place : place + 4], "little") * first & _MASK
        mixed = (_rotate(mixed ^ value, 23) * second + third) & _MASK
        place += 4
    for byte in data[place:]:
        mixed = _rotate(mixed ^ (byte * fifth & _MASK), 11) * first & _MASK
    mixed = (mixed ^ (mixed >> 33)) * second & _MASK
    mixed = (mixed ^ (mixed >> 29)) * third & _MASK
    return mixed ^ (mixed >> 32)
