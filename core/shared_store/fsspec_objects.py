"""Objects in whatever fsspec reaches: S3-compatible storage, a WebDAV server, SFTP, and many others.

Needs ``fsspec`` and, for most kinds of storage, a package of its own (``s3fs`` for S3): the extra ``store``.
Who may use the storage is set up where its own tools look for it (for S3 the ``AWS_*`` variables, a profile,
or the machine's role). Clearance neither asks for such secrets nor keeps them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ..errors import ClearanceError, ObjectMissing, SharedStoreError, UserInputError
from .objects import CHUNK, check_name

WHOLE_OR_NOT = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Protocols whose storage shows an object when it is complete; elsewhere it is written aside and renamed."""
_UNFINISHED = "unfinished-"


@dataclass(frozen=True, slots=True, kw_only=True)
class FsspecObjects:
    """See :class:`.objects.Objects`. ``root`` is the path within the file system."""

    system: Any
    root: str
    protocol: str

    @property
    def place(self) -> str:
        """The address, without secrets."""
        return f"{self.protocol}://{self.root}"

    def read(self, name: str) -> Iterator[bytes]:
        """Read an object piece by piece."""
        with _explained("read the shared store"):
            try:
                file = self.system.open(self._path(name), "rb")
            except FileNotFoundError:
                raise ObjectMissing(f"The shared store has no {name}.", context={"name": name}) from None
            with file:
                while piece := file.read(CHUNK):
                    yield bytes(piece)

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write an object whole."""
        path = self._path(name)
        aside = path if self.protocol in WHOLE_OR_NOT else self._aside(path)
        with _explained("write to the shared store"):
            if self.protocol not in WHOLE_OR_NOT:
                self.system.makedirs(path.rpartition("/")[0], exist_ok=True)
            file = self.system.open(aside, "wb")
            try:
                for piece in pieces:
                    file.write(piece)
            except BaseException:
                # Closing would complete the upload of a part.
                with suppress(Exception):
                    file.discard()
                    file.closed = aside == path  # or it closes itself when it is collected
                if aside != path:
                    with suppress(Exception):
                        file.close()
                        self.system.rm_file(aside)
                raise
            file.close()
            if aside != path:
                self.system.mv(aside, path)

    def size(self, name: str) -> int | None:
        """Return an object's size."""
        with _explained("read the shared store"):
            self.system.invalidate_cache()
            try:
                return int(self.system.info(self._path(name))["size"])
            except FileNotFoundError:
                return None

    def names(self, prefix: str = "") -> Iterator[str]:
        """List everything below the root."""
        with _explained("list the shared store"):
            self.system.invalidate_cache()
            start = self.root.strip("/") + "/"
            for path in self.system.find(self.root):
                name = str(path).strip("/").removeprefix(start)
                if name.startswith(prefix) and not name.rpartition("/")[2].startswith(_UNFINISHED):
                    yield name

    def delete(self, name: str) -> None:
        """Remove an object."""
        with _explained("remove something from the shared store"), suppress(FileNotFoundError):
            self.system.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{check_name(name)}"

    def _aside(self, path: str) -> str:
        folder, _, _name = path.rpartition("/")
        return f"{folder}/{_UNFINISHED}{secrets.token_hex(8)}"


def open_fsspec(address: str) -> FsspecObjects:
    """Open the storage at an address such as ``s3://bucket/clearance``.

    Raises UserInputError for an address that cannot be or holds a password, SharedStoreError when a package
    for it is missing or it cannot be reached.
    """
    protocol, _, rest = address.partition("://")
    if "@" in rest.partition("/")[0]:
        raise UserInputError(
            "The address of the shared store may hold no user or password: set those up where the storage's "
            "own tools look for them.",
            code="shared_store.bad_place",
        )
    if not rest.strip("/"):
        raise UserInputError(
            f"{address!r} names no place: a shared store is such as s3://bucket/folder.",
            code="shared_store.bad_place",
        )
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise _missing("fsspec") from None
    try:
        system, root = url_to_fs(address)
    except ImportError as error:
        raise _missing(str(error)[:200]) from error
    except ValueError as error:
        raise UserInputError(
            f"Clearance knows no storage of the kind {protocol!r}: {str(error)[:200]}",
            code="shared_store.bad_place",
        ) from error
    return FsspecObjects(system=system, root=str(root).rstrip("/"), protocol=protocol)


def _missing(what: str) -> SharedStoreError:
    return SharedStoreError(
        f"For this shared store a package is missing ({what}). Install Clearance with the extra “store” "
        "(`pip install clearance[store]`), or use a folder on a share.",
        code="shared_store.no_package",
    )


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    """Turn whatever a storage raises into one error: each kind has its own."""
    try:
        yield
    except (ClearanceError, GeneratorExit):
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {str(error)[:200]}"
        raise SharedStoreError(
            f"Could not {doing}: {why}. Look whether it can be reached from this machine.",
            retryable=True,
            context={"reason": why},
        ) from error
