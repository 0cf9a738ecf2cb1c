"""Objects in whatever fsspec reaches: S3-compatible storage, a WebDAV server, SFTP, and many others.

Needs ``fsspec`` and, for most kinds of storage, a package of its own (``s3fs`` for S3): the extra ``store``.
Who may use the storage is set up where its own tools look for it (for S3 the ``AWS_*`` variables, a profile,
or the machine's role). Clearance neither asks for such secrets nor keeps them.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ..errors import ClearanceError, ObjectMissing, SharedStoreError, UserInputError
from .objects import CHUNK, check_name

WHOLE_OR_NOT = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
"""Protocols whose storage shows an object when it is complete; elsewhere it is written aside and renamed."""
READ_ATTEMPTS = 10
_UNFINISHED = "unfinished-"


@dataclass(frozen=True, slots=True, kw_only=True)
class FsspecObjects:
    """See :class:`.objects.Objects`. ``root`` is the path within the file system."""

    system: Any
    root: str
    protocol: str
    known_there: list[str] = field(default_factory=list, compare=False, repr=False)
    """The place, once it was seen."""

    @property
    def place(self) -> str:
        """The address, without secrets."""
        return f"{self.protocol}://{self.root}"

    def read(self, name: str) -> Iterator[bytes]:
        """Read an object piece by piece."""
        path, attempts, begun = self._path(name), READ_ATTEMPTS, False
        with _explained("read the shared store"):
            while True:
                try:
                    with self.system.open(path, "rb") as file:
                        while piece := file.read(CHUNK):
                            begun = True
                            yield bytes(piece)
                    return
                except FileNotFoundError:
                    if begun:
                        raise
                    self._check_there()
                    raise ObjectMissing(f"The shared store has no {name}.", context={"name": name}) from None
                except OSError as error:
                    # Another machine replaced it between our questions for its size and for its bytes: s3fs
                    # raises EBUSY then. The new one is as good.
                    attempts -= 1
                    if begun or attempts == 0 or error.errno != errno.EBUSY:
                        raise

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write an object whole."""
        path = self._path(name)
        aside = path if self.protocol in WHOLE_OR_NOT else self._aside(path)
        with _explained("write to the shared store"):
            self._check_there()
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
                self._check_there()
                return None

    def names(self, prefix: str = "") -> Iterator[str]:
        """List everything below the root."""
        with _explained("list the shared store"):
            self.system.invalidate_cache()
            self._check_there()
            start = self.root.strip("/") + "/"
            for path in self.system.find(self.root):
                name = str(path).strip("/").removeprefix(start)
                if name.startswith(prefix) and not name.rpartition("/")[2].startswith(_UNFINISHED):
                    yield name

    def delete(self, name: str) -> None:
        """Remove an object."""
        with _explained("remove something from the shared store"), suppress(FileNotFoundError):
            self.system.rm_file(self._path(name))

    def _check_there(self) -> None:
        """Raise SharedStoreError when the place itself is not there: it is no empty store.

        In object storage that is the bucket, elsewhere the folder. Once it was seen, it is not asked again.
        """
        if self.known_there or self.protocol == "memory":
            return
        place = self.root.partition("/")[0] if self.protocol in WHOLE_OR_NOT else self.root
        try:
            self.system.info(place)
        except PermissionError:
            return  # who may not ask for it may still be let at what is in it
        except FileNotFoundError:
            what = "bucket" if self.protocol in WHOLE_OR_NOT else "folder"
            raise SharedStoreError(
                f"The shared store {self.place} is not there: there is no {what} {place!r}.",
                code="shared_store.not_there",
                retryable=True,
            ) from None
        self.known_there.append(place)

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
        # What another machine replaced is seen at once: lists of yesterday would give its size of yesterday.
        system, root = url_to_fs(address, use_listings_cache=False)
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
        # Without any credentials S3 raises one of its own; its package may not be here to name it.
        if isinstance(error, PermissionError) or type(error).__name__ == "NoCredentialsError":
            raise SharedStoreError(
                f"Could not {doing}: the storage does not let this machine in ({str(error)[:200]}). Look at "
                "the credentials that its own tools use: for S3 the AWS_* variables, a profile, or the "
                "machine’s role.",
                code="shared_store.no_access",
            ) from error
        why = f"{type(error).__name__}: {str(error)[:200]}"
        raise SharedStoreError(
            f"Could not {doing}: {why}. Look whether it can be reached from this machine.",
            retryable=True,
            context={"reason": why},
        ) from error
