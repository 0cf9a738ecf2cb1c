"""Buffers, buffer views and accessors of a glTF: every offset and count against what is there. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeGuard

from ...errors import ImportRefused

COMPONENT_SIZES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_CODES: dict[int, Literal["B", "H", "I"]] = {5121: "B", 5123: "H", 5125: "I"}
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
MAX_MADE_UP = 64 * 1024 * 1024
"""Bytes of accessors without data that an importer may have to make up, whatever the file's size."""
MADE_UP_RATIO = 100

Refuse = Callable[..., ImportRefused]


class Buffers:
    """Lengths of buffers as declared, and their bytes where they are at hand."""

    def __init__(self, root: dict[str, Any], buffers: list[tuple[int, memoryview | None]]) -> None:
        self._root = root
        self._buffers = buffers

    def length(self, index: Any) -> int | None:
        """Return a buffer's declared length; None when there is no such buffer."""
        return self._buffers[index][0] if is_count(index) and index < len(self._buffers) else None

    def view(self, index: Any) -> dict[str, Any] | None:
        """Return a buffer view; None when there is no such view."""
        views: list[dict[str, Any]] = self._root.get("bufferViews", [])
        return views[index] if is_count(index) and index < len(views) else None

    def view_bytes(self, index: Any) -> memoryview | None:
        """Return the bytes of a (checked) buffer view; None when there are none."""
        found = self.view(index)
        if found is None:
            return None
        data = self._buffers[found["buffer"]][1]
        start = found.get("byteOffset", 0)
        return None if data is None else data[start : start + found["byteLength"]]


class DataCheck:
    """Checks one file's buffer views and accessors; ``refuse`` makes the error."""

    def __init__(self, root: dict[str, Any], buffers: Buffers, *, file_size: int, refuse: Refuse) -> None:
        self._root = root
        self._buffers = buffers
        self._file_size = file_size
        self._refuse = refuse

    def check(self) -> None:
        """Raise for the first thing that is wrong."""
        for index, view in enumerate(self._objects("bufferViews")):
            self._check_view(index, view)
        made_up = sum(
            self._check_accessor(index, one) for index, one in enumerate(self._objects("accessors"))
        )
        if made_up > max(MAX_MADE_UP, MADE_UP_RATIO * self._file_size):
            raise self._refuse(
                "it would fill the memory: it names far more data than it holds.", bytes=made_up
            )

    def _check_view(self, index: int, view: dict[str, Any]) -> None:
        length = self._buffers.length(view.get("buffer"))
        if length is None:
            raise self._refuse(f"buffer view {index} refers to a buffer that does not exist.")
        start, size = view.get("byteOffset", 0), view.get("byteLength")
        if not (is_count(start) and is_count(size)) or start + size > length:
            raise self._refuse(f"buffer view {index} reaches beyond its buffer.", buffer=length)
        stride = view.get("byteStride")
        if stride is not None and not (is_count(stride) and 4 <= stride <= 252):
            raise self._refuse(f"buffer view {index} has an impossible stride.")

    def _check_accessor(self, index: int, accessor: dict[str, Any]) -> int:
        """Return how many bytes an importer has to make up for it."""
        kind, shape, count = accessor.get("componentType"), accessor.get("type"), accessor.get("count")
        component = COMPONENT_SIZES.get(kind, 0) if is_count(kind) else 0
        element = component * (COMPONENTS.get(shape, 0) if isinstance(shape, str) else 0)
        if element == 0 or not is_count(count) or count == 0:
            raise self._refuse(f"accessor {index} does not say what it holds.")
        name = f"accessor {index}"
        if accessor.get("bufferView") is not None:
            self._check_range(accessor, name, count=count, element=element)
        if accessor.get("sparse") is not None:
            self._check_sparse(accessor["sparse"], f"the sparse part of {name}", count=count, element=element)
        return count * element if accessor.get("bufferView") is None else 0

    def _check_range(self, where: dict[str, Any], name: str, *, count: int, element: int) -> None:
        """Hold a run of elements against its view; padding of small matrices makes legal ones only longer."""
        view = self._buffers.view(where.get("bufferView"))
        if view is None:
            raise self._refuse(f"{name} refers to a buffer view that does not exist.")
        start = where.get("byteOffset", 0)
        stride = view.get("byteStride") or element
        if not is_count(start) or start + stride * (count - 1) + element > view["byteLength"]:
            raise self._refuse(f"{name} reaches beyond its data.", count=count)

    def _check_sparse(self, sparse: Any, name: str, *, count: int, element: int) -> None:
        parts = (sparse.get("indices"), sparse.get("values")) if isinstance(sparse, dict) else (None, None)
        indices, values = parts
        if not isinstance(indices, dict) or not isinstance(values, dict):
            raise self._refuse(f"{name} is damaged.")
        changed, kind = sparse.get("count"), indices.get("componentType")
        if not is_count(changed) or not 0 < changed <= count or not is_count(kind) or kind not in _CODES:
            raise self._refuse(f"{name} is damaged.")
        size = COMPONENT_SIZES[kind]
        self._check_range(indices, name, count=changed, element=size)
        self._check_range(values, name, count=changed, element=element)
        data = self._buffers.view_bytes(indices["bufferView"])
        if data is not None:
            start = indices.get("byteOffset", 0)
            numbers = memoryview(bytes(data[start : start + changed * size])).cast(_CODES[kind])
            if max(numbers) >= count:
                raise self._refuse(f"{name} changes elements that do not exist.")

    def _objects(self, key: str) -> list[dict[str, Any]]:
        found = self._root.get(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self._refuse(f"its “{key}” are not a list of objects.")
        return found


def is_count(value: Any) -> TypeGuard[int]:
    """Say whether a JSON value is a whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
