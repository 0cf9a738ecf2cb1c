# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in a checkout and below its `build/` folder.

Only names paths; it creates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXTENSION_ID = "clearance"


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout; `build` may lie elsewhere in tests."""

    root: Path
    build: Path

    @property
    def requirements(self) -> Path:
        """The folder of the pinned requirements."""
        return self.root / "requirements"

    @property
    def envs(self) -> Path:
        """The folder of the virtual environments."""
        return self.build / "env"

    @property
    def stage(self) -> Path:
        """The folder that holds the staged tree under its fixed name."""
        return self.build / "stage"

    @property
    def wheels(self) -> Path:
        """The folder of the downloaded wheels."""
        return self.build / "wheels"

    @property
    def dist(self) -> Path:
        """The folder where finished zips end."""
        return self.build / "dist"

    @property
    def results(self) -> Path:
        """The folder of test results and logs."""
        return self.build / "results"


def find_layout() -> Layout:
    """Name the checkout that this file belongs to."""
    root = Path(__file__).resolve().parent.parent
    return Layout(root=root, build=root / "build")
