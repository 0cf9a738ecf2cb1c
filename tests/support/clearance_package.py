"""Import the add-on's pure modules as they are in the package: their relative imports reach into the core.

The checkout's folder may have any name, so the root package is loaded from its file and called `clearance`.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def load(module: str) -> Any:
    """Return a module such as `addon.ui.views.search` or `core.model.money`, as part of the package."""
    if "clearance" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "clearance", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
        )
        if spec is None or spec.loader is None:
            raise AssertionError("the checkout has no root package")
        package = importlib.util.module_from_spec(spec)
        sys.modules["clearance"] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"clearance.{module}")
