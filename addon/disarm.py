"""Make what came in harmless: no script, no driver that runs Python, no file from outside its own folder.

Everything here happens before Blender evaluates the new data-blocks for the first time. What was taken
out is told in sentences, so that a rig that lost a driver does not surprise anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import bpy

from .ui.views.text import count, shorten

_NODE_OWNERS = frozenset({"MATERIAL", "WORLD", "LIGHT", "TEXTURE", "LINESTYLE"})


def remove_scripts(blocks: Sequence[Any]) -> list[str]:
    """Take out text blocks, Python drivers and script nodes; return what was done, as sentences.

    Text blocks are removed from the file, so they must not be touched afterwards.
    """
    notes: list[str] = []
    texts = [block for block in blocks if block.id_type == "TEXT"]
    drivers = sum(_remove_drivers(owner) for block in blocks for owner in _animated(block))
    nodes = sum(_remove_script_nodes(tree) for block in blocks for tree in _trees(block))
    if texts:
        names = ", ".join(shorten(text.name, 40) for text in texts[:3])
        notes.append(
            f"{count(len(texts), 'script')} in the file {_were(len(texts))} removed and not run ({names})."
        )
        bpy.data.batch_remove(texts)
    if drivers:
        notes.append(f"{count(drivers, 'driver')} with Python code {_were(drivers)} removed and not run.")
    if nodes:
        notes.append(f"{count(nodes, 'script node')} {_were(nodes)} removed and not run.")
    return notes


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _trees(block: Any) -> Iterator[Any]:
    if block.id_type == "NODETREE":
        yield block
    elif block.id_type in _NODE_OWNERS:
        tree = getattr(block, "node_tree", None)
        if tree is not None:
            yield tree


def _animated(block: Any) -> Iterator[Any]:
    yield block
    if block.id_type != "NODETREE":
        yield from _trees(block)


def _remove_drivers(owner: Any) -> int:
    animation = getattr(owner, "animation_data", None)
    if animation is None:
        return 0
    removed = 0
    for curve in list(animation.drivers):
        driver = curve.driver
        # Blender evaluates simple expressions itself, without Python.
        if driver is not None and driver.type == "SCRIPTED" and not driver.is_simple_expression:
            animation.drivers.remove(curve)
            removed += 1
    return removed


def _remove_script_nodes(tree: Any) -> int:
    found = [node for node in tree.nodes if node.bl_idname == "ShaderNodeScript"]
    for node in found:
        tree.nodes.remove(node)
    return len(found)


def _is_packed(block: Any) -> bool:
    return block.packed_file is not None


class FileSettler:
    """Packs what came in, or lets it point into a folder that stays; nothing else is referred to."""

    def __init__(self, *, folder: Path, keep_files_in: Path | None, brings_packed: bool = False) -> None:
        self._brings_packed = brings_packed
        self._folder = folder.resolve()
        self._keep = keep_files_in.resolve() if keep_files_in is not None else None
        self._by_name: dict[str, Path] | None = None
        self.notes: list[str] = []

    def settle(self, blocks: Sequence[Any]) -> None:
        """Go through everything that refers to a file."""
        for block in blocks:
            match block.id_type:
                case "IMAGE":
                    self._image(block)
                case "SOUND" | "FONT":
                    self._packable(block)
                case "MOVIECLIP" | "VOLUME" | "CACHEFILE":
                    self._unpackable(block)

    def tell_kept(self, blocks: Sequence[Any]) -> list[str]:
        """Name the files that the scene refers to from now on, which therefore have to stay."""
        if self._keep is None:
            return []
        paths = (str(getattr(block, "filepath", "")) for block in blocks)
        kept = {Path(bpy.path.abspath(path)).resolve() for path in paths if path}
        return [
            f"“{shorten(path.name, 60)}” is not inside the .blend file; it has to stay in {path.parent}."
            for path in sorted(kept)
            if path.is_relative_to(self._keep)
        ]

    def _image(self, image: Any) -> None:
        if image.source not in {"FILE", "SEQUENCE", "MOVIE", "TILED"} or not image.filepath:
            return
        if image.packed_file is not None or len(image.packed_files):
            if image.source == "FILE" and self._may_be_from_elsewhere(image):
                self._cut(image)
            else:
                self._hide_path(image)
            return
        place = self._place(image)
        if place is None:
            self._cut(image)
        elif self._keep is None and image.source in {"FILE", "TILED"}:
            self._pack(image)
        elif self._keep is None:
            self._cut(image)

    def _packable(self, block: Any) -> None:
        if block.packed_file is not None or block.filepath in {"", "<builtin>"}:
            return
        if self._place(block) is None:
            self._cut(block)
        elif self._keep is None:
            block.pack()
            if block.id_type == "SOUND" and _is_packed(block):
                # As with pictures: ours would tell the user's name.
                block.filepath = f"//{Path(block.filepath).name}"

    def _unpackable(self, block: Any) -> None:
        if block.filepath and (self._place(block) is None or self._keep is None):
            self._cut(block)

    def _pack(self, image: Any) -> None:
        try:
            image.pack()
        except RuntimeError:
            self._cut(image)
            return
        self._hide_path(image)

    def _hide_path(self, image: Any) -> None:
        """Cut the path of a packed image: it needs none, and ours would tell the user's name."""
        name = Path(image.filepath.replace("\\", "/")).name
        if image.packed_file is not None and image.source == "FILE" and name:
            image.filepath_raw = f"//{name}"

    def _may_be_from_elsewhere(self, image: Any) -> bool:
        """Say whether an importer may have packed a picture of this computer's instead of the asset's own.

        What a .blend brings packed was packed by its maker. Other importers pack what the file embeds, too,
        under whatever path its maker had: only a path that leads to a file here is in doubt.
        """
        if self._brings_packed or "[" in image.filepath or image.filepath.startswith("//"):
            return False
        return self._place(image) is None and Path(bpy.path.abspath(image.filepath)).exists()

    def _place(self, block: Any) -> Path | None:
        """Return where its file is inside the folders that are ours; else look for its name there."""
        path = Path(bpy.path.abspath(block.filepath, library=block.library)).resolve()
        for root in (self._folder, self._keep):
            if root is not None and path.is_relative_to(root):
                return path
        name = Path(block.filepath.replace("\\", "/")).name.casefold()
        found = self._names().get(name)
        if found is not None:
            block.filepath = str(found)
        return found

    def _names(self) -> dict[str, Path]:
        if self._by_name is None:
            self._by_name = {}
            for file in sorted(self._folder.rglob("*")):
                if file.is_file() and not file.is_symlink():
                    self._by_name.setdefault(file.name.casefold(), file)
        return self._by_name

    def _cut(self, block: Any) -> None:
        name = shorten(Path(block.filepath.replace("\\", "/")).name, 60)
        if block.id_type == "IMAGE" and block.packed_file is not None:
            block.unpack(method="REMOVE")
        block.filepath = ""
        self.notes.append(
            f"“{name}” was left out: it is not among the asset's own files, or cannot be packed."
        )
