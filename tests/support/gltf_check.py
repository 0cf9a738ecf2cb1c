"""Reads the description of a glTF file, and asks the Khronos validator about it."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

VALIDATE = Path(__file__).parents[1] / "node" / "validate.mjs"


def read_json(path: Path) -> dict[str, Any]:
    """Return the description of a .gltf or .glb."""
    data = path.read_bytes()
    if data[:4] == b"glTF":
        (size,) = struct.unpack_from("<I", data, 12)
        data = data[20 : 20 + size]
    return dict(json.loads(data))


def validate(path: Path) -> dict[str, Any]:
    """Return the validator's report. Fails, and is never skipped, where there is no Node."""
    modules = os.environ.get("CLEARANCE_NODE_MODULES")
    if not modules:
        why = os.environ.get("CLEARANCE_NODE_PROBLEM", "run it with build.py, which installs the validator")
        pytest.fail(f"The glTF validator is not here: {why}")
    done = subprocess.run(
        [os.environ.get("CLEARANCE_NODE", "node"), str(VALIDATE), modules, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def faults(report: dict[str, Any]) -> list[str]:
    """Return the validator's errors and warnings, as lines."""
    return [
        f"{each['code']} {each.get('pointer', '')}: {each['message']}"
        for each in report["issues"]["messages"]
        if each["severity"] < 2
    ]
