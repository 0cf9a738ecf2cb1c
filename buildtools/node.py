# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the few tools that tests run with Node, from their lock, below `build/`.

Only npm's own client talks to its registry. A folder of tools carries the hash of its lock, and is used only
when it is whole, as with the Python environments.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import console
from .console import BuildError, say
from .environments import hold_lock

if TYPE_CHECKING:
    from pathlib import Path

    from .layout import Layout

_FILES = ("package.json", "package-lock.json")
_COMPLETE = "complete"


@dataclass(frozen=True)
class NodeTools:
    """Node, and the folder of packages that it may load."""

    node: str
    modules: Path


def ensure_node_tools(layout: Layout) -> NodeTools:
    """Give the tools of `tests/node`, installed when there are none for the present lock.

    Raises BuildError when there is no Node here, or the installation fails.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        message = (
            "Node.js 18 or newer with npm is needed for the glTF validator and was not found: install it "
            "(nodejs.org, or your system's packages nodejs and npm)."
        )
        raise BuildError(message)
    source = layout.root / "tests" / "node"
    digest = hashlib.sha256(b"".join((source / name).read_bytes().replace(b"\r\n", b"\n") for name in _FILES))
    folder = layout.build / "node" / digest.hexdigest()[:12]
    tools = NodeTools(node=node, modules=folder / "node_modules")
    with hold_lock(layout.build / "node" / "node.lock"):
        if not (folder / _COMPLETE).is_file():
            say("installing the tools that tests run with Node ...")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name in _FILES:
                shutil.copyfile(source / name, folder / name)
            # --ignore-scripts: nothing that is installed runs before a test asks it to.
            console.check(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=folder,
                what="Installing tests/node (npm needs to reach its package registry)",
            )
            (folder / _COMPLETE).touch()
    return tools
