"""Objects as files below a folder: on a local disk or on a share that several machines have."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import ObjectMissing, SharedStoreError
from ..files.disk import explain
from .objects import CHUNK, check_name

_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderObjects:
    """See :class:`.objects.Objects`. The folder has to be there: where a share is mounted, it is."""

    root: Path

    @property
    def place(self) -> str:
        """The folder's path."""
        return str(self.root)

    def read(self, name: str) -> Iterator[bytes]:
        """Read a file piece by piece."""
        with _explained("read the shared store"):
            try:
                file = self._path(name).open("rb")
            except (FileNotFoundError, NotADirectoryError):
                self._check_there()
                raise ObjectMissing(f"The shared store has no {name}.", context={"name": name}) from None
            with file:
                while piece := file.read(CHUNK):
                    yield piece

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write beside the place, flush, and rename."""
        path = self._path(name)
        with _explained("write to the shared store"):
            self._check_there()
            path.parent.mkdir(parents=True, exist_ok=True)
            number, beside = tempfile.mkstemp(prefix=_UNFINISHED, dir=path.parent)
            try:
                with os.fdopen(number, "wb") as file:
                    for piece in pieces:
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                Path(beside).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(beside).unlink(missing_ok=True)
                raise

    def size(self, name: str) -> int | None:
        """Return a file's size."""
        with _explained("read the shared store"):
            try:
                return self._path(name).stat().st_size
            except (FileNotFoundError, NotADirectoryError):
                self._check_there()
                return None

    def names(self, prefix: str = "") -> Iterator[str]:
        """Walk the folder."""
        with _explained("list the shared store"):
            self._check_there()
            for parent, _folders, files in os.walk(self.root):
                for file in files:
                    name = (Path(parent) / file).relative_to(self.root).as_posix()
                    if name.startswith(prefix) and not file.startswith(_UNFINISHED):
                        yield name

    def delete(self, name: str) -> None:
        """Remove a file."""
        with _explained("remove something from the shared store"):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.root / check_name(name)

    def _check_there(self) -> None:
        """Raise SharedStoreError when the folder is not there: a share that is not mounted has no files."""
        if not self.root.is_dir():
            raise SharedStoreError(
                f"The shared store {self.root} is not there. Is the share mounted?",
                code="shared_store.not_there",
                retryable=True,
            )


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = explain(error, doing)
        raise SharedStoreError(said.message, context=dict(said.context), retryable=True) from error
