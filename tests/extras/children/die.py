"""Work on a shared store in S3 and be killed in a write: ``die.py put|rotate WRITES PLACE FILE…``."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from core.shared_store.fsspec_objects import FsspecObjects, open_fsspec
from core.shared_store.keys import StudioKeys, key_id
from core.shared_store.store import SharedStore

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


class Deadly(FsspecObjects):
    """Lets so many writes happen, and dies in the middle of the next."""

    left = 0

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write, or die with half of it written."""

        def dying() -> Iterable[bytes]:
            for piece in pieces:
                yield piece[: len(piece) // 2]
                os.kill(os.getpid(), signal.SIGKILL)

        Deadly.left -= 1
        FsspecObjects.write(self, name, dying() if Deadly.left < 0 else pieces)


def main() -> None:
    """Do it."""
    work, left, place, *files = sys.argv[1:]
    Deadly.left = int(left)
    rotating = work == "rotate"
    keys = StudioKeys(current=key_id(OTHER if rotating else KEY), keys={key_id(k): k for k in (KEY, OTHER)})
    opened = open_fsspec(place)
    objects = Deadly(**{one.name: getattr(opened, one.name) for one in fields(opened)})
    store = SharedStore(objects=objects, read_keys=lambda: keys, sealing=True)
    if rotating:
        store.rotate()
    for name in files if not rotating else ():
        path = Path(name)
        store.put(path, hashlib.sha256(path.read_bytes()).hexdigest())


main()
