"""The shared store itself: put a file there, bring it here, rotate the studio's key, verify all.

Safe with several machines at once: a file's bytes are written under a name of their own, and its manifest,
which is replaced in one step, says which bytes count. Whatever a crash leaves is either whole or not named.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ObjectMissing, SharedStoreError
from ..files.disk import Cancelled, explain_disk_errors, never_cancelled, stop_if
from .keys import StudioKeys
from .manifest import MAX_BYTES, NAME, Manifest, decode, encode, folder_of
from .objects import CHUNK, Objects
from .seal import make_file_key, seal, tampered, unseal, unwrap, wrap

_MANIFEST = re.compile(rf"([0-9a-f]{{2}})/([0-9a-f]{{62}})/{re.escape(NAME)}")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """What a rotation did: how many files' keys were wrapped anew, how many were so already."""

    key_id: str
    rewrapped: int
    already: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One file of the shared store that cannot be had, and why."""

    sha256: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStore:
    """Files by the SHA-256 of what was delivered. ``read_keys`` is asked whenever a key is needed."""

    objects: Objects
    read_keys: Callable[[], StudioKeys]
    sealing: bool = False
    """Whether what is put there gets sealed; what lies there is read either way."""

    def has(self, sha256: str) -> bool:
        """Say whether a file is there, as far as its manifest tells."""
        return self.objects.size(f"{folder_of(sha256)}/{NAME}") is not None

    def put(
        self, path: Path, sha256: str, *, again: bool = False, cancelled: Cancelled = never_cancelled
    ) -> bool:
        """Put a file there; False when it is there already. ``again`` puts it in place of what is there.

        Raises SharedStoreError; also for a file whose bytes are not those of its hash: then nothing is kept.
        """
        if not again and self.has(sha256):
            return False
        with explain_disk_errors("read a stored file"):
            size = path.stat().st_size
        body = f"{secrets.token_hex(8)}.{'sealed' if self.sealing else 'plain'}"
        made = Manifest(sha256=sha256, size=size, body=body)
        name = f"{folder_of(sha256)}/{body}"
        digest = hashlib.sha256()
        pieces = _read(path, digest.update, cancelled)
        if self.sealing:
            keys = self.read_keys()
            if not keys.current:
                raise SharedStoreError(
                    "The shared store is to be sealed, and this machine has no key for it. Make one with "
                    "`clearance store key new`, or give it the studio's with `clearance store key add`.",
                    code="shared_store.no_key",
                )
            file_key = make_file_key()
            wrapped = wrap(file_key, under=keys.get(keys.current), about=made.about)
            made = replace(made, key_id=keys.current, wrapped_key=wrapped)
            pieces = seal(pieces, file_key, about=made.about)
        try:
            self.objects.write(name, pieces)
            if digest.hexdigest() != sha256:
                raise SharedStoreError(
                    "A stored file on this machine is damaged; it was not put into the shared store. "
                    "Download it anew.",
                    code="shared_store.damaged_here",
                    context={"sha256": sha256},
                )
        except BaseException:
            self.objects.delete(name)
            raise
        # From here on the bytes stay: a manifest whose answer was lost may name them all the same, and
        # bytes that nothing names harm nobody.
        self.objects.write(f"{folder_of(sha256)}/{NAME}", [encode(made)])
        return True

    def fetch(
        self,
        sha256: str,
        folder: Path,
        *,
        cancelled: Cancelled = never_cancelled,
        progress: Progress = lambda _done, _total: None,
    ) -> Path | None:
        """Write a file, verified, into a folder; return its path there, or None when it is not in the store.

        Raises SharedStoreError for what was tampered with or cannot be read, and leaves nothing behind.
        """
        manifest = self._find(sha256)
        if manifest is None:
            return None
        with explain_disk_errors("bring a file from the shared store"):
            number, name = tempfile.mkstemp(prefix="shared-", dir=folder)
            path, done = Path(name), 0
            digest = hashlib.sha256()
            try:
                with os.fdopen(number, "wb") as file:
                    for piece in self._open(manifest):
                        stop_if(cancelled)
                        done += len(piece)
                        if done > manifest.size:
                            raise tampered("its length")
                        file.write(piece)
                        digest.update(piece)
                        progress(done, manifest.size)
                if digest.hexdigest() != sha256:
                    raise tampered("its checksum")
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        return path

    def manifests(self) -> Iterator[str]:
        """Return the hashes of all files that are there."""
        for name in self.objects.names():
            found = _MANIFEST.fullmatch(name)
            if found is not None:
                yield found[1] + found[2]

    def verify(self, hashes: Iterable[str], *, cancelled: Cancelled = never_cancelled) -> tuple[Damage, ...]:
        """Read files whole, and return those that cannot be had."""
        damages = []
        for sha256 in hashes:
            digest = hashlib.sha256()
            try:
                manifest = self._find(sha256)
                if manifest is None:
                    raise ObjectMissing("It is not there.")
                for piece in self._open(manifest):
                    stop_if(cancelled)
                    digest.update(piece)
                if digest.hexdigest() != sha256:
                    raise tampered("its checksum")
            except SharedStoreError as error:
                damages.append(Damage(sha256=sha256, why=error.message))
        return tuple(damages)

    def rotate(
        self, *, cancelled: Cancelled = never_cancelled, progress: Progress = lambda _done, _total: None
    ) -> Rotation:
        """Wrap the key of every sealed file under the current key of the studio; bytes are not written anew.

        Stopped or killed at any moment, every file can still be had; run again, it goes on.
        """
        keys = self.read_keys()
        under = keys.get(keys.current)
        hashes = sorted(self.manifests())
        rewrapped = already = 0
        for number, sha256 in enumerate(hashes, 1):
            stop_if(cancelled)
            manifest = self._find(sha256)
            if manifest is None or not manifest.key_id:
                continue
            if manifest.key_id == keys.current:
                already += 1
            else:
                file_key = unwrap(manifest.wrapped_key, under=keys.get(manifest.key_id), about=manifest.about)
                made = replace(
                    manifest,
                    key_id=keys.current,
                    wrapped_key=wrap(file_key, under=under, about=manifest.about),
                )
                self.objects.write(f"{folder_of(sha256)}/{NAME}", [encode(made)])
                rewrapped += 1
            progress(number, len(hashes))
        return Rotation(key_id=keys.current, rewrapped=rewrapped, already=already)

    def keys_in_use(self) -> frozenset[str]:
        """Return which keys the files there need."""
        found = (self._find(sha256) for sha256 in self.manifests())
        return frozenset(one.key_id for one in found if one is not None and one.key_id)

    def _find(self, sha256: str) -> Manifest | None:
        data = b""
        try:
            for piece in self.objects.read(f"{folder_of(sha256)}/{NAME}"):
                data += piece
                if len(data) > MAX_BYTES:
                    break
        except ObjectMissing:
            return None
        return decode(data, sha256)

    def _open(self, manifest: Manifest) -> Iterator[bytes]:
        pieces = self.objects.read(f"{folder_of(manifest.sha256)}/{manifest.body}")
        if not manifest.key_id:
            return pieces
        under = self.read_keys().get(manifest.key_id)
        key = unwrap(manifest.wrapped_key, under=under, about=manifest.about)
        return unseal(pieces, key, about=manifest.about)


def _read(path: Path, note: Callable[[bytes], None], cancelled: Cancelled) -> Iterator[bytes]:
    with explain_disk_errors("read a stored file"), path.open("rb") as file:
        while piece := file.read(CHUNK):
            stop_if(cancelled)
            note(piece)
            yield piece
