"""Files and keys for tests of the shared store."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.shared_store.keys import StudioKeys, key_id

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


class Keys:
    """The studio's keys on one machine, as a test wants them."""

    def __init__(self, *keys: bytes) -> None:
        self.now = StudioKeys(
            current=key_id(keys[-1]) if keys else "", keys={key_id(key): key for key in keys}
        )

    def __call__(self) -> StudioKeys:
        """Return them."""
        return self.now


def make_file(folder: Path, content: bytes, name: str = "given") -> tuple[Path, str]:
    """Write a file; return it and its hash."""
    path = folder / name
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()
